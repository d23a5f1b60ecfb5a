package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// maxRuns is how often a command runs before it is told that others were always
// faster. From the third run on it queues for what it only reads as well, so
// that this is next to impossible.
const (
	maxRuns        = 12
	optimisticRuns = 2
)

// Update runs a command and returns when what it did is durable.
//
// The command queues for each aggregate of scope, then run gets a draft over the
// state after all commands before it. It may change aggregates of scope and read
// any. It may be run several times and must then start from nothing but the
// draft; it must not call Update.
//
// An error of run, or of the draft, is returned and nothing has changed. A draft
// without changes changes nothing, and its event is recorded as by Record.
// Otherwise changes and event become durable together or not at all.
//
// What the answer relied on is durable as well when Update returns: if run saw a
// change that is still on its way to the disk, Update waits for that change, and
// fails if that fails.
//
// An [apierror.ServiceUnavailable] says that the change was not acknowledged: it
// has not happened, or, in the rare case that the disk failed in the middle of a
// COMMIT and the process then ended, it may turn up after the restart. If ctx ends
// while the change is on its way to the disk, it may happen all the same.
func (s *Store) Update(ctx context.Context, scope []state.AggregateID, run func(*state.Draft) (*Event, error)) error {
	if s.isStopped() {
		return unavailable(errClosed)
	}
	scope = slices.Compact(slices.SortedFunc(slices.Values(scope), state.AggregateID.Compare))
	take := scope
	for n := range maxRuns {
		a := &attempt{s: s, ctx: ctx, scope: scope}
		c, answer, err := a.command(take, run)
		if err == errAgain {
			if n+1 >= optimisticRuns {
				take = a.touched()
			}
			s.counters.reruns.Add(1)
			continue
		}
		if err != nil || c == nil {
			return firstError(err, answer)
		}
		if err := c.wait(ctx); err == errAgain {
			s.counters.reruns.Add(1)
		} else {
			return firstError(err, answer)
		}
	}
	return apierror.New(apierror.ConcurrentModification, "The state was changed by other requests at the same time. Try again.")
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// attempt is one run of a command.
type attempt struct {
	s     *Store
	ctx   context.Context
	scope []state.AggregateID
	taken []*aggregate // whose turn it has
	seen  []sight
}

// sight is an aggregate that the command has seen, and its state then.
type sight struct {
	agg  *aggregate
	snap *state.Snapshot
}

// command runs the command once and queues what it did. The commit is nil if
// there is nothing to wait for; then answer is run's error. It is errAgain if
// what was read has moved on.
func (a *attempt) command(take []state.AggregateID, run func(*state.Draft) (*Event, error)) (c *commit, answer, err error) {
	defer a.end() // also when run panics
	for _, id := range take {
		agg := a.s.pin(id)
		if err := agg.turn.take(a.ctx); err != nil {
			a.s.unpin(agg)
			return nil, nil, err
		}
		a.taken = append(a.taken, agg)
	}
	d := state.NewDraft(a.source).Within(a.scope...)
	event, answer := run(d)
	if err := d.Err(); err != nil {
		return nil, nil, err
	}
	if answer != nil {
		c = &commit{} // waits for what the answer relied on
	} else if c, err = a.s.newCommit(d.Commit(), event); err != nil {
		return nil, nil, err
	}
	if len(c.writes) == 0 && a.settled() {
		if answer == nil && event != nil {
			a.s.Record(*event)
		}
		return nil, answer, nil
	}
	return c, answer, a.s.enqueue(c, a.seen)
}

// source shows the command the pending state, and notes what it saw.
func (a *attempt) source(id state.AggregateID) (*state.Snapshot, error) {
	agg := a.s.pin(id)
	snap, err := a.s.pendingOf(agg)
	if err != nil {
		a.s.unpin(agg)
		return nil, err
	}
	agg.touch(a.s.clock.Load())
	a.seen = append(a.seen, sight{agg, snap})
	return snap, nil
}

// settled reports whether all that was seen is durable and still so.
func (a *attempt) settled() bool {
	for _, seen := range a.seen {
		if seen.agg.published.Load() != seen.snap {
			return false
		}
	}
	return true
}

// touched is what to queue for so that nothing moves during the next run.
func (a *attempt) touched() []state.AggregateID {
	ids := slices.Clone(a.scope)
	for _, seen := range a.seen {
		ids = append(ids, seen.agg.id)
	}
	return slices.Compact(slices.SortedFunc(slices.Values(ids), state.AggregateID.Compare))
}

func (a *attempt) end() {
	for _, agg := range a.taken {
		agg.turn.give()
		a.s.unpin(agg)
	}
	for _, seen := range a.seen {
		a.s.unpin(seen.agg)
	}
}

// newCommit prepares what a draft changed for the database, as far as that can
// be done before it is its turn.
func (s *Store) newCommit(drafted state.Commit, event *Event) (*commit, error) {
	c := &commit{time: s.o.Now().UnixNano()}
	for ; event != nil; event = event.Also {
		c.events = append(c.events, s.sound(*event))
		c.rows, c.bytes = c.rows+1, c.bytes+len(event.Record)
	}
	for _, w := range drafted.Writes {
		rows, err := s.encode(w.Changes)
		if err != nil {
			return nil, fmt.Errorf("store: %s: %w", w.ID, err)
		}
		c.writes = append(c.writes, write{id: w.ID, base: w.Base, next: w.Next, rows: rows})
		c.rows += 1 + 2*len(rows) // with history
		for _, r := range rows {
			c.bytes += 2 * (len(r.key) + len(r.value) + 64)
		}
	}
	return c, nil
}

// maxValue is the size of a stored value that no entity comes near and that
// every backend still takes: what the database refuses would make the whole
// batch fail.
const maxValue = 64 << 20

func (s *Store) encode(changes []state.Change) ([]row, error) {
	rows := make([]row, len(changes))
	for i, change := range changes {
		if s.kinds[change.Kind.Name] != change.Kind {
			return nil, fmt.Errorf("the store was opened without kind %q", change.Kind.Name)
		}
		rows[i] = row{kind: change.Kind, key: change.Key}
		if change.Value == nil {
			continue
		}
		value, err := change.Kind.Encode(change.Value)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", change.Kind.Name, change.Key, err)
		}
		if len(value) > maxValue {
			return nil, fmt.Errorf("%s %q: a value of %d bytes is too large", change.Kind.Name, change.Key, len(value))
		}
		rows[i].value = value
	}
	return rows, nil
}
