package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// BenchmarkQuietAccount is a change in an account in which little happens, while others
// flood another account with changes: how long it takes from the call until it is durable.
func BenchmarkQuietAccount(b *testing.B) {
	for _, flood := range []int{0, 64, 2000, 8000} {
		b.Run(fmt.Sprint("flood=", flood), func(b *testing.B) { benchmarkQuiet(b, flood) })
	}
}

func benchmarkQuiet(b *testing.B, flood int) {
	s := open(b, options(newDir(b)))
	change := func(id state.AggregateID, name string) error {
		return s.Update(context.Background(), []state.AggregateID{id}, func(d *state.Draft) (*store.Event, error) {
			d.Snapshot(state.Deployment)
			users.Put(d, id, name, &user{Name: name, Path: "/division/"})
			e := event(id.Name() + name)
			e.Record = make([]byte, 600)
			return e, nil
		})
	}
	var stop atomic.Bool
	var made, refused atomic.Int64
	var floods sync.WaitGroup
	for i := range flood {
		floods.Go(func() {
			for n := 0; !stop.Load(); n++ {
				if err := change(alpha, fmt.Sprintf("user%04d-%08d", i, n)); err != nil {
					refused.Add(1)
				}
				made.Add(1)
			}
		})
	}
	took := make([]time.Duration, 0, b.N)
	failed := 0
	for b.Loop() {
		start := time.Now()
		if err := change(beta, fmt.Sprintf("user%08d", len(took))); err != nil {
			failed++
		}
		took = append(took, time.Since(start))
	}
	b.ReportMetric(float64(made.Load())/b.Elapsed().Seconds(), "flood/s")
	stop.Store(true)
	floods.Wait()
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1e3 }
	b.ReportMetric(at(0.50), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(float64(failed), "failed")
	b.ReportMetric(float64(refused.Load()), "refused")
}
