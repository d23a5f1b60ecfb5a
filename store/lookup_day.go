package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/keyreeve/keyreeve/trail"
)

// readDay adds what a day's segment has. files is held for reading.
func (q *query) readDay(ctx context.Context, g *segments, day string) (full bool, err error) {
	db, err := openReader(g.path(day))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if q.terms == nil {
		return q.readAll(ctx, conn)
	}
	p, err := newPostingsReader(ctx, conn, q)
	if err != nil {
		return false, err
	}
	defer p.close()
	for {
		times, err := p.next(ctx)
		if err != nil || len(times) == 0 {
			return false, err
		}
		for _, at := range times {
			if full, err := q.readTime(ctx, p.events, at); err != nil || full {
				return full, err
			}
		}
	}
}

// readAll looks at all events of a segment that are in the span.
func (q *query) readAll(ctx context.Context, conn *sql.Conn) (full bool, err error) {
	order := `DESC`
	if q.OldestFirst {
		order = `ASC`
	}
	rows, err := conn.QueryContext(ctx, `SELECT time, id, account, record, asked FROM events WHERE time >= ? AND time < ? ORDER BY time `+order+`, id `+order, q.from, q.to)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return false, err
		}
		if q.add(e) {
			return true, nil
		}
	}
	return false, rows.Err()
}

// readTime adds the events of an instant.
func (q *query) readTime(ctx context.Context, statement *sql.Stmt, at int64) (full bool, err error) {
	rows, err := statement.QueryContext(ctx, at)
	if err != nil {
		return false, err
	}
	events, err := scanEvents(rows)
	if err != nil {
		return false, err
	}
	slices.SortFunc(events, q.compare)
	for _, e := range events {
		if q.add(e) {
			return true, nil
		}
	}
	return false, nil
}

// postingsReader goes through the times of all terms of a query in a segment, second by
// second.
type postingsReader struct {
	q      *query
	terms  []termReader
	peek   *sql.Stmt // the next piece of a term
	pieces *sql.Stmt // all pieces of a term in a second
	events *sql.Stmt // the events of an instant
}

// termReader is a term and the second of its next piece.
type termReader struct {
	term trail.Term
	next int64
	done bool
}

func newPostingsReader(ctx context.Context, conn *sql.Conn, q *query) (p *postingsReader, err error) {
	p = &postingsReader{q: q}
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
		&p.events: `SELECT time, id, account, record, asked FROM events WHERE time = ?`,
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
	for _, s := range []*sql.Stmt{p.peek, p.pieces, p.events} {
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
