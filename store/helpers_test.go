package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

type user struct {
	Name string
	Path string `json:",omitempty"`
}

type secret struct{ Sealed string }

type setting struct{ Value string }

var (
	users    = state.Define[user](state.AccountAggregate, "test-user", 1)
	byPath   = users.Index(func(_ string, u *user) []string { return []string{u.Path} })
	secrets  = state.Define[secret](state.AccountAggregate, "test-secret", 1).Secret()
	settings = state.Define[setting](state.DeploymentAggregate, "test-setting", 1)

	kinds = []*state.KindInfo{users.Info(), secrets.Info(), settings.Info()}
)

var (
	alpha = state.Account("111122223333")
	beta  = state.Account("444455556666")
	noon  = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
)

// options are those of most tests: nothing happens in the background unless the
// test asks for it.
func options(dir string) store.Options {
	return store.Options{
		Dir: dir, Kinds: kinds, Create: true, KeyringID: "ring-1", Version: "test",
		Now:           func() time.Time { return noon },
		Log:           slog.New(slog.DiscardHandler),
		EventInterval: time.Hour, UsageInterval: time.Hour,
	}
}

func newDir(t testing.TB) string { return filepath.Join(t.TempDir(), "data") }

func open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func reopen(t testing.TB, s *store.Store, o store.Options) *store.Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, o)
}

func event(id string) *store.Event {
	return &store.Event{ID: id, Time: noon, Account: alpha.Name(), Record: []byte(`{"eventID":"` + id + `"}`)}
}

// put puts users into an account, with an event.
func put(s *store.Store, id state.AggregateID, names ...string) error {
	return s.Update(context.Background(), []state.AggregateID{id}, func(d *state.Draft) (*store.Event, error) {
		for _, name := range names {
			users.Put(d, id, state.Fold(name), &user{Name: name, Path: "/"})
		}
		return event("put-" + names[0]), nil
	})
}

func mustPut(t testing.TB, s *store.Store, id state.AggregateID, names ...string) {
	t.Helper()
	if err := put(s, id, names...); err != nil {
		t.Fatal(err)
	}
}

// userNames lists the users that are published.
func userNames(t testing.TB, s *store.Store, id state.AggregateID) []string {
	t.Helper()
	v := s.View()
	names := []string{}
	for _, u := range users.All(v.Snapshot(id)) {
		names = append(names, u.Name)
	}
	if v.Err() != nil {
		t.Fatal(v.Err())
	}
	return names
}

func eventIDs(t testing.TB, s *store.Store) []string {
	t.Helper()
	ids := []string{}
	err := s.Events(t.Context(), time.Unix(0, 0), noon.AddDate(50, 0, 0), func(e store.Event) bool {
		ids = append(ids, e.ID)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// checkIndex holds look-ups of two accounts to what is there: who killed the process that
// wrote must have left each event in its place with its index.
func checkIndex(t testing.TB, s *store.Store) {
	t.Helper()
	var found []string
	l := store.Lookup{Accounts: []string{alpha.Name(), beta.Name()}, To: noon.AddDate(50, 0, 0), OldestFirst: true, Limit: 5000}
	for more := true; more; more = l.After != "" {
		page, next, err := s.Lookup(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, ids(page)...)
		l.After = next
	}
	there := eventIDs(t, s)
	slices.Sort(there)
	slices.Sort(found)
	if diff := cmp.Diff(there, found); diff != "" {
		t.Errorf("what is there is not what is looked up: %.2000s", diff)
	}
}

func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%05d", prefix, i)
	}
	return names
}

var errRule = errors.New("the rule refused")
