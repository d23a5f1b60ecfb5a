package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/keyreeve/keyreeve/state"
)

// TestStormOfOneAccountHoldsNobodyUp queues 400 changes of one account behind a batch that
// is being written, and then one of another account: it is in the next batch of 40 rows.
func TestStormOfOneAccountHoldsNobodyUp(t *testing.T) {
	o := options(newDir(t))
	o.BatchRows = 40
	s := open(t, o)
	reached, release := make(chan struct{}), make(chan struct{})
	var batches, mine atomic.Int64 // mine: those up to the one that made the quiet change durable
	s.SetFault(func(step string) error {
		if step != "begin" {
			return nil
		}
		if _, there := users.Get(s.View().Snapshot(beta), "quiet"); there {
			mine.CompareAndSwap(0, batches.Load())
		}
		if batches.Add(1) == 1 {
			close(reached)
			<-release
		}
		return nil
	})
	var wg sync.WaitGroup
	change := func(id state.AggregateID, name string) {
		if err := put(s, id, name); err != nil {
			t.Error(err)
		}
	}
	wg.Go(func() { change(alpha, "first") })
	<-reached
	for i := range 400 {
		wg.Go(func() { change(alpha, fmt.Sprintf("storm%03d", i)) })
	}
	waitForQueue(s, 400)
	wg.Go(func() { change(beta, "quiet") })
	waitForQueue(s, 401)
	close(release)
	wg.Wait()
	if all, mine := batches.Load(), mine.Load(); mine < 2 || mine > 3 || all < 30 {
		t.Errorf("it was durable after %d batches of %d", mine, all)
	}
	if n := len(userNames(t, s, alpha)); n != 401 {
		t.Errorf("the storm made %d users, want 401", n)
	}
}

// TestFullQueueHasRoomForOthers: the storm is refused, and another account is not.
func TestFullQueueHasRoomForOthers(t *testing.T) {
	o := options(newDir(t))
	o.QueueLength = 8
	s := open(t, o)
	reached, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.SetFault(func(step string) error {
		if step == "begin" {
			once.Do(func() { close(reached); <-release })
		}
		return nil
	})
	var wg sync.WaitGroup
	var refused atomic.Int64
	change := func(id state.AggregateID, name string) {
		if err := put(s, id, name); err != nil {
			refused.Add(1)
		}
	}
	wg.Go(func() { change(alpha, "first") })
	<-reached
	for i := range 8 {
		wg.Go(func() { change(alpha, fmt.Sprintf("storm%03d", i)) })
	}
	waitForQueue(s, 8)
	change(alpha, "one too many")
	if refused.Load() != 1 {
		t.Error("the storm is not refused when the queue is full")
	}
	wg.Go(func() { change(beta, "quiet") })
	waitForQueue(s, 9)
	close(release)
	wg.Wait()
	if refused.Load() != 1 || len(userNames(t, s, beta)) != 1 {
		t.Errorf("%d were refused", refused.Load())
	}
}
