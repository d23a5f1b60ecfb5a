package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// BenchmarkDurable compares durable updates with appending as many bytes to a
// file, both by 64 goroutines whose work is made durable in batches.
func BenchmarkDurable(b *testing.B) {
	b.Run("update", func(b *testing.B) {
		for _, accounts := range []int{1, 64} {
			b.Run(fmt.Sprint("accounts=", accounts), func(b *testing.B) { benchmarkUpdate(b, accounts) })
		}
	})
	b.Run("append", benchmarkAppend)
}

const writers = 64

func inParallel(b *testing.B, do func(n int) error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range writers {
		wg.Go(func() {
			for {
				n := int(next.Add(1))
				if n > b.N {
					return
				}
				if err := do(n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

func benchmarkUpdate(b *testing.B, accounts int) {
	s := open(b, options(newDir(b)))
	inParallel(b, func(n int) error {
		id, name := account(n%accounts), fmt.Sprintf("user%08d", n)
		return s.Update(b.Context(), []state.AggregateID{id}, func(d *state.Draft) (*store.Event, error) {
			users.Put(d, id, name, &user{Name: name, Path: "/division/"})
			e := event(name)
			e.Record = make([]byte, 600)
			return e, nil
		})
	})
	stats := s.Stats()
	b.ReportMetric(float64(stats.Commits)/float64(stats.Batches), "commits/batch")
}

// appender is the least that a group commit can be.
type appender struct {
	mu      sync.Mutex
	pending []byte
	done    chan error
	wake    chan struct{}
	f       *os.File
}

func (a *appender) append(record []byte) error {
	a.mu.Lock()
	a.pending = append(a.pending, record...)
	done := a.done
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
	<-done
	return nil
}

func (a *appender) loop() {
	for range a.wake {
		a.mu.Lock()
		batch, done := a.pending, a.done
		a.pending, a.done = nil, make(chan error)
		a.mu.Unlock()
		a.f.Write(batch)
		a.f.Sync()
		close(done)
	}
}

func benchmarkAppend(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	a := &appender{done: make(chan error), wake: make(chan struct{}, 1), f: f}
	go a.loop()
	defer close(a.wake)
	record := make([]byte, 1000)
	inParallel(b, func(int) error { return a.append(record) })
}
