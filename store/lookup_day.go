package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
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
	f, err := newEventFinder(ctx, r.conn, q.compare)
	if err != nil {
		return false, err
	}
	defer f.close()
	for {
		times, err := p.next(ctx)
		if err != nil || len(times) == 0 {
			return false, err
		}
		if err := f.enter(ctx, second(times[0])); err != nil {
			return false, err
		}
		for _, at := range times {
			events, err := f.at(ctx, at)
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

// postingsReader goes through the times of all terms of a query in a segment, second by
// second.
type postingsReader struct {
	q      *query
	terms  []termReader
	peek   *sql.Stmt              // the next piece of a term
	pieces *sql.Stmt              // all pieces of a term in a second
	fresh  map[trail.Term][]piece // by their last times
}

// termReader is a term and the second of its next piece.
type termReader struct {
	term trail.Term
	next int64
	done bool
}

func newPostingsReader(ctx context.Context, conn *sql.Conn, q *query) (_ *postingsReader, err error) {
	p := &postingsReader{q: q}
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
	} {
		if *statement, err = conn.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
	}
	// What is fresh is read first: what comes to its place meanwhile is then found there,
	// too.
	if err := p.readFresh(ctx, conn); err != nil {
		return nil, err
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

// readFresh reads the fresh pieces of the terms of the query.
func (p *postingsReader) readFresh(ctx context.Context, conn *sql.Conn) error {
	p.fresh = make(map[trail.Term][]piece, len(p.q.terms))
	for _, t := range p.q.terms {
		p.fresh[t] = nil
	}
	wanted := func(t trail.Term) bool { _, ok := p.fresh[t]; return ok }
	var pieces []piece
	err := eachFresh(ctx, conn, func(_ int64, together []byte) (err error) {
		pieces, err = unpackPieces(pieces, together, wanted)
		return err
	})
	slices.SortFunc(pieces, func(a, b piece) int { return cmp.Compare(a.last, b.last) })
	for _, piece := range pieces {
		p.fresh[piece.term] = append(p.fresh[piece.term], piece)
	}
	return err
}

// freshFrom gives the fresh pieces of a term from a time on, and those before it.
func (p *postingsReader) freshFrom(term trail.Term, from int64) (on, before []piece) {
	list := p.fresh[term]
	i, _ := slices.BinarySearchFunc(list, from, func(p piece, from int64) int { return cmp.Compare(p.last, from) })
	return list[i:], list[:i]
}

func (p *postingsReader) close() {
	for _, s := range []*sql.Stmt{p.peek, p.pieces} {
		if s != nil {
			s.Close()
		}
	}
}

// advance finds the next second of a term from a time on.
func (p *postingsReader) advance(ctx context.Context, r *termReader, from int64) error {
	var last int64
	err := p.peek.QueryRowContext(ctx, int64(r.term), from).Scan(&last)
	none := errors.Is(err, sql.ErrNoRows)
	if err != nil && !none {
		return err
	}
	on, before := p.freshFrom(r.term, from)
	if p.q.OldestFirst {
		if len(on) > 0 && (none || on[0].last < last) {
			last, none = on[0].last, false
		}
		r.next = second(last)
		r.done = none || r.next > second(p.q.to-1)
		return nil
	}
	if n := len(before); n > 0 && (none || before[n-1].last > last) {
		last, none = before[n-1].last, false
	}
	r.next = second(last)
	r.done = none || r.next < second(p.q.from)
	return nil
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
	on, _ := p.freshFrom(term, begin)
	for _, piece := range on {
		if piece.last >= end {
			break
		}
		if list, err = unpack(list, piece.last, piece.times); err != nil {
			return nil, err
		}
	}
	return list, rows.Err()
}
