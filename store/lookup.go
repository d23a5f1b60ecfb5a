package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/trail"
)

// Lookup says which events are wanted.
type Lookup struct {
	// Accounts are those whose events are wanted; none: of all accounts.
	Accounts []string
	// From and To are a span of time: events from From to before To.
	From, To time.Time
	// OldestFirst is instead of newest first.
	OldestFirst bool
	// Key and Value are what events must have; the zero key is nothing.
	Key   trail.LookupKey
	Value string
	// After is the cursor of the page before; empty for the first page.
	After string
	// Limit is how many events a page has at most; it must be positive.
	Limit int
}

// Lookup gives a page of events in the order in which they happened, and the cursor of
// the next page, which is empty if there is none. Events that are still waiting to be
// written are among them. Pages keep their place: events that come in between make no
// page repeat or leave out another event.
//
// With accounts, or by an id that begins with the time, it looks at what it needs only.
// Without, it looks at all events of the span.
func (s *Store) Lookup(ctx context.Context, l Lookup) (events []Event, next string, err error) {
	if from, to, ok := timeOfID(l.Value); ok && l.Key == trail.EventID {
		near := l
		near.From, near.To = later(l.From, time.Unix(0, from)), earlier(l.To, time.Unix(0, to))
		if events, next, err = s.lookup(ctx, near, 0); err != nil || len(events) > 0 {
			return events, next, err
		}
	}
	return s.lookup(ctx, l, l.Key) // also an event that has not the time that its id says
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// lookup is Lookup by the terms of a key: by those of the accounts alone, where that is
// zero.
func (s *Store) lookup(ctx context.Context, l Lookup, by trail.LookupKey) (events []Event, next string, err error) {
	q, err := l.query(by)
	if err != nil {
		return nil, "", err
	}
	if err := s.writeRecorded(ctx); err != nil && ctx.Err() == nil {
		s.o.Log.Error("events could not be written before they are read", "cause", explain(err))
	}
	// Staged events are read first: what is moved meanwhile is then found in its
	// segment, and what is found in both is given once.
	if q.waiting, err = s.waiting(ctx, time.Unix(0, q.from), time.Unix(0, q.to)); err != nil {
		return nil, "", explain(err)
	}
	q.waiting = slices.DeleteFunc(q.waiting, func(e Event) bool { return !q.wants(&e) })
	slices.SortFunc(q.waiting, q.compare)
	s.segments.files.RLock()
	defer s.segments.files.RUnlock()
	days, err := s.segments.days()
	if err != nil {
		return nil, "", err
	}
	if !l.OldestFirst {
		slices.Reverse(days)
	}
	for _, day := range days {
		if day < dayOf(time.Unix(0, q.from)) || day > dayOf(time.Unix(0, q.to-1)) {
			continue
		}
		if full, err := q.readDay(ctx, &s.segments, day); err != nil || full {
			events, next = q.page()
			return events, next, explain(err)
		}
	}
	q.found = append(q.found, q.waiting...)
	events, next = q.page()
	return events, next, nil
}

// query is a look-up on its way.
type query struct {
	*Lookup
	accounts map[string]bool // nil: all
	terms    []trail.Term    // nil: all events are looked at
	from, to int64           // times, narrowed by the cursor and by the id
	after    *Event          // where the page begins; only time and id
	waiting  []Event         // in order, that are in no segment yet
	found    []Event
}

func (l *Lookup) query(by trail.LookupKey) (*query, error) {
	if l.Limit <= 0 {
		return nil, errors.New("store: a page of no events")
	}
	q := &query{Lookup: l, from: nanos(l.From), to: nanos(l.To)}
	if l.After != "" {
		var err error
		if q.after, err = parseCursor(l.After); err != nil {
			return nil, err
		}
		if at := q.after.Time.UnixNano(); l.OldestFirst {
			q.from = max(q.from, at)
		} else {
			q.to = min(q.to, at+1)
		}
	}
	if l.Accounts == nil {
		return q, nil
	}
	q.accounts, q.terms = map[string]bool{}, []trail.Term{}
	for _, account := range l.Accounts {
		q.accounts[account] = true
		q.terms = append(q.terms, trail.TermOf(account, by, valueOf(by, l.Value)))
	}
	return q, nil
}

// end is 2262, up to which there can be events.
const end = 9_214_646_400_000_000_000

// nanos is a time as it is stored. Before 1970 there are no events, nor after 2261.
func nanos(t time.Time) int64 {
	switch year := t.UTC().Year(); {
	case year < 1970:
		return 0
	case year > 2261:
		return end
	}
	return t.UnixNano()
}

func valueOf(key trail.LookupKey, value string) string {
	if key == 0 {
		return ""
	}
	return value
}

// parseCursor reads a cursor: time and id of the last event of a page.
func parseCursor(text string) (*Event, error) {
	at, id, _ := strings.Cut(text, " ")
	nanos, err := strconv.ParseInt(at, 10, 64)
	if err != nil || nanos < 0 {
		return nil, fmt.Errorf("store: %q is no cursor", text)
	}
	return &Event{Time: time.Unix(0, nanos).UTC(), ID: id}, nil
}

// page is what was found, without what is too much, and the cursor after it.
func (q *query) page() ([]Event, string) {
	if len(q.found) <= q.Limit {
		return q.found, ""
	}
	last := q.found[q.Limit-1]
	return q.found[:q.Limit], strconv.FormatInt(last.Time.UnixNano(), 10) + " " + last.ID
}

// full tells whether there is a page, and one event more that says that it is not the
// last.
func (q *query) full() bool { return len(q.found) > q.Limit }

// compare orders events as they are wanted.
func (q *query) compare(a, b Event) int {
	if q.OldestFirst {
		return compareEvents(a, b)
	}
	return compareEvents(b, a)
}

// wants tells whether an event is one of those that are looked for.
func (q *query) wants(e *Event) bool {
	at := e.Time.UnixNano()
	if at < q.from || at >= q.to || q.accounts != nil && !q.accounts[e.Account] || q.after != nil && q.compare(*e, *q.after) <= 0 {
		return false
	}
	switch q.Key {
	case 0:
		return true
	case trail.EventID:
		return e.ID == q.Value
	}
	summary := trail.Summarize(e.Record)
	return summary.Has(q.Key, q.Value)
}

// add takes the next stored event, if it is wanted, after those that wait before it.
func (q *query) add(e Event) (full bool) {
	if !q.wants(&e) {
		return false
	}
	for len(q.waiting) > 0 && !q.full() {
		order := q.compare(q.waiting[0], e)
		if order > 0 {
			break
		}
		if order < 0 {
			q.found = append(q.found, q.waiting[0])
		}
		q.waiting = q.waiting[1:]
	}
	if !q.full() {
		q.found = append(q.found, e.clone())
	}
	return q.full()
}
