package store

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/state"
)

// queued is a commit of the tests, and what it has seen.
type queued struct {
	*commit
	seen []sight
}

func (q *queued) sees(id state.AggregateID) bool {
	return slices.ContainsFunc(q.seen, func(s sight) bool { return s.agg.id == id })
}

// dependsOn tells, from the definition, whether the order of two commits makes a
// difference.
func (q *queued) dependsOn(before *queued) bool {
	for _, w := range before.writes {
		if q.sees(w.id) {
			return true
		}
	}
	for _, w := range q.writes {
		if before.sees(w.id) {
			return true
		}
	}
	return false
}

// commitOf makes a commit that has seen some aggregates and changes the first of them.
func commitOf(aggregates map[state.AggregateID]*aggregate, rows, changes int, ids ...state.AggregateID) *queued {
	q := &queued{commit: &commit{rows: rows, bytes: rows}}
	for i, id := range ids {
		a := aggregates[id]
		if a == nil {
			a = &aggregate{id: id}
			aggregates[id] = a
		}
		q.seen = append(q.seen, sight{agg: a})
		if i < changes {
			q.writes = append(q.writes, write{id: id, agg: a})
		}
	}
	return q
}

// TestQueueKeepsTheOrderThatMatters puts random commits into the queue and takes batches
// out of it in between: each comes out once, never before one that it depends on, in
// batches that are not too large.
func TestQueueKeepsTheOrderThatMatters(t *testing.T) {
	ids := []state.AggregateID{state.Deployment, state.Organization("o-1"), state.Account("1"), state.Account("2"), state.Account("3"), state.Account("4")}
	const maxRows = 20
	rapid.Check(t, func(t *rapid.T) {
		q := newCommitQueue(1000)
		aggregates := map[state.AggregateID]*aggregate{}
		var in []*queued
		var out []*commit
		take := func(t *rapid.T) {
			rows := 0
			batch := q.next(maxRows, 1<<20)
			if (len(batch) == 0) != (len(in) == len(out)) {
				t.Fatalf("a batch of %d while %d wait", len(batch), len(in)-len(out))
			}
			for _, c := range batch {
				rows += c.rows
			}
			if rows > maxRows && len(batch) > 1 {
				t.Fatalf("a batch of %d rows", rows)
			}
			out = append(out, batch...)
		}
		t.Repeat(map[string]func(*rapid.T){
			"take": take,
			"add": func(t *rapid.T) {
				for range rapid.IntRange(1, 12).Draw(t, "commits") {
					seen := rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, 4, rapid.ID).Draw(t, "seen")
					c := commitOf(aggregates, rapid.SampledFrom([]int{0, 1, 4, 19, 50}).Draw(t, "rows"), rapid.IntRange(0, 2).Draw(t, "changes"), seen...)
					q.add(c.commit, c.seen)
					in = append(in, c)
				}
			},
			"": func(*rapid.T) {},
		})
		for len(out) < len(in) {
			take(t)
		}
		checkOrder(t, in, out)
		if q.length != 0 || q.rows != 0 || len(q.lines) != 0 || len(q.next(maxRows, maxRows)) != 0 {
			t.Fatalf("the queue is not empty: %+v", q)
		}
		for _, a := range aggregates {
			if a.waiting != (waiting{}) {
				t.Fatalf("%s thinks that somebody waits: %+v", a.id, a.waiting)
			}
		}
	})
}

func checkOrder(t *rapid.T, in []*queued, out []*commit) {
	place := map[*commit]int{}
	for i, c := range out {
		place[c] = i
	}
	if len(out) != len(in) || len(place) != len(in) {
		t.Fatalf("%d commits came out, %d of them different ones, of %d", len(out), len(place), len(in))
	}
	for i, after := range in {
		for j, before := range in[:i] {
			if after.dependsOn(before) && place[after.commit] < place[before.commit] {
				t.Fatalf("commit %d came out before %d, on which it depends", i, j)
			}
		}
	}
}

// TestQueueIsFair: whoever comes after a storm of others is in the next batch, if all fits
// that the accounts may take.
func TestQueueIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, aggregates := newCommitQueue(100), map[state.AggregateID]*aggregate{}
		storms := rapid.IntRange(1, 4).Draw(t, "storms")
		for i := range rapid.IntRange(100, 1000).Draw(t, "commits") {
			c := commitOf(aggregates, rapid.IntRange(1, 30).Draw(t, "rows"), 1, state.Account(fmt.Sprint("storm", i%storms)), state.Deployment)
			q.add(c.commit, c.seen)
		}
		for range rapid.IntRange(0, 5).Draw(t, "batches before") {
			q.next(1000, 1<<20)
		}
		quiet := commitOf(aggregates, rapid.IntRange(1, 30).Draw(t, "rows"), 1, state.Account("quiet"), state.Deployment)
		q.add(quiet.commit, quiet.seen)
		if !slices.Contains(q.next(1000, 1<<20), quiet.commit) && q.length > 0 {
			t.Fatal("it is not in the next batch")
		}
	})
}

// TestFullQueueTakesFromWhoHasLittleThere: a storm fills all places, and then is refused,
// while others are not.
func TestFullQueueTakesFromWhoHasLittleThere(t *testing.T) {
	q, aggregates := newCommitQueue(10), map[state.AggregateID]*aggregate{}
	for range 10 {
		c := commitOf(aggregates, 1, 1, state.Account("storm"))
		q.add(c.commit, c.seen)
	}
	if q.hasRoom(state.Account("storm")) {
		t.Error("the storm gets more than all places")
	}
	added := 0
	for q.hasRoom(state.Account("quiet")) {
		c := commitOf(aggregates, 1, 1, state.Account("quiet"))
		q.add(c.commit, c.seen)
		added++
	}
	if added < 3 || added > 10 {
		t.Errorf("the quiet account got %d places", added)
	}
	if got := len(q.clear()); got != 10+added || q.length != 0 || !q.hasRoom(state.Account("storm")) {
		t.Errorf("%d were taken away, %d are left", got, q.length)
	}
}
