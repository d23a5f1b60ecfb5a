package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
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
		if more, err := s.segments.askedOn(ctx, day, from, to, m.stored); err != nil || !more {
			return explain(err)
		}
	}
	m.rest()
	return nil
}

// askedOn reads what was asked on a day; more is false when each was the one to stop.
// files is held for reading.
func (g *segments) askedOn(ctx context.Context, day string, from, to time.Time, each func(Event) bool) (more bool, err error) {
	db, err := openReader(g.path(day))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT time, id, account, asked FROM events
		WHERE time >= ? AND time < ? AND asked IS NOT NULL ORDER BY time, id`, from.UnixNano(), to.UnixNano())
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var nanos int64
	var id, account, asked sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&nanos, &id, &account, &asked); err != nil {
			return false, err
		}
		if !each(Event{Time: time.Unix(0, nanos).UTC(), ID: string(id), Account: string(account), Asked: bytes.Clone(asked)}) {
			return false, nil
		}
	}
	return true, rows.Err()
}
