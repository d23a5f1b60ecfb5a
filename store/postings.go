package store

import (
	"context"
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
// A time stands for all events of that instant. Who reads looks at each whether it has
// the value; that also sorts out terms that happen to be equal. So a piece that is
// written twice, because a crash came in between, does no harm.

// writePostings adds the postings of events, which are in order.
func writePostings(ctx context.Context, w *writer, events []Event, part int64) error {
	pieces := postingsOf(events)
	return w.execMany(ctx, insertPostings, len(pieces), func(to []any, i int) []any {
		p := &pieces[i]
		return append(to, int64(p.term), p.last, part, p.times)
	})
}

// postingsOf makes the pieces of events, which are in order.
func postingsOf(events []Event) []piece {
	times := map[trail.Term][]int64{}
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
