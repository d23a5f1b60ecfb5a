package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
)

// Events gives the events from a time to before another, oldest first, until
// each returns false. Events of the same instant come in order of their ids.
// What was recorded before the call is among them.
func (s *Store) Events(ctx context.Context, from, to time.Time, each func(Event) bool) error {
	if err := s.writeRecorded(ctx); err != nil && ctx.Err() == nil {
		s.o.Log.Error("events could not be written before they are read", "cause", explain(err))
	}
	// Staged events are read first: what is moved meanwhile is then found in its
	// segment, and what is found in both is given once.
	staged, err := s.waiting(ctx, from, to)
	if err != nil {
		return explain(err)
	}
	s.segments.files.RLock()
	defer s.segments.files.RUnlock()
	days, err := s.segments.days()
	if err != nil {
		return err
	}
	m := &merge{waiting: staged, each: each}
	for _, day := range days {
		if day < dayOf(from) || day > dayOf(to) {
			continue
		}
		span := span{from: nanos(from), to: nanos(to), parts: withAsked | withRecords}
		if more, err := s.segments.scan(ctx, day, span, m.stored); err != nil || !more {
			return explain(err)
		}
	}
	m.rest()
	return nil
}

// waiting lists the events of a span that are in no segment yet, in order.
func (s *Store) waiting(ctx context.Context, from, to time.Time) ([]Event, error) {
	events, _, err := s.stagedEvents(ctx, `WHERE last >= ? AND first < ?`, nanos(from), nanos(to))
	if err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(events, func(e Event) bool { return e.Time.Before(from) || !e.Time.Before(to) })
	s.events.mu.Lock()
	for _, e := range s.events.queue {
		if !e.Time.Before(from) && e.Time.Before(to) {
			events = append(events, e)
		}
	}
	s.events.mu.Unlock()
	slices.SortFunc(events, compareEvents)
	return events, nil
}

func compareEvents(a, b Event) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID))
}

// merge gives stored and waiting events in one order, each once.
type merge struct {
	waiting []Event
	each    func(Event) bool
}

// stored takes the next stored event and gives those that wait before it.
func (m *merge) stored(e Event) bool {
	for len(m.waiting) > 0 {
		order := compareEvents(m.waiting[0], e)
		if order > 0 {
			break
		}
		if order < 0 && !m.each(m.waiting[0]) {
			return false
		}
		m.waiting = m.waiting[1:]
	}
	return m.each(e)
}

func (m *merge) rest() {
	for _, e := range m.waiting {
		if !m.each(e) {
			return
		}
	}
}

// isStaged tells whether the events of a batch are in the database.
func (s *Store) isStaged(ctx context.Context, at stagedAt) (bool, error) {
	var one int
	err := s.read.QueryRowContext(ctx, `SELECT 1 FROM staged WHERE first = ? AND part = ?`, at.first, at.part).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
