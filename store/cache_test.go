package store_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

func TestAggregateIsLoadedOnceHoweverManyAsk(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	mustPut(t, s, alpha, numbered("U", 1000)...)
	s = reopen(t, s, o)
	snaps := make([]*state.Snapshot, 16)
	var wg sync.WaitGroup
	for i := range snaps {
		wg.Go(func() { snaps[i] = s.View().Snapshot(alpha) })
	}
	wg.Wait()
	for _, snap := range snaps {
		if snap != snaps[0] {
			t.Error("two different snapshots of one revision")
		}
	}
	if n := users.Count(snaps[0]); n != 1000 {
		t.Errorf("%d users, want 1000", n)
	}
}

func account(n int) state.AggregateID { return state.Account(fmt.Sprintf("%012d", n)) }

func TestIdleAggregatesAreDropped(t *testing.T) {
	o := options(newDir(t))
	o.CacheBytes = 100_000
	s := open(t, o)
	const accounts = 40
	for n := range accounts {
		mustPut(t, s, account(n), numbered("U", 50)...) // about 12 kB each
	}
	held := s.View()
	held.Snapshot(account(0))
	for n := range accounts {
		if got := len(userNames(t, s, account(n))); got != 50 {
			t.Fatalf("account %d has %d users, want 50", n, got)
		}
	}
	for range 3 {
		s.View().Snapshot(account(accounts)) // does not exist
	}
	stats := s.Stats()
	if stats.LoadedBytes > o.CacheBytes || stats.Aggregates == 0 || stats.Aggregates > 10 {
		t.Errorf("%d aggregates of %d bytes are loaded, want at most %d bytes", stats.Aggregates, stats.LoadedBytes, o.CacheBytes)
	}
	if n := users.Count(held.Snapshot(account(0))); n != 50 {
		t.Errorf("a view lost its snapshot: %d users", n)
	}
}

// Writers and readers go on while everything is dropped all the time.
func TestDroppingLosesNoUpdate(t *testing.T) {
	o := options(newDir(t))
	o.CacheBytes = 1
	s := open(t, o)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 20 {
				name := fmt.Sprintf("w%d-%d", w, i)
				if err := putPair(s, name); err != nil {
					t.Error(err)
				}
				for _, id := range []state.AggregateID{alpha, beta} {
					if !users.Has(s.View().Snapshot(id), name) {
						t.Errorf("%s is not to be seen after it was acknowledged", name)
					}
				}
			}
		})
	}
	wg.Wait()
	if n := len(checkPairs(t, s)); n != 160 {
		t.Errorf("%d pairs, want 160", n)
	}
}

func TestBatchesAreBounded(t *testing.T) {
	o := options(newDir(t))
	o.BatchRows, o.BatchBytes = 10, 5000
	s := open(t, o)
	var wg sync.WaitGroup
	for n := range 30 {
		wg.Go(func() { mustPut(t, s, account(n), "A", "B") }) // 6 rows
	}
	wg.Go(func() { mustPut(t, s, alpha, numbered("U", 300)...) }) // larger than a batch
	wg.Wait()
	if stats := s.Stats(); stats.Batches != 31 || stats.Commits != 31 {
		t.Errorf("%d commits in %d batches, want each in its own", stats.Commits, stats.Batches)
	}
	if diff := cmp.Diff(numbered("U", 300), userNames(t, s, alpha)); diff != "" {
		t.Error(diff)
	}
}

// A large account is loaded in a stream. Time and memory are told, not asserted.
func TestLargeAccount(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: writes 100,000 users")
	}
	o := options(newDir(t))
	s := open(t, o)
	size, step := 100_000, 5000
	if raceEnabled {
		size = 10_000
	}
	for from := 0; from < size; from += step {
		err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
			for i := from; i < from+step; i++ {
				name := fmt.Sprintf("user%06d", i)
				users.Put(d, alpha, name, &user{Name: name, Path: fmt.Sprintf("/division/department-%03d/team-%03d/a-rather-long-path-to-fill-the-row/with-some-more-of-it/", i%10, i%100)})
			}
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s = reopen(t, s, o)
	start := time.Now()
	if n := users.Count(s.View().Snapshot(alpha)); n != size {
		t.Errorf("%d users, want %d", n, size)
	}
	took := time.Since(start)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	t.Logf("loaded %d users in %v; heap %d MB, from the system %d MB, reckoned %d MB", size, took, m.HeapAlloc>>20, m.Sys>>20, s.Stats().LoadedBytes>>20)
}
