package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"
)

// eventFinder finds the events of instants in the blocks of a segment, second by second.
type eventFinder struct {
	compare  func(a, b Event) int // the order that is wanted
	near     *sql.Stmt            // where the blocks of a second or minute are
	one      *sql.Stmt            // a block
	narrow   []place              // of the second
	wide     []place              // of its minute
	minute   int64
	unpacked map[place][]Event
}

func newEventFinder(ctx context.Context, conn *sql.Conn, compare func(a, b Event) int) (*eventFinder, error) {
	near, err := conn.PrepareContext(ctx, `SELECT last, part, first FROM blocks WHERE wide = ? AND last >= ? AND last < ? ORDER BY last`)
	if err != nil {
		return nil, err
	}
	one, err := conn.PrepareContext(ctx, `SELECT heads, asked, records FROM blocks WHERE wide = ? AND last = ? AND part = ?`)
	if err != nil {
		return nil, errors.Join(err, near.Close())
	}
	return &eventFinder{compare: compare, near: near, one: one, unpacked: map[place][]Event{}}, nil
}

func (f *eventFinder) close() {
	f.near.Close()
	f.one.Close()
}

// place is where a block is.
type place struct {
	wide       bool
	last, part int64
	first      int64
}

// enter finds the blocks that may have events of a second: narrow ones of it, and wide ones
// of its minute.
func (f *eventFinder) enter(ctx context.Context, sec int64) (err error) {
	begin := sec * int64(time.Second)
	if f.narrow, err = f.places(ctx, false, begin, begin+int64(time.Second)); err != nil {
		return err
	}
	if m := minute(begin); f.wide == nil || m != f.minute {
		f.minute = m
		if f.wide, err = f.places(ctx, true, m*int64(time.Minute), (m+1)*int64(time.Minute)); err != nil {
			return err
		}
	}
	// Blocks that are unpacked stay so as long as they may be needed.
	maps.DeleteFunc(f.unpacked, func(at place, _ []Event) bool { return !slices.Contains(f.narrow, at) && !slices.Contains(f.wide, at) })
	return nil
}

// places lists the blocks of a second or minute; never nil.
func (f *eventFinder) places(ctx context.Context, wide bool, begin, end int64) (list []place, err error) {
	rows, err := f.near.QueryContext(ctx, wide, begin, end)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list = []place{}
	for rows.Next() {
		at := place{wide: wide}
		if err := rows.Scan(&at.last, &at.part, &at.first); err != nil {
			return nil, err
		}
		list = append(list, at)
	}
	return list, rows.Err()
}

// at gives the events of an instant of the second, in the order that is wanted.
func (f *eventFinder) at(ctx context.Context, at int64) ([]Event, error) {
	var found []Event
	for _, list := range [][]place{f.narrow, f.wide} {
		for _, place := range list {
			if at < place.first || at > place.last {
				continue
			}
			events, err := f.block(ctx, place)
			if err != nil {
				return nil, err
			}
			i, _ := slices.BinarySearchFunc(events, at, func(e Event, at int64) int { return cmp.Compare(e.Time.UnixNano(), at) })
			for ; i < len(events) && events[i].Time.UnixNano() == at; i++ {
				found = append(found, events[i])
			}
		}
	}
	slices.SortFunc(found, f.compare)
	return slices.CompactFunc(found, func(a, b Event) bool { return compareEvents(a, b) == 0 }), nil
}

// block unpacks a block, unless it was just now.
func (f *eventFinder) block(ctx context.Context, at place) ([]Event, error) {
	if events, ok := f.unpacked[at]; ok {
		return events, nil
	}
	b := block{wide: at.wide, first: at.first, last: at.last}
	if err := f.one.QueryRowContext(ctx, at.wide, at.last, at.part).Scan(&b.heads, &b.asked, &b.records); err != nil {
		return nil, err
	}
	events, err := b.events(withAsked | withRecords)
	if err == nil {
		f.unpacked[at] = events
	}
	return events, err
}
