package store

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/keyreeve/keyreeve/trail"
)

// Event is an audit event: the record of one call.
type Event struct {
	ID      string    // unique: an event that is written twice is there once; made up if empty
	Time    time.Time // when it happened; tells its segment
	Account string
	Record  []byte // JSON, in CloudTrail's shape
	Asked   []byte // what the decision engine was asked, in a form of its own; nil if it was not asked
	// Terms are what the event is looked up by, for Record; nil: they are read from
	// the record. No event that is read has any.
	Terms []trail.Term
	// Also is the record of the same call in another account, if there is one, which is
	// recorded with it.
	Also *Event
}

// recorder holds events of reads and refusals until they are written.
type recorder struct {
	mu     sync.Mutex
	space  chan struct{} // closed when room was made
	queue  []Event
	of     map[string]int // events in queue, by account; nil unless it was full
	limit  int
	wait   time.Duration
	closed bool
	flush  sync.Mutex  // held by who writes the queue
	moving sync.Mutex  // held by who moves staged events
	staged atomic.Bool // there may be staged events
	nudge  chan struct{}
}

func (r *recorder) init(o Options) {
	r.limit, r.wait = o.EventQueue, o.EventWait
	r.space, r.nudge = make(chan struct{}), make(chan struct{}, 1)
	r.staged.Store(true) // left by an earlier process
}

// Record takes the event of a call that changed nothing: a read or a refusal. It
// is written within a second; a crash may lose what was recorded in that time.
// When more wait than Options.EventQueue, Record blocks for up to
// Options.EventWait; if there is still no room the event is lost, which Stats
// and the log tell. It blocks those who have many there: an account of which fewer
// wait than an equal part finds room all the same, so that the storm of one
// account costs no other account its events.
func (s *Store) Record(e Event) {
	for one := &e; one != nil; one = one.Also {
		s.recordOne(s.sound(*one))
	}
}

func (s *Store) recordOne(e Event) {
	r := &s.events
	deadline := time.Time{}
	for {
		r.mu.Lock()
		if r.closed {
			r.mu.Unlock()
			s.lose(e, errClosed)
			return
		}
		if r.hasRoom(e.Account) {
			r.queue = append(r.queue, e)
			if r.of != nil {
				r.of[e.Account]++
			}
			full := len(r.queue) == r.limit/2
			r.mu.Unlock()
			if full {
				r.nudgeWriter()
			}
			return
		}
		space := r.space
		r.mu.Unlock()
		if deadline.IsZero() {
			s.counters.eventsBlocked.Add(1)
			deadline = time.Now().Add(r.wait)
		}
		r.nudgeWriter()
		if !waitUntil(space, deadline) {
			s.lose(e, errors.New("too many events are waiting"))
			return
		}
	}
}

// hasRoom tells whether an account's event finds room: when the queue is full it does only if
// the account has less than an equal part of it; and there are never more than twice as
// many. mu is held.
func (r *recorder) hasRoom(account string) bool {
	if len(r.queue) < r.limit {
		return true
	}
	if r.of == nil {
		r.of = map[string]int{}
		for i := range r.queue {
			r.of[r.queue[i].Account]++
		}
	}
	accounts := len(r.of)
	if r.of[account] == 0 {
		accounts++
	}
	return len(r.queue) < 2*r.limit && r.of[account] < r.limit/accounts
}

// sound makes an event one that can be stored: one that the database refused
// would hold up all that come after it.
func (s *Store) sound(e Event) Event {
	e.Also = nil    // is stored for itself
	if e.ID == "" { // all without one would be taken for one
		e.ID = rand.Text()
	}
	if e.Record == nil {
		e.Record = []byte{}
	}
	if year := e.Time.UTC().Year(); year < 1970 || year > 2261 { // nanoseconds end in 2262
		e.Time = s.o.Now()
	}
	return e
}

func waitUntil(c <-chan struct{}, deadline time.Time) bool {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-c:
		return true
	case <-timer.C:
		return false
	}
}

func (r *recorder) nudgeWriter() {
	select {
	case r.nudge <- struct{}{}:
	default:
	}
}

func (s *Store) lose(e Event, cause error) {
	s.counters.eventsLost.Add(1)
	s.o.Log.Error("an audit event is lost", "event", e.ID, "account", e.Account, "cause", cause)
}

// eventLoop writes recorded events and moves staged ones.
func (s *Store) eventLoop() {
	ticker := time.NewTicker(s.o.EventInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-s.events.nudge:
		case <-s.stop:
			return
		}
		s.flushEvents(context.Background())
		if s.inDoubt.Load() {
			s.transact(context.Background(), func(context.Context, *writer) error { return nil }) // looks again
		}
	}
}

// flushEvents puts all events into their segments. What cannot be written stays
// where it is.
func (s *Store) flushEvents(ctx context.Context) {
	if err := errors.Join(s.writeRecorded(ctx), s.moveStaged(ctx)); err != nil && ctx.Err() == nil {
		s.o.Log.Error("events could not be written", "cause", explain(err))
	}
}

// eventBatch is how many events go into one transaction.
const eventBatch = 8000

// writeRecorded writes the events that are in the queue now. They leave it when they are
// on disk. What comes meanwhile waits for the next time, so that many go into one
// transaction, unless so much has come that the queue could get full.
func (s *Store) writeRecorded(ctx context.Context) error {
	r := &s.events
	r.flush.Lock()
	defer r.flush.Unlock()
	r.mu.Lock()
	waiting := len(r.queue)
	r.mu.Unlock()
	for waiting > 0 {
		r.mu.Lock()
		batch := r.queue[:min(len(r.queue), eventBatch)]
		r.mu.Unlock()
		if err := s.segments.write(ctx, batch); err != nil {
			return err
		}
		r.mu.Lock()
		r.queue, r.of = slices.Delete(r.queue, 0, len(batch)), nil
		if waiting -= len(batch); len(r.queue) >= r.limit/2 {
			waiting = len(r.queue)
		}
		close(r.space)
		r.space = make(chan struct{})
		r.mu.Unlock()
		s.counters.events.Add(uint64(len(batch)))
	}
	return nil
}

// moveStaged moves the events of changes from the main database to their
// segments. They are written there first and then removed here; a crash in
// between has them written again, which changes nothing. Those of changes that are
// made meanwhile may wait for the next time.
func (s *Store) moveStaged(ctx context.Context) error {
	s.events.moving.Lock()
	defer s.events.moving.Unlock()
	if !s.events.staged.Swap(false) {
		return nil
	}
	for {
		more, err := s.moveSome(ctx)
		if err != nil {
			s.events.staged.Store(true)
		}
		if err != nil || !more {
			return err
		}
	}
}

// moveSome moves the staged events that were staged first, and tells whether there were
// as many as are moved at once.
func (s *Store) moveSome(ctx context.Context) (more bool, err error) {
	events, places, err := s.stagedEvents(ctx, `ORDER BY first, part LIMIT ?`, stagedBlocks)
	if err != nil || len(places) == 0 {
		return false, err
	}
	if err := s.segments.write(ctx, events); err != nil {
		return false, err
	}
	s.counters.events.Add(uint64(len(events)))
	return len(places) == stagedBlocks, s.transact(ctx, func(ctx context.Context, w *writer) error {
		if err := w.step("unstage"); err != nil {
			return err
		}
		for _, at := range places {
			if _, err := w.exec(ctx, deleteStaged, at.first, at.part); err != nil {
				return err
			}
		}
		return nil
	})
}

// stagedBlocks is how many blocks of staged events are moved at once.
const stagedBlocks = eventBatch / blockEvents

// stagedEvents reads staged events, and tells where their blocks are.
func (s *Store) stagedEvents(ctx context.Context, clause string, args ...any) (events []Event, places []stagedAt, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT first, part, heads, asked, records FROM staged `+clause, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var b block
		var part int64
		if err := rows.Scan(&b.first, &part, &b.heads, &b.asked, &b.records); err != nil {
			return nil, nil, err
		}
		some, err := b.events(withAsked | withRecords)
		if err != nil {
			return nil, nil, err
		}
		events, places = append(events, some...), append(places, stagedAt{b.first, part})
	}
	return events, places, rows.Err()
}

// closeEvents writes what is left.
func (s *Store) closeEvents() error {
	r := &s.events
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	ctx := context.Background()
	err := s.writeRecorded(ctx)
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range r.queue {
			s.lose(e, err)
		}
	}
	return errors.Join(err, s.moveStaged(ctx))
}
