package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
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

// second is the second that a time in nanoseconds is in.
func second(nanos int64) int64 { return nanos / int64(time.Second) }

type posting struct {
	term trail.Term
	time int64
}

// writePostings adds the postings of events that are written.
func writePostings(ctx context.Context, w *writer, events []Event) error {
	postings := make([]posting, 0, 8*len(events))
	for i := range events {
		e := &events[i]
		summary := trail.Summarize(e.Record)
		at := e.Time.UnixNano()
		for _, t := range summary.Terms(e.Account) {
			postings = append(postings, posting{t, at})
		}
		if from, to, ok := timeOfID(e.ID); !ok || at < from || at >= to {
			postings = append(postings, posting{trail.TermOf(e.Account, trail.EventID, e.ID), at})
		}
	}
	slices.SortFunc(postings, func(a, b posting) int { return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.time, b.time)) })
	pieces := inPieces(slices.Compact(postings))
	part := rand.Int32() // tells pieces of different writes apart that end at the same time
	return w.execMany(ctx, insertPostings, len(pieces), func(to []any, i int) []any {
		p := &pieces[i]
		return append(to, int64(p.term), p.last, part, p.times)
	})
}

// piece is the times of a term in a second.
type piece struct {
	term  trail.Term
	last  int64
	times []byte
}

// inPieces packs postings, which are sorted.
func inPieces(postings []posting) []piece {
	var pieces []piece
	for len(postings) > 0 {
		n := 1
		for n < len(postings) && postings[n].term == postings[0].term && second(postings[n].time) == second(postings[0].time) {
			n++
		}
		pieces = append(pieces, packed(postings[:n]))
		postings = postings[n:]
	}
	return pieces
}

// packed makes a piece: the last time is in the index, and times has how much earlier
// each of the others is than the one after it.
func packed(postings []posting) piece {
	p := piece{term: postings[0].term, last: postings[len(postings)-1].time}
	for i := len(postings) - 2; i >= 0; i-- {
		p.times = binary.AppendUvarint(p.times, uint64(postings[i+1].time-postings[i].time))
	}
	if p.times == nil {
		p.times = []byte{}
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

// markSegment notes in a new segment which format it has.
func markSegment(tx *sql.Tx) error {
	_, err := tx.Exec(fmt.Sprintf(`PRAGMA user_version = %d`, segmentFormat))
	return err
}

// migrate brings a segment of an older format to the present one.
func (g *segments) migrate(ctx context.Context, day string) (err error) {
	db, err := openWriter(g.path(day))
	if err != nil {
		return err
	}
	w := &writer{db: db}
	defer func() { err = errors.Join(err, w.close()) }()
	var version int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil || version == segmentFormat {
		return err
	}
	if version != 0 {
		return fmt.Errorf("%w: its format is %d, this version reads up to %d", ErrNewerFormat, version, segmentFormat)
	}
	return w.transact(ctx, func(ctx context.Context) error {
		for _, statement := range []string{`ALTER TABLE events ADD COLUMN asked BYTEA`, postingsTable + ` WITHOUT ROWID`} {
			if _, err := w.exec(ctx, statement); err != nil {
				return err
			}
		}
		if err := postStored(ctx, w); err != nil {
			return err
		}
		_, err := w.exec(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, segmentFormat))
		return err
	})
}

// postStored adds the postings of all events of a segment, some at a time.
func postStored(ctx context.Context, w *writer) error {
	after := Event{}
	for {
		rows, err := w.conn.QueryContext(ctx, `SELECT time, id, account, record, asked FROM events WHERE (time, id) > (?, ?) ORDER BY time, id LIMIT ?`,
			nanosOf(after), after.ID, eventBatch)
		if err != nil {
			return err
		}
		events, err := scanEvents(rows)
		if err != nil || len(events) == 0 {
			return err
		}
		if err := writePostings(ctx, w, events); err != nil {
			return err
		}
		after = events[len(events)-1]
	}
}

func nanosOf(e Event) int64 {
	if e.Time.IsZero() {
		return -1
	}
	return e.Time.UnixNano()
}

// scanEvents reads all rows, and closes them.
func scanEvents(rows *sql.Rows) ([]Event, error) {
	defer rows.Close()
	var events []Event
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}
