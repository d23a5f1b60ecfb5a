package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
)

// span is which events of a segment are wanted, in which order, and what of them.
type span struct {
	from, to    int64 // times, before to
	newestFirst bool
	parts       parts
}

// compare orders events as they are wanted.
func (s *span) compare(a, b Event) int {
	if s.newestFirst {
		return compareEvents(b, a)
	}
	return compareEvents(a, b)
}

// segmentReader reads a day's segment.
type segmentReader struct {
	db   *sql.DB
	conn *sql.Conn
}

// reader opens a day's segment for reading. files is held for reading until it is closed.
func (g *segments) reader(ctx context.Context, day string) (*segmentReader, error) {
	db, err := openReader(g.path(day))
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &segmentReader{db, conn}, nil
}

func (r *segmentReader) close() error { return errors.Join(r.conn.Close(), r.db.Close()) }

// scan gives the events of a span in order, each once; more is false when each was the one to
// stop. It holds those of the wide blocks of a minute and of the narrow ones of a second.
func (g *segments) scan(ctx context.Context, day string, s span, each func(Event) bool) (more bool, err error) {
	r, err := g.reader(ctx, day)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	narrow, err := r.groups(ctx, s, false)
	if err != nil {
		return false, err
	}
	defer narrow.close()
	wide, err := r.groups(ctx, s, true)
	if err != nil {
		return false, err
	}
	defer wide.close()
	var before *Event
	for {
		e, err := nextOf(&s, narrow, wide)
		if e == nil || err != nil {
			return e == nil && err == nil, err
		}
		if before != nil && compareEvents(*before, *e) == 0 {
			continue // written twice, because a crash came in between
		}
		if before = e; !each(*e) {
			return false, nil
		}
	}
}

// nextOf gives the next event of two series; nil at the end of both.
func nextOf(s *span, a, b *groups) (*Event, error) {
	next, err := a.peek()
	if err != nil {
		return nil, err
	}
	other, err := b.peek()
	if err != nil {
		return nil, err
	}
	if next == nil || other != nil && s.compare(*other, *next) < 0 {
		a, next = b, other
	}
	if next != nil {
		a.group = a.group[1:]
	}
	return next, nil
}

// groups gives the events of either the narrow or the wide blocks in order, second by
// second or minute by minute.
type groups struct {
	span  span
	rows  *sql.Rows
	unit  func(int64) int64
	ahead *block // the first of the next group
	group []Event
}

func (r *segmentReader) groups(ctx context.Context, s span, wide bool) (*groups, error) {
	g := &groups{span: s, unit: second}
	longest := time.Second
	if wide {
		g.unit, longest = minute, time.Minute
	}
	columns := `wide, last, first, heads`
	if s.parts&withAsked != 0 {
		columns += `, asked`
	}
	if s.parts&withRecords != 0 {
		columns += `, records`
	}
	order := ``
	if s.newestFirst {
		order = ` DESC`
	}
	var err error
	g.rows, err = r.conn.QueryContext(ctx, `SELECT `+columns+` FROM blocks WHERE wide = ? AND last >= ? AND last < ? AND first < ? ORDER BY last`+order, wide, s.from, s.to+int64(longest), s.to)
	return g, err
}

func (g *groups) close() { g.rows.Close() }

// peek is the next event, or nil.
func (g *groups) peek() (*Event, error) {
	for len(g.group) == 0 {
		blocks, err := g.next()
		if len(blocks) == 0 || err != nil {
			return nil, err
		}
		for i := range blocks {
			events, err := blocks[i].events(g.span.parts)
			if err != nil {
				return nil, err
			}
			for _, e := range events {
				if at := e.Time.UnixNano(); at >= g.span.from && at < g.span.to {
					g.group = append(g.group, e)
				}
			}
		}
		slices.SortFunc(g.group, g.span.compare)
	}
	return &g.group[0], nil
}

// next reads the blocks of the next second or minute.
func (g *groups) next() (blocks []block, err error) {
	if g.ahead != nil {
		blocks, g.ahead = append(blocks, *g.ahead), nil
	}
	for g.rows.Next() {
		b, err := scanBlock(g.rows, g.span.parts)
		if err != nil {
			return nil, err
		}
		if len(blocks) > 0 && g.unit(b.last) != g.unit(blocks[0].last) {
			g.ahead = &b
			return blocks, nil
		}
		blocks = append(blocks, b)
	}
	return blocks, g.rows.Err()
}

func scanBlock(rows *sql.Rows, want parts) (block, error) {
	var b block
	to := []any{&b.wide, &b.last, &b.first, &b.heads}
	if want&withAsked != 0 {
		to = append(to, &b.asked)
	}
	if want&withRecords != 0 {
		to = append(to, &b.records)
	}
	return b, rows.Scan(to...)
}
