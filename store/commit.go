package store

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// commit is what one command changes, on its way to the disk.
type commit struct {
	writes      []write
	events      []Event
	staged      stagedAt // of the first commit of a batch: its events
	time        int64
	rows, bytes int
	order       order
	done        chan struct{} // closed when err is known
	err         error
}

// write is the change of one aggregate.
type write struct {
	id   state.AggregateID
	agg  *aggregate
	base uint64
	next *state.Snapshot
	rows []row
}

// row is an entity's new stored value; nil is its end.
type row struct {
	kind  *state.KindInfo
	key   string
	value []byte
}

// work is something else that the committer does in a transaction of its own.
type work struct {
	do   func(context.Context, *writer) error
	done chan error
}

// wait returns when the commit is durable or has failed.
func (c *commit) wait(ctx context.Context) error {
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return fmt.Errorf("store: the change may still happen: %w", ctx.Err())
	}
}

// enqueue gives a commit to the committer, unless what it saw has moved on
// (errAgain). From then on later commands see its changes.
func (s *Store) enqueue(c *commit, seen []sight) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return unavailable(errClosed)
	}
	if !s.queue.hasRoom(lineOf(c, seen)) {
		return unavailable(fmt.Errorf("store: %d commits are waiting", s.queue.length))
	}
	for _, sight := range seen {
		if sight.agg.gone || sight.agg.pending != sight.snap {
			return errAgain
		}
	}
	for i := range c.writes {
		c.writes[i].agg = seenAggregate(seen, c.writes[i].id)
		c.writes[i].agg.pending = c.writes[i].next
	}
	c.done = make(chan struct{})
	s.queue.add(c, seen)
	s.wake.Signal()
	return nil
}

func seenAggregate(seen []sight, id state.AggregateID) *aggregate {
	for _, sight := range seen {
		if sight.agg.id == id {
			return sight.agg
		}
	}
	panic("store: " + id.String() + " is changed but was not read")
}

// transact has the committer do something in a transaction of its own.
func (s *Store) transact(ctx context.Context, do func(context.Context, *writer) error) error {
	w := &work{do: do, done: make(chan error, 1)}
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return errClosed
	}
	s.work = append(s.work, w)
	s.wake.Signal()
	s.mu.Unlock()
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// commitLoop is the committer: the one goroutine that writes to the database.
func (s *Store) commitLoop() {
	defer close(s.committed)
	ctx := context.Background()
	for {
		batch, w, ok := s.next()
		if !ok {
			return
		}
		if len(batch) > 0 {
			start := time.Now()
			err := s.writeBatch(ctx, batch)
			s.pace.took(rowsIn(batch), time.Since(start), s.write.commitTime)
			s.settle(batch, err)
		}
		if w != nil {
			w.done <- s.doWork(ctx, w)
		}
	}
}

// next waits for something to do. It takes as many commits as go into one
// transaction, fairly, and one piece of other work.
func (s *Store) next() (batch []*commit, w *work, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.queue.length == 0 && len(s.work) == 0 {
		if s.closing {
			return nil, nil, false
		}
		s.wake.Wait()
	}
	s.gather()
	batch = s.queue.next(s.pace.rows, s.o.BatchBytes)
	if len(s.work) > 0 {
		w, s.work = s.work[0], s.work[1:]
	}
	return batch, w, true
}

func rowsIn(batch []*commit) (rows int) {
	for _, c := range batch {
		rows += c.rows
	}
	return rows
}

// gather lets others run who could run now, as long as more commits come of it:
// each of them makes the batch larger and costs it next to nothing. When nobody
// else has anything to do, or the batch is full, it returns at once. mu is held, but for a while.
func (s *Store) gather() {
	for before := 0; before < s.queue.length && s.queue.rows < s.pace.rows; {
		before = s.queue.length
		s.mu.Unlock()
		runtime.Gosched()
		s.mu.Lock()
	}
}

func (s *Store) doWork(ctx context.Context, w *work) error {
	switch err := s.resolveDoubt(ctx); {
	case err == errAgain:
		s.settle(nil, err)
	case err != nil:
		return err
	}
	return explain(s.write.transact(ctx, func(ctx context.Context) error { return w.do(ctx, s.write) }))
}

// settle tells all who wait for a batch, and publishes it if it is durable.
// Otherwise everything queued after it, which may be built on it, fails too.
func (s *Store) settle(batch []*commit, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.counters.troubled.Store(false)
		s.publish(batch)
		for _, c := range batch {
			close(c.done)
		}
		return
	}
	failed := append(batch, s.queue.clear()...)
	s.counters.failed.Add(uint64(len(failed)))
	if err != errAgain {
		s.counters.troubled.Store(true)
		s.o.Log.Error("changes could not be stored", "commits", len(failed), "cause", err)
		err = unavailable(err)
	}
	for _, c := range failed {
		for _, w := range c.writes {
			w.agg.pending = w.agg.published.Load()
		}
		c.err = err
		close(c.done)
	}
}

// publish shows a durable batch to readers. mu is held.
func (s *Store) publish(batch []*commit) {
	for _, c := range batch {
		for _, w := range c.writes {
			before := w.agg.published.Load()
			w.agg.published.Store(w.next)
			s.reckon(w, w.next.Len()-before.Len())
		}
	}
	s.dropIdle()
}

// reckon keeps count of the memory that an aggregate takes, roughly.
func (s *Store) reckon(w write, grown int) {
	size := int64(entityOverhead)
	for _, r := range w.rows {
		size += int64(len(r.key)+len(r.value)) / int64(len(w.rows))
	}
	size = max(size*int64(grown), aggregateOverhead-w.agg.bytes)
	if !w.agg.gone {
		w.agg.bytes += size
		s.loadedBytes += size
	}
}
