package store_test

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// TestAsOfFollowsTheStatesOfThePast remembers what an account was after each of some
// random changes, and asks for all of it again, also of history that was pruned.
func TestAsOfFollowsTheStatesOfThePast(t *testing.T) {
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		m := &pastMachine{now: noon, present: map[string]string{}}
		m.o = options(filepath.Join(root, account(n).Name()))
		m.o.Now = func() time.Time { return m.now }
		m.o.HistoryRetention = time.Hour
		m.o.BatchRows = rapid.IntRange(1, 4).Draw(t, "batch")
		m.open(t)
		defer func() { m.s.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"change": m.change, "change too": m.change, "secret": m.secret, "prune": m.prune, "restart": m.restart, "": m.check,
		})
		m.checkAll(t)
	})
}

type pastMachine struct {
	o       store.Options
	s       *store.Store
	now     time.Time
	present map[string]string
	past    []moment
	pruned  time.Time // when the last change that was pruned was made
}

// moment is what was so from a time on.
type moment struct {
	at       time.Time
	revision uint64
	users    map[string]string
}

func (m *pastMachine) open(t *rapid.T) {
	var err error
	if m.s, err = store.Open(context.Background(), m.o); err != nil {
		t.Fatal(err)
	}
}

func (m *pastMachine) restart(t *rapid.T) {
	if err := m.s.Close(); err != nil {
		t.Fatal(err)
	}
	m.open(t)
}

func (m *pastMachine) update(t *rapid.T, change func(*state.Draft)) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)
	changed := false
	err := m.s.Update(context.Background(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		change(d)
		changed = d.Changed()
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if changed {
		revision := m.s.View().Snapshot(alpha).Revision()
		m.past = append(m.past, moment{m.now, revision, maps.Clone(m.present)})
	}
}

func (m *pastMachine) change(t *rapid.T) {
	keys := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 3).Draw(t, "keys")
	value := rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "value")
	m.update(t, func(d *state.Draft) {
		for _, key := range keys {
			if value == "" {
				users.Delete(d, alpha, key)
				delete(m.present, key)
				continue
			}
			users.Put(d, alpha, key, &user{Name: value, Path: "/" + key})
			m.present[key] = value
		}
	})
}

func (m *pastMachine) secret(t *rapid.T) {
	m.update(t, func(d *state.Draft) { secrets.Put(d, alpha, "rex", &secret{"sealed"}) })
}

func (m *pastMachine) prune(t *rapid.T) {
	if err := m.s.Prune(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, p := range m.past {
		if !p.at.Before(m.now.Add(-time.Hour)) {
			break
		}
		m.pruned = p.at
	}
}

// check asks for one moment of the past, and checkAll for all of them.
func (m *pastMachine) check(t *rapid.T) {
	if len(m.past) > 0 {
		m.checkFrom(t, rapid.IntRange(0, len(m.past)-1).Draw(t, "moment"))
	}
}

func (m *pastMachine) checkAll(t *rapid.T) {
	m.checkAt(t, noon, moment{})
	for i := range m.past {
		m.checkFrom(t, i)
	}
}

func (m *pastMachine) checkFrom(t *rapid.T, i int) {
	p := m.past[i]
	m.checkAt(t, p.at, p)
	if i == len(m.past)-1 || m.past[i+1].at.After(p.at.Add(time.Second)) {
		m.checkAt(t, p.at.Add(time.Second), p)
	}
}

func (m *pastMachine) checkAt(t *rapid.T, at time.Time, want moment) {
	snap, err := m.s.AsOf(context.Background(), at, alpha)
	if at.Before(m.pruned) {
		if !errors.Is(err, store.ErrPruned) {
			t.Fatalf("at %s, before %s: error %v, want ErrPruned", at, m.pruned, err)
		}
		return
	}
	if err != nil {
		t.Fatalf("at %s: %v", at, err)
	}
	got := map[string]string{}
	for key, u := range users.All(snap) {
		got[key] = u.Name
		if byPath.CountAt(snap, "/"+key) != 1 {
			t.Fatalf("at %s: the index does not find %s", at, key)
		}
	}
	if want.users == nil {
		want.users = map[string]string{}
	}
	if diff := cmp.Diff(want.users, got); diff != "" || snap.Revision() != want.revision {
		t.Fatalf("at %s: revision %d, want %d %s", at, snap.Revision(), want.revision, diff)
	}
	if secrets.Count(snap) != 0 {
		t.Fatalf("at %s: a secret is shown", at)
	}
}

// History that was pruned by a program that kept no base tells nothing of any time.
func TestAsOfWithoutABaseIsRefused(t *testing.T) {
	s := open(t, options(newDir(t)))
	mustPut(t, s, alpha, "A")
	mustPut(t, s, alpha, "B")
	if err := s.ExecMain(t.Context(), `DELETE FROM history WHERE revision = 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AsOf(t.Context(), noon, alpha); !errors.Is(err, store.ErrPruned) {
		t.Errorf("error %v, want ErrPruned", err)
	}
	if snap, err := s.AsOf(t.Context(), noon, beta); err != nil || snap.Len() != 0 || snap.Revision() != 0 {
		t.Errorf("%v %v of an account that was never there", snap, err)
	}
}

// What history says is checked as the present state is.
func TestAsOfRefusesDamage(t *testing.T) {
	s := open(t, options(newDir(t)))
	mustPut(t, s, alpha, "Rex")
	if err := s.ExecMain(t.Context(), `UPDATE history SET value = CAST('{"Name":"Max"}' AS BLOB) WHERE key = 'rex'`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AsOf(t.Context(), noon, alpha); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("error %v, want ErrDamaged", err)
	}
}
