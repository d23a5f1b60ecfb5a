package store

import (
	"context"
	"time"
)

// Asked gives what was asked of the decision engine in the events from a time to before
// another, oldest first, until each returns false: events with time, id, account and
// Asked, and without their records, which are not read. Events in which nothing was
// asked are left out.
func (s *Store) Asked(ctx context.Context, from, to time.Time, each func(Event) bool) error {
	if err := s.writeRecorded(ctx); err != nil && ctx.Err() == nil {
		s.o.Log.Error("events could not be written before they are read", "cause", explain(err))
	}
	staged, err := s.waiting(ctx, from, to) // first: see Events
	if err != nil {
		return explain(err)
	}
	s.segments.files.RLock()
	defer s.segments.files.RUnlock()
	days, err := s.segments.days()
	if err != nil {
		return err
	}
	m := &merge{waiting: staged, each: func(e Event) bool {
		e.Record = nil
		return e.Asked == nil || each(e)
	}}
	for _, day := range days {
		if day < dayOf(from) || day > dayOf(to) {
			continue
		}
		span := span{from: nanos(from), to: nanos(to), parts: withAsked}
		if more, err := s.segments.scan(ctx, day, span, m.stored); err != nil || !more {
			return explain(err)
		}
	}
	m.rest()
	return nil
}
