package store_test

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// TestUpdatesFollowAModel holds the store to a plain map: random commands, some
// refused, some failing on the disk, some in doubt, with a restart or a little
// memory now and then.
func TestUpdatesFollowAModel(t *testing.T) {
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		o := options(filepath.Join(root, account(n).Name()))
		if rapid.Bool().Draw(t, "little memory") {
			o.CacheBytes = 1
		}
		m := &machine{o: o, f: new(faults), model: map[state.AggregateID]map[string]string{alpha: {}, beta: {}}}
		m.open(t)
		defer func() { m.s.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"update": m.update, "update too": m.update, "update as well": m.update,
			"restart": m.restart, "events": m.checkEvents, "": m.check,
		})
		m.checkEvents(t)
	})
}

type machine struct {
	o      store.Options
	s      *store.Store
	f      *faults
	model  map[state.AggregateID]map[string]string
	events []string
}

func (m *machine) open(t *rapid.T) {
	s, err := store.Open(context.Background(), m.o)
	if err != nil {
		t.Fatal(err)
	}
	m.s = s
	s.SetFault(m.f.step)
}

func (m *machine) restart(t *rapid.T) {
	if err := m.s.Close(); err != nil {
		t.Fatal(err)
	}
	m.open(t)
}

var outcomes = map[string]struct {
	broken  []string
	refused bool
	happens bool
	fails   bool
}{
	"works":        {happens: true},
	"refused":      {refused: true, fails: true},
	"not begun":    {broken: []string{"begin"}, fails: true},
	"not done":     {broken: []string{"commit"}, fails: true},
	"done":         {broken: []string{"committed"}, happens: true},
	"lost sight":   {broken: []string{"commit", "read back"}, fails: true},
	"done, unseen": {broken: []string{"committed", "read back"}, happens: true, fails: true},
}

func (m *machine) update(t *rapid.T) {
	c := outcomes[rapid.SampledFrom(slices.Sorted(maps.Keys(outcomes))).Draw(t, "outcome")]
	after := map[state.AggregateID]map[string]string{alpha: maps.Clone(m.model[alpha]), beta: maps.Clone(m.model[beta])}
	type step struct {
		id         state.AggregateID
		key, value string
	}
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			rapid.SampledFrom([]state.AggregateID{alpha, beta}).Draw(t, "account"),
			rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"),
			rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "value"),
		}
	}), 0, 4).Draw(t, "steps")
	id := account(len(m.events)).Name()
	m.f.breaks(c.broken...)
	changed := false
	err := m.s.Update(context.Background(), []state.AggregateID{beta, alpha}, func(d *state.Draft) (*store.Event, error) {
		for _, s := range steps {
			if s.value == "" {
				users.Delete(d, s.id, s.key)
				delete(after[s.id], s.key)
			} else {
				users.Put(d, s.id, s.key, &user{Name: s.value})
				after[s.id][s.key] = s.value
			}
		}
		if c.refused {
			return nil, errRule
		}
		changed = d.Changed()
		return event(id), nil
	})
	m.f.breaks()
	m.settle(t)
	if !changed && !c.refused {
		c.happens, c.fails = true, false // nothing was to be written
	}
	if (err != nil) != c.fails {
		t.Fatalf("error %v, want one: %v", err, c.fails)
	}
	if c.happens {
		m.model = after
		m.events = append(m.events, id)
	}
}

// settle ends a doubt: the store looks once a second, the test does not wait.
func (m *machine) settle(t *rapid.T) {
	if err := m.s.ExecMain(context.Background(), `SELECT 1`); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) check(t *rapid.T) {
	v := m.s.View()
	for id, want := range m.model {
		got := map[string]string{}
		for key, u := range users.All(v.Snapshot(id)) {
			got[key] = u.Name
		}
		if diff := cmp.Diff(want, got); v.Err() != nil || diff != "" {
			t.Fatalf("%s: %v %s", id, v.Err(), diff)
		}
	}
}

func (m *machine) checkEvents(t *rapid.T) {
	var got []string
	err := m.s.Events(context.Background(), noon, noon.Add(1), func(e store.Event) bool {
		got = append(got, e.ID)
		return true
	})
	if diff := cmp.Diff(m.events, got); err != nil || diff != "" {
		t.Fatalf("events: %v %s", err, diff)
	}
}
