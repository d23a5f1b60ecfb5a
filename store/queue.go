package store

import (
	"cmp"
	"math"
	"slices"

	"github.com/keyreeve/keyreeve/state"
)

// commitQueue holds commits until they are written. It is fair: commits wait in one
// line for each account (or other aggregate), and a batch takes from all lines alike, so
// that who waits behind a thousand changes of another account does not wait for them.
//
// It keeps the order that makes a difference. Of two commits one of which changed an
// aggregate that the other has seen, the first goes first: otherwise one would become
// durable without what it is built on, or after a change that would have refused it. Commits
// that only saw the same aggregate, as all have seen the deployment, go in any order.
//
// Within a line the order is kept for good. Between lines there are two rules, which ask for
// more than that rather than less: a commit that saw an aggregate goes after the one that
// changed it last (after); a commit that changes what others saw goes after all that
// were there before it (barrier). The first of all waiting commits is free by both, so the
// queue never gets stuck.
//
// A commitQueue is guarded by Store.mu.
type commitQueue struct {
	limit  int // commits; more only from who has less than his part of it
	length int
	rows   int // of all that wait
	seq    uint64
	lines  map[state.AggregateID]*line
	ring   []*line // those in which somebody waits; the next to be asked first
}

// line is the commits of one aggregate, first come, first served.
type line struct {
	id      state.AggregateID
	waiting []*commit
	credit  int // rows that it may still take of the batch
}

// order is what a commit keeps of its place.
type order struct {
	seq     uint64
	line    *line
	taken   bool
	after   []*commit // to be taken before it
	barrier bool      // so is all that came before it
	reads   []*aggregate
}

// waiting is what an aggregate knows of commits in the queue.
type waiting struct {
	writer  *commit // the last that changes it; nil if it was taken
	readers int     // that saw it and do not change it
	own     int     // readers that stand in its own line
}

func newCommitQueue(limit int) commitQueue {
	return commitQueue{limit: limit, lines: map[state.AggregateID]*line{}}
}

// lineOf is the aggregate in whose line a commit waits: the first account that it changes,
// or else has seen; the deployment and an organization are everybody's.
func lineOf(c *commit, seen []sight) state.AggregateID {
	var ids []state.AggregateID
	for _, w := range c.writes {
		ids = append(ids, w.id)
	}
	for _, s := range seen {
		ids = append(ids, s.agg.id)
	}
	for _, id := range ids {
		if id.Type() == state.AccountAggregate {
			return id
		}
	}
	if len(ids) == 0 {
		return state.AggregateID{}
	}
	return ids[0]
}

// hasRoom tells whether a line may take one more: when all places are taken, it may only if
// it has less than an equal part of them; and there are never more than twice as many.
func (q *commitQueue) hasRoom(id state.AggregateID) bool {
	if q.length < q.limit {
		return true
	}
	own := 0
	if l := q.lines[id]; l != nil {
		own = len(l.waiting)
	}
	return q.length < 2*q.limit && own < q.limit/(len(q.lines)+1)
}

// add puts a commit at the end of its line.
func (q *commitQueue) add(c *commit, seen []sight) {
	id := lineOf(c, seen)
	l := q.lines[id]
	if l == nil {
		l = &line{id: id}
		q.lines[id] = l
		q.ring = append(q.ring, l)
	}
	q.seq++
	q.length, q.rows = q.length+1, q.rows+c.rows
	c.order = order{seq: q.seq, line: l}
	l.waiting = append(l.waiting, c)
	for _, s := range seen {
		c.saw(s.agg)
	}
}

// saw notes the place of a commit with regard to an aggregate that it has seen.
func (c *commit) saw(a *aggregate) {
	if w := a.waiting.writer; w != nil && w != c && w.order.line != c.order.line {
		c.order.after = append(c.order.after, w)
	}
	own := c.order.line.id == a.id
	if !c.changes(a) {
		a.waiting.readers++
		if own {
			a.waiting.own++
		}
		c.order.reads = append(c.order.reads, a)
		return
	}
	before := a.waiting.readers
	if own {
		before -= a.waiting.own // stand in the same line
	}
	c.order.barrier = c.order.barrier || before > 0
	a.waiting.writer = c
}

func (c *commit) changes(a *aggregate) bool {
	return slices.ContainsFunc(c.writes, func(w write) bool { return w.id == a.id })
}

// free tells whether a commit at the head of its line may be taken.
func (q *commitQueue) free(c *commit) bool {
	for len(c.order.after) > 0 {
		if !c.order.after[0].order.taken {
			return false
		}
		c.order.after = c.order.after[1:]
	}
	return !c.order.barrier || c.order.seq == q.first()
}

// first is the place of the first of all that wait.
func (q *commitQueue) first() uint64 {
	first := uint64(math.MaxUint64)
	for _, l := range q.ring {
		if len(l.waiting) > 0 {
			first = min(first, l.waiting[0].order.seq)
		}
	}
	return first
}

// next takes a batch, at least one commit if there is any, in the order in which they
// came. A line that did not get what it wanted is the first to be asked next time.
func (q *commitQueue) next(maxRows, maxBytes int) []*commit {
	b := batching{maxRows: maxRows, maxBytes: maxBytes}
	for len(q.ring) > 0 && !b.full {
		share := max(maxRows/len(q.ring), 1)
		for range len(q.ring) {
			l := q.ring[0]
			l.credit += share
			q.serve(l, &b)
			if b.full {
				l.credit = max(l.credit-share, 0) // it gets it next time
				break
			}
			q.ring = q.ring[1:]
			if len(l.waiting) > 0 {
				q.ring = append(q.ring, l)
			} else {
				delete(q.lines, l.id)
			}
		}
	}
	if len(q.ring) == 0 {
		q.ring = nil
	}
	slices.SortFunc(b.batch, func(a, b *commit) int { return cmp.Compare(a.order.seq, b.order.seq) })
	return b.batch
}

// batching is a batch that is being put together.
type batching struct {
	maxRows, maxBytes int
	rows, bytes       int
	batch             []*commit
	full              bool
}

// serve takes from a line what its credit allows.
func (q *commitQueue) serve(l *line, b *batching) {
	for len(l.waiting) > 0 {
		c := l.waiting[0]
		if min(c.rows, b.maxRows) > l.credit && len(q.ring) > 1 || !q.free(c) {
			break
		}
		if len(b.batch) > 0 && (b.rows+c.rows > b.maxRows || b.bytes+c.bytes > b.maxBytes) {
			b.full = true
			return
		}
		l.credit -= c.rows
		b.rows, b.bytes = b.rows+c.rows, b.bytes+c.bytes
		b.batch = append(b.batch, c)
		q.take(l)
	}
	l.credit = max(min(l.credit, b.maxRows), 0)
}

// take takes the head of a line out of the queue.
func (q *commitQueue) take(l *line) *commit {
	c := l.waiting[0]
	l.waiting[0] = nil
	l.waiting = l.waiting[1:]
	q.length, q.rows = q.length-1, q.rows-c.rows
	for _, a := range c.order.reads {
		a.waiting.readers--
		if l.id == a.id {
			a.waiting.own--
		}
	}
	for _, w := range c.writes {
		if w.agg.waiting.writer == c {
			w.agg.waiting.writer = nil
		}
	}
	c.order = order{seq: c.order.seq, line: l, taken: true}
	return c
}

// clear takes all that waits, in the order in which it came.
func (q *commitQueue) clear() []*commit {
	var all []*commit
	for _, l := range q.ring {
		for len(l.waiting) > 0 {
			all = append(all, q.take(l))
		}
	}
	q.ring = nil
	clear(q.lines)
	slices.SortFunc(all, func(a, b *commit) int { return cmp.Compare(a.order.seq, b.order.seq) })
	return all
}
