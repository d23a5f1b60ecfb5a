package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/keyreeve/keyreeve/trail"
)

// Events are found by postings: for each term (an account, an attribute and its value)
// the times of the events that have it, in pieces. A piece holds the times that one
// write added within one second, packed, and stands in the index by its last time: so a
// storm of like events makes few rows, and all pieces that may hold a time are those of
// its second.
//
// The times of a term that is nowhere else, such as that of a new access key, make a row at
// a place of their own, and a page is written for it. So pieces do not come to their
// places at once: those of each write are kept together in one row of the table fresh,
// which a look-up reads as a whole, until there are enough of them to put many on each page,
// or the day is over.
//
// A time stands for all events of that instant. Who reads looks at each whether it has
// the value; that also sorts out terms that happen to be equal. So a piece that is
// written twice, because a crash came in between, does no harm.

// How much is fresh at most: the postings of so many writes, in so many bytes.
const (
	maxFresh      = 32
	maxFreshBytes = 4 << 20
)

// writePostings adds the postings of events, which are in order. Those of as many writes as
// fresh says may be fresh. What is fresh and damaged stays where it is, where look-ups come
// upon it; damaged tells of it.
func writePostings(ctx context.Context, w *writer, events []Event, part int64, fresh int) (damaged, err error) {
	pieces := postingsOf(events)
	if fresh > 0 {
		together := packPieces(pieces)
		var writes, size int
		if err := w.conn.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(length(pieces)), 0) FROM fresh`).Scan(&writes, &size); err != nil {
			return nil, err
		}
		if writes+1 < fresh && size+len(together) < maxFreshBytes {
			_, err := w.exec(ctx, insertFresh, part, together)
			return nil, err
		}
	}
	var parts []int64 // that were read
	err = eachFresh(ctx, w.conn, func(part int64, together []byte) error {
		all, err := unpackPieces(pieces, together, func(trail.Term) bool { return true })
		if err != nil {
			damaged = err
			return nil
		}
		pieces, parts = all, append(parts, part)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if pieces, err = joined(pieces); err != nil {
		return nil, err
	}
	for _, part := range parts {
		if _, err := w.exec(ctx, deleteFresh, part); err != nil {
			return nil, err
		}
	}
	return damaged, w.execMany(ctx, insertPostings, len(pieces), func(to []any, i int) []any {
		p := &pieces[i]
		return append(to, int64(p.term), p.last, part, p.times)
	})
}

// postingsOf makes the pieces of events, which are in order.
func postingsOf(events []Event) []piece {
	times := make(map[trail.Term][]int64, len(events))
	for i := range events {
		e := &events[i]
		at := e.Time.UnixNano()
		terms := e.Terms
		if terms == nil {
			summary := trail.Summarize(e.Record)
			terms = summary.Terms(e.Account)
		}
		for _, t := range terms {
			times[t] = append(times[t], at)
		}
		if from, to, ok := timeOfID(e.ID); !ok || at < from || at >= to {
			t := trail.TermOf(e.Account, trail.EventID, e.ID)
			times[t] = append(times[t], at)
		}
	}
	var pieces []piece
	for _, term := range slices.Sorted(maps.Keys(times)) {
		pieces = inPieces(pieces, term, slices.Compact(times[term]))
	}
	return pieces
}

// eachFresh shows f the fresh pieces of each write.
func eachFresh(ctx context.Context, conn *sql.Conn, f func(part int64, together []byte) error) error {
	rows, err := conn.QueryContext(ctx, `SELECT part, pieces FROM fresh`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var part int64
		var together []byte
		if err := rows.Scan(&part, &together); err != nil {
			return err
		}
		if err := f(part, together); err != nil {
			return err
		}
	}
	return rows.Err()
}

// joined puts pieces in order, and makes one of those of a term in a second.
func joined(pieces []piece) ([]piece, error) {
	slices.SortFunc(pieces, func(a, b piece) int { return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.last, b.last)) })
	out := pieces[:0]
	for from := 0; from < len(pieces); {
		p, to := pieces[from], from+1
		for to < len(pieces) && pieces[to].term == p.term && second(pieces[to].last) == second(p.last) {
			to++
		}
		if to > from+1 {
			var times []int64
			for _, part := range pieces[from:to] {
				var err error
				if times, err = unpack(times, part.last, part.times); err != nil {
					return nil, err
				}
			}
			slices.Sort(times)
			p = packed(p.term, slices.Compact(times))
		}
		out, from = append(out, p), to
	}
	return out, nil
}

// packPieces writes pieces, which are in the order of their terms, one after the other:
// what the term is more than the one before, the last time, and the others behind their
// length.
func packPieces(pieces []piece) []byte {
	var b []byte
	before := trail.Term(0)
	for i := range pieces {
		p := &pieces[i]
		b = binary.AppendUvarint(b, uint64(p.term-before))
		b = binary.AppendUvarint(b, uint64(p.last))
		b = binary.AppendUvarint(b, uint64(len(p.times)))
		b, before = append(b, p.times...), p.term
	}
	return summed(b)
}

// unpackPieces adds those of packed pieces to a list whose terms are wanted.
func unpackPieces(list []piece, b []byte, wanted func(trail.Term) bool) ([]piece, error) {
	damaged := fmt.Errorf("%w: fresh postings", ErrDamaged)
	b, err := unsummed(b)
	if err != nil {
		return nil, damaged
	}
	term := trail.Term(0)
	for len(b) > 0 {
		var numbers [3]uint64
		for i := range numbers {
			n, size := binary.Uvarint(b)
			if size <= 0 {
				return nil, damaged
			}
			numbers[i], b = n, b[size:]
		}
		if numbers[2] > uint64(len(b)) {
			return nil, damaged
		}
		times := b[:numbers[2]:numbers[2]]
		b, term = b[len(times):], term+trail.Term(numbers[0])
		if wanted(term) {
			list = append(list, piece{term, int64(numbers[1]), times})
		}
	}
	return list, nil
}

// piece is the times of a term in a second.
type piece struct {
	term  trail.Term
	last  int64
	times []byte
}

// inPieces adds the pieces of a term, whose times are in order.
func inPieces(pieces []piece, term trail.Term, times []int64) []piece {
	for len(times) > 0 {
		n := 1
		for n < len(times) && second(times[n]) == second(times[0]) {
			n++
		}
		pieces = append(pieces, packed(term, times[:n]))
		times = times[n:]
	}
	return pieces
}

// packed makes a piece: the last time is in the index, and times has how much earlier
// each of the others is than the one after it.
func packed(term trail.Term, times []int64) piece {
	p := piece{term: term, last: times[len(times)-1], times: []byte{}}
	for i := len(times) - 2; i >= 0; i-- {
		p.times = binary.AppendUvarint(p.times, uint64(times[i+1]-times[i]))
	}
	return p
}

// unpack adds the times of a piece to a list.
func unpack(list []int64, last int64, times []byte) ([]int64, error) {
	list = append(list, last)
	for len(times) > 0 {
		earlier, n := binary.Uvarint(times)
		if n <= 0 {
			return nil, fmt.Errorf("%w: a piece of postings", ErrDamaged)
		}
		times, last = times[n:], last-int64(earlier)
		list = append(list, last)
	}
	return list, nil
}

// timeOfID tells between which times an event happened whose id begins with its time,
// as that of a UUID of version 7 does.
func timeOfID(id string) (from, to int64, ok bool) {
	if len(id) != 36 || id[8] != '-' || id[14] != '7' {
		return 0, 0, false
	}
	var ms int64
	for i, c := range []byte(id[:13]) {
		switch {
		case i == 8:
			continue
		case '0' <= c && c <= '9':
			ms = ms<<4 | int64(c-'0')
		case 'a' <= c && c <= 'f':
			ms = ms<<4 | int64(c-'a'+10)
		default:
			return 0, 0, false
		}
	}
	from = ms * int64(time.Millisecond)
	return from, from + int64(time.Millisecond), from/int64(time.Millisecond) == ms
}
