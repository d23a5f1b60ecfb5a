package store

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/keyreeve/keyreeve/state"
)

// aggregate is what the store holds in memory of one aggregate.
type aggregate struct {
	id   state.AggregateID
	turn turn
	load sync.Mutex // held while it is loaded

	// published is the state that is durable and that readers see; nil until
	// it is loaded.
	published atomic.Pointer[state.Snapshot]
	used      atomic.Int64 // Store.clock when it was last asked for

	// The rest is guarded by Store.mu.

	// pending is the state after all queued commits.
	pending *state.Snapshot
	waiting waiting
	users   int  // commands that hold it; while there are any it stays
	gone    bool // dropped from memory: ask the store again
	bytes   int64
}

// turn queues writers: whoever asked first gets it first.
type turn struct {
	mu      sync.Mutex
	held    bool
	waiting []chan struct{}
}

// take waits for the turn.
func (t *turn) take(ctx context.Context) error {
	t.mu.Lock()
	if !t.held {
		t.held = true
		t.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	t.waiting = append(t.waiting, mine)
	t.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
		t.leave(mine)
		return ctx.Err()
	}
}

// leave gives up waiting, or the turn if it was just given.
func (t *turn) leave(mine chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting, mine); i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
		return
	}
	t.pass()
}

// give ends the turn.
func (t *turn) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pass()
}

// pass hands the turn to the next in line. mu is held.
func (t *turn) pass() {
	if len(t.waiting) == 0 {
		t.held, t.waiting = false, nil
		return
	}
	next := t.waiting[0]
	t.waiting = t.waiting[1:]
	close(next)
}

// View shows what is published, which is what is durable. It takes no lock; an
// aggregate that nobody asked for yet is loaded. Two aggregates that one commit
// changed are published one after the other.
func (s *Store) View() *state.View { return state.NewView(s.source) }

// snapshot is the published state of an aggregate.
func (s *Store) snapshot(id state.AggregateID) (*state.Snapshot, error) {
	a := s.find(id)
	if snap := a.published.Load(); snap != nil {
		a.touch(s.clock.Load())
		return snap, nil
	}
	return s.loaded(a)
}

func (a *aggregate) touch(now int64) {
	if a.used.Load() != now {
		a.used.Store(now)
	}
}

// find gives the place of an aggregate in memory.
func (s *Store) find(id state.AggregateID) *aggregate {
	if a, ok := s.aggregates.Load(id); ok {
		return a.(*aggregate)
	}
	a, _ := s.aggregates.LoadOrStore(id, &aggregate{id: id})
	return a.(*aggregate)
}

// pin finds an aggregate and keeps it in memory until unpin.
func (s *Store) pin(id state.AggregateID) *aggregate {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if a := s.find(id); !a.gone {
			a.users++
			return a
		}
	}
}

func (s *Store) unpin(a *aggregate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.users--
}

// pendingOf is the state of a pinned aggregate after all queued commits.
func (s *Store) pendingOf(a *aggregate) (*state.Snapshot, error) {
	if a.published.Load() == nil {
		if _, err := s.loaded(a); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.pending, nil
}

// dropIdle makes room when loaded aggregates take too much: those that were not
// asked for the longest go first, and the last one stays. mu is held.
func (s *Store) dropIdle() {
	if s.loadedBytes <= s.o.CacheBytes {
		return
	}
	var idle []*aggregate
	s.aggregates.Range(func(_, v any) bool {
		if a := v.(*aggregate); a.users == 0 && a.waiting.readers == 0 && a.pending != nil && a.pending == a.published.Load() {
			idle = append(idle, a)
		}
		return true
	})
	slices.SortFunc(idle, func(a, b *aggregate) int { return int(a.used.Load() - b.used.Load()) })
	for _, a := range idle[:max(len(idle)-1, 0)] {
		if s.loadedBytes <= s.o.CacheBytes*8/10 {
			return
		}
		s.dropOne(a)
	}
}

// dropOne forgets an aggregate. mu is held.
func (s *Store) dropOne(a *aggregate) {
	if a.gone {
		return
	}
	a.gone = true
	s.loadedBytes -= a.bytes
	s.aggregates.CompareAndDelete(a.id, a)
	s.counters.loaded.Add(-1)
}
