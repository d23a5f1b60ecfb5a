package state_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/state"
)

// holder is the simplest store: it keeps the last snapshot of each aggregate.
type holder map[state.AggregateID]*state.Snapshot

func (h holder) source(id state.AggregateID) (*state.Snapshot, error) {
	if s, ok := h[id]; ok {
		return s, nil
	}
	return state.Empty(id), nil
}

func (h holder) apply(c state.Commit) {
	for _, w := range c.Writes {
		h[w.ID] = w.Next
	}
}

func names(s *state.Snapshot) (names []string) {
	for _, a := range animals.All(s) {
		names = append(names, a.Name)
	}
	return names
}

func TestDraftLeavesItsBaseAlone(t *testing.T) {
	id := state.Account("111122223333")
	h := holder{}
	d := state.NewDraft(h.source)
	animals.Put(d, id, "rex", &animal{"Rex", "brown"})
	h.apply(d.Commit())
	before := h[id]

	given := state.NewDraft(h.source)
	animals.Delete(given, id, "rex")
	animals.Put(given, id, "ada", &animal{"Ada", "grey"})
	if got := names(given.Snapshot(id)); !slices.Equal(got, []string{"Ada"}) {
		t.Errorf("the draft shows %v, want its own changes", got)
	}
	if got := names(before); !slices.Equal(got, []string{"Rex"}) {
		t.Errorf("the base shows %v after the draft, want it as it was", got)
	}
	if n := byColour.CountAt(before, "brown"); n != 1 {
		t.Errorf("the base's index finds %d, want 1", n)
	}
}

func TestCommitTellsReadsFromWrites(t *testing.T) {
	one, two := state.Account("111122223333"), state.Account("444455556666")
	d := state.NewDraft(holder{}.source)
	d.Snapshot(two)
	animals.Put(d, one, "rex", &animal{"Rex", "brown"})
	animals.Put(d, one, "rex", &animal{"Rex", "black"})
	c := d.Commit()
	if len(c.Writes) != 1 || c.Writes[0].ID != one || c.Writes[0].Base != 0 || len(c.Writes[0].Changes) != 1 {
		t.Errorf("writes %+v, want one change of %s from revision 0", c.Writes, one)
	}
	if !slices.Equal(c.Reads, []state.Read{{ID: two}}) {
		t.Errorf("reads %+v, want %s at 0", c.Reads, two)
	}
}

func TestChangeOutsideOfScopeIsNotTaken(t *testing.T) {
	one, two := state.Account("111122223333"), state.Account("444455556666")
	d := state.NewDraft(holder{}.source).Within(one)
	animals.Put(d, one, "rex", &animal{"Rex", "brown"})
	if d.Err() != nil {
		t.Fatal(d.Err())
	}
	animals.Put(d, two, "ada", &animal{"Ada", "grey"})
	if d.Err() == nil {
		t.Error("no error tells of the change outside")
	}
	if n := d.Snapshot(two).Len(); n != 0 {
		t.Errorf("%d entities changed outside", n)
	}
	if n := d.Snapshot(one).Len(); n != 1 {
		t.Errorf("%d entities inside, want 1", n)
	}
}

func TestKindOfAnotherAggregateIsRefused(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an account's entity was put into the deployment")
		}
	}()
	animals.Put(state.NewDraft(holder{}.source), state.Deployment, "rex", &animal{})
}

func TestUnknownVersionIsRefused(t *testing.T) {
	if _, err := animals.Info().Decode(99, []byte("{}")); err == nil {
		t.Error("a stored form of version 99 was read")
	}
}

// TestSnapshotsFollowAModel holds snapshots and indexes to a plain map, while
// every earlier snapshot must stay as it was.
func TestSnapshotsFollowAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := state.Account("111122223333")
		h := holder{}
		model := map[string]string{}
		type past struct {
			s     *state.Snapshot
			names []string
		}
		var pasts []past
		for range rapid.IntRange(1, 20).Draw(t, "commits") {
			d := state.NewDraft(h.source)
			for range rapid.IntRange(1, 5).Draw(t, "changes") {
				key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "key")
				if rapid.Bool().Draw(t, "put") {
					colour := rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "colour")
					animals.Put(d, id, key, &animal{key, colour})
					model[key] = colour
				} else {
					animals.Delete(d, id, key)
					delete(model, key)
				}
			}
			if rapid.Bool().Draw(t, "give up") {
				model = map[string]string{}
				for k, a := range animals.All(h.get(id)) {
					model[k] = a.Colour
				}
				continue
			}
			h.apply(d.Commit())
			pasts = append(pasts, past{h.get(id), names(h.get(id))})
		}
		s := h.get(id)
		if animals.Count(s) != len(model) {
			t.Fatalf("%d entities, want %d", animals.Count(s), len(model))
		}
		counts := map[string]int{}
		for key, colour := range model {
			counts[colour]++
			if a, ok := animals.Get(s, key); !ok || a.Colour != colour {
				t.Fatalf("%s is %v, want %s", key, a, colour)
			}
		}
		for _, colour := range []string{"red", "blue"} {
			if n := byColour.CountAt(s, colour); n != counts[colour] {
				t.Fatalf("index finds %d %s, want %d", n, colour, counts[colour])
			}
		}
		for _, p := range pasts {
			if !slices.Equal(names(p.s), p.names) {
				t.Fatalf("revision %d changed after it was published", p.s.Revision())
			}
		}
	})
}

func (h holder) get(id state.AggregateID) *state.Snapshot {
	s, _ := h.source(id)
	return s
}

func FuzzFold(f *testing.F) {
	f.Add("Alice")
	f.Fuzz(func(t *testing.T, name string) {
		if once := state.Fold(name); state.Fold(once) != once {
			t.Errorf("Fold(%q) is not stable", name)
		}
	})
}

// What stands apart is the same and shares nothing: a draft over it leaves alone what it
// was taken of, also while that is forked by its writer.
func TestApartSharesNothing(t *testing.T) {
	id := state.Account("111122223333")
	h := holder{}
	d := state.NewDraft(h.source)
	for i := range 500 {
		animals.Put(d, id, fmt.Sprintf("a%03d", i), &animal{fmt.Sprint("A", i), "brown"})
	}
	h.apply(d.Commit())
	before := h.get(id)
	apart := before.Apart()
	if apart.Revision() != before.Revision() || apart.Serial() == before.Serial() || !slices.Equal(names(apart), names(before)) || byColour.CountAt(apart, "brown") != 500 {
		t.Errorf("revision %d, serial %d, %d entities, %d brown", apart.Revision(), apart.Serial(), apart.Len(), byColour.CountAt(apart, "brown"))
	}
	var wait sync.WaitGroup
	for _, base := range []*state.Snapshot{before, apart} {
		wait.Go(func() {
			d := state.NewDraft(func(state.AggregateID) (*state.Snapshot, error) { return base, nil })
			for i := range 500 {
				animals.Put(d, id, fmt.Sprintf("a%03d", i), &animal{"changed", "grey"})
			}
		})
	}
	wait.Wait()
	if byColour.CountAt(before, "brown") != 500 || byColour.CountAt(apart, "brown") != 500 {
		t.Error("a draft has changed what it was made over")
	}
}

// TestAtFrom: an index is walked from a key on, whether or not an entity has it, and no
// further than the index key goes.
func TestAtFrom(t *testing.T) {
	id := state.Account("111122223333")
	d := state.NewDraft(func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil })
	for _, name := range []string{"ada", "bo", "cleo", "dora"} {
		animals.Put(d, id, name, &animal{name, "brown"})
	}
	animals.Put(d, id, "eve", &animal{"eve", "brownish"})
	s := d.Commit().Writes[0].Next
	for from, want := range map[string]string{"": "ada bo cleo dora", "bo": "bo cleo dora", "bob": "cleo dora", "dora": "dora", "z": ""} {
		var got []string
		for key := range byColour.AtFrom(s, "brown", from) {
			got = append(got, key)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("from %q: %v, want %s", from, got, want)
		}
	}
}
