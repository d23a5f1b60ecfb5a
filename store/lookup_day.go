package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/keyreeve/keyreeve/trail"
)

// readDay adds what a day's segment has. files is held for reading.
func (q *query) readDay(ctx context.Context, g *segments, day string) (full bool, err error) {
	if q.terms == nil {
		more, err := g.scan(ctx, day, span{q.from, q.to, !q.OldestFirst, withAsked | withRecords}, func(e Event) bool { return !q.add(e) })
		return !more, err
	}
	r, err := g.reader(ctx, day)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	p, err := newPostingsReader(ctx, r.conn, q)
	if err != nil {
		return false, err
	}
	defer p.close()
	for {
		times, err := p.next(ctx)
		if err != nil || len(times) == 0 {
			return false, err
		}
		if err := p.enter(ctx, second(times[0])); err != nil {
			return false, err
		}
		for _, at := range times {
			events, err := p.at(ctx, at)
			if err != nil {
				return false, err
			}
			for _, e := range events {
				if q.add(e) {
					return true, nil
				}
			}
		}
	}
}

// place is where a block is.
type place struct {
	wide       bool
	last, part int64
	first      int64
}

// enter finds the blocks that may have events of a second: narrow ones of it, and wide ones
// of its minute.
func (p *postingsReader) enter(ctx context.Context, sec int64) (err error) {
	begin := sec * int64(time.Second)
	if p.narrow, err = p.places(ctx, false, begin, begin+int64(time.Second)); err != nil {
		return err
	}
	if m := minute(begin); p.wide == nil || m != p.minute {
		p.minute = m
		if p.wide, err = p.places(ctx, true, m*int64(time.Minute), (m+1)*int64(time.Minute)); err != nil {
			return err
		}
	}
	// Blocks that are unpacked stay so as long as they may be needed.
	maps.DeleteFunc(p.blocks, func(at place, _ []Event) bool { return !slices.Contains(p.narrow, at) && !slices.Contains(p.wide, at) })
	return nil
}

// places lists the blocks of a second or minute; never nil.
func (p *postingsReader) places(ctx context.Context, wide bool, begin, end int64) (list []place, err error) {
	rows, err := p.near.QueryContext(ctx, wide, begin, end)
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
func (p *postingsReader) at(ctx context.Context, at int64) ([]Event, error) {
	var found []Event
	for _, list := range [][]place{p.narrow, p.wide} {
		for _, place := range list {
			if at < place.first || at > place.last {
				continue
			}
			events, err := p.block(ctx, place)
			if err != nil {
				return nil, err
			}
			i, _ := slices.BinarySearchFunc(events, at, func(e Event, at int64) int { return cmp.Compare(e.Time.UnixNano(), at) })
			for ; i < len(events) && events[i].Time.UnixNano() == at; i++ {
				found = append(found, events[i])
			}
		}
	}
	slices.SortFunc(found, p.q.compare)
	return slices.CompactFunc(found, func(a, b Event) bool { return compareEvents(a, b) == 0 }), nil
}

// block unpacks a block, unless it was just now.
func (p *postingsReader) block(ctx context.Context, at place) ([]Event, error) {
	if events, ok := p.blocks[at]; ok {
		return events, nil
	}
	b := block{wide: at.wide, first: at.first, last: at.last}
	if err := p.one.QueryRowContext(ctx, at.wide, at.last, at.part).Scan(&b.heads, &b.asked, &b.records); err != nil {
		return nil, err
	}
	events, err := b.events(withAsked | withRecords)
	if err == nil {
		p.blocks[at] = events
	}
	return events, err
}

// postingsReader goes through the times of all terms of a query in a segment, second by
// second.
type postingsReader struct {
	q      *query
	terms  []termReader
	peek   *sql.Stmt // the next piece of a term
	pieces *sql.Stmt // all pieces of a term in a second
	near   *sql.Stmt // the blocks that may have events of a second
	one    *sql.Stmt // a block
	narrow []place   // of the second
	wide   []place   // of its minute
	minute int64
	blocks map[place][]Event
}

// termReader is a term and the second of its next piece.
type termReader struct {
	term trail.Term
	next int64
	done bool
}

func newPostingsReader(ctx context.Context, conn *sql.Conn, q *query) (p *postingsReader, err error) {
	p = &postingsReader{q: q, blocks: map[place][]Event{}}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	peek := `SELECT last FROM postings WHERE term = ? AND last < ? ORDER BY last DESC LIMIT 1`
	if q.OldestFirst {
		peek = `SELECT last FROM postings WHERE term = ? AND last >= ? ORDER BY last LIMIT 1`
	}
	for statement, query := range map[**sql.Stmt]string{
		&p.peek: peek, &p.pieces: `SELECT last, times FROM postings WHERE term = ? AND last >= ? AND last < ?`,
		&p.near: `SELECT last, part, first FROM blocks WHERE wide = ? AND last >= ? AND last < ? ORDER BY last`,
		&p.one:  `SELECT heads, asked, records FROM blocks WHERE wide = ? AND last = ? AND part = ?`,
	} {
		if *statement, err = conn.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
	}
	from := (second(q.to-1) + 1) * int64(time.Second)
	if q.OldestFirst {
		from = second(q.from) * int64(time.Second)
	}
	for _, t := range q.terms {
		r := termReader{term: t}
		if err := p.advance(ctx, &r, from); err != nil {
			return nil, err
		}
		p.terms = append(p.terms, r)
	}
	return p, nil
}

func (p *postingsReader) close() {
	for _, s := range []*sql.Stmt{p.peek, p.pieces, p.near, p.one} {
		if s != nil {
			s.Close()
		}
	}
}

// advance finds the next second of a term from a time on.
func (p *postingsReader) advance(ctx context.Context, r *termReader, from int64) error {
	var last int64
	err := p.peek.QueryRowContext(ctx, int64(r.term), from).Scan(&last)
	if r.next = second(last); errors.Is(err, sql.ErrNoRows) {
		r.done = true
		return nil
	}
	if p.q.OldestFirst {
		r.done = r.next > second(p.q.to-1)
	} else {
		r.done = r.next < second(p.q.from)
	}
	return err
}

// next gives the times of the next second in which any term has some, as they are
// wanted; none when there is no such second.
func (p *postingsReader) next(ctx context.Context) ([]int64, error) {
	at, any := int64(0), false
	for _, r := range p.terms {
		if !r.done && (!any || p.q.OldestFirst && r.next < at || !p.q.OldestFirst && r.next > at) {
			at, any = r.next, true
		}
	}
	if !any {
		return nil, nil
	}
	begin, end := at*int64(time.Second), (at+1)*int64(time.Second)
	var times []int64
	for i := range p.terms {
		r := &p.terms[i]
		if r.done || r.next != at {
			continue
		}
		var err error
		if times, err = p.timesOf(ctx, times, r.term, begin, end); err != nil {
			return nil, err
		}
		beyond := begin
		if p.q.OldestFirst {
			beyond = end
		}
		if err := p.advance(ctx, r, beyond); err != nil {
			return nil, err
		}
	}
	slices.Sort(times)
	times = slices.Compact(times)
	if !p.q.OldestFirst {
		slices.Reverse(times)
	}
	times = slices.DeleteFunc(times, func(t int64) bool { return t < p.q.from || t >= p.q.to })
	if len(times) == 0 {
		return p.next(ctx)
	}
	return times, nil
}

// timesOf adds the times of a term in a second.
func (p *postingsReader) timesOf(ctx context.Context, list []int64, term trail.Term, begin, end int64) ([]int64, error) {
	rows, err := p.pieces.QueryContext(ctx, int64(term), begin, end)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var last int64
		var times []byte
		if err := rows.Scan(&last, &times); err != nil {
			return nil, err
		}
		if list, err = unpack(list, last, times); err != nil {
			return nil, err
		}
	}
	return list, rows.Err()
}
