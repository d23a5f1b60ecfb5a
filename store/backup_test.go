package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

func restored(t *testing.T, backup string, now time.Time) (*store.Store, string) {
	t.Helper()
	dir := newDir(t)
	if err := store.Restore(t.Context(), backup, dir, now); err != nil {
		t.Fatal(err)
	}
	return open(t, options(dir)), dir
}

func TestRestoreGivesBackWhatWasBackedUp(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	mustPut(t, s, alpha, "Rex", "Ada")
	s.Record(*event("read"))
	s.Touch(store.Usage{Account: alpha.Name(), Kind: "key", Subject: "AKIA1", Service: "s3", Time: noon})
	key := filepath.Join(o.Dir, "keyring.json")
	if err := os.WriteFile(key, []byte("sealed"), 0o600); err != nil {
		t.Fatal(err)
	}
	backup := newDir(t)
	if err := s.Backup(t.Context(), backup, key); err != nil {
		t.Fatal(err)
	}
	mustPut(t, s, alpha, "After")

	r, dir := restored(t, backup, noon)
	if diff := cmp.Diff([]string{"Ada", "Rex"}, userNames(t, r, alpha)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"put-Rex", "read"}, eventIDs(t, r)); diff != "" {
		t.Error(diff)
	}
	if u, ok, err := r.Usage(t.Context(), alpha.Name(), "key", "AKIA1"); !ok || u.Service != "s3" || err != nil {
		t.Errorf("usage %v, %v, %v", u, ok, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "keyring.json")); string(text) != "sealed" {
		t.Errorf("the key file has %q, %v", text, err)
	}
	if r.ID() != s.ID() || r.Incarnation() == s.Incarnation() {
		t.Error("want the same store in a new incarnation")
	}
	mustPut(t, r, alpha, "Bo")
}

// A backup is restored twice. Sessions of the first restore, some revoked since,
// must not be valid in the second.
func TestEachRestoreHasAHigherEpoch(t *testing.T) {
	s := open(t, options(newDir(t)))
	backup := newDir(t)
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	first, _ := restored(t, backup, noon)
	second, _ := restored(t, backup, noon.Add(time.Minute))
	if !(s.Epoch() < first.Epoch() && first.Epoch() < second.Epoch()) {
		t.Errorf("epochs %d, %d, %d, want each higher", s.Epoch(), first.Epoch(), second.Epoch())
	}
	again := newDir(t)
	if err := second.Backup(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	third, _ := restored(t, again, noon.Add(-time.Hour)) // the clock was put back
	if third.Epoch() <= second.Epoch() {
		t.Errorf("epoch %d after %d", third.Epoch(), second.Epoch())
	}
}

func TestBackupWhileWritingIsConsistent(t *testing.T) {
	o := options(newDir(t))
	o.EventInterval = time.Millisecond // moves events all the time
	s := open(t, o)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := putPair(s, fmt.Sprintf("w%d-%04d", w, i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 3 {
		mustPut(t, s, alpha, "Before")
		backup := newDir(t)
		if err := s.Backup(t.Context(), backup); err != nil {
			t.Fatal(err)
		}
		r, _ := restored(t, backup, noon)
		checkPairs(t, r)
		r.Close()
	}
	close(stop)
	writers.Wait()
}

// putPair puts a user of the same name into two accounts, with an event.
func putPair(s *store.Store, name string) error {
	return s.Update(context.Background(), []state.AggregateID{beta, alpha}, func(d *state.Draft) (*store.Event, error) {
		users.Put(d, alpha, name, &user{Name: name})
		users.Put(d, beta, name, &user{Name: name})
		return event(name), nil
	})
}

// checkPairs makes sure that of each pair all is there or nothing, and gives the
// names of those that are.
func checkPairs(t *testing.T, s *store.Store) []string {
	t.Helper()
	isPair := func(name string) bool { return !strings.HasPrefix(name, "w") }
	one := slices.DeleteFunc(userNames(t, s, alpha), isPair)
	two := slices.DeleteFunc(userNames(t, s, beta), isPair)
	events := slices.DeleteFunc(eventIDs(t, s), isPair)
	slices.Sort(events)
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("half of a change: %s", diff)
	}
	if diff := cmp.Diff(one, events); diff != "" {
		t.Errorf("changes without events or events without changes: %s", diff)
	}
	return one
}

func TestRestoreRefuses(t *testing.T) {
	s := open(t, options(newDir(t)))
	mustPut(t, s, alpha, "Rex")
	for _, c := range []struct {
		name  string
		spoil func(backup, dir string) error
		want  string
	}{
		{"an unfinished backup", func(b, _ string) error { return os.Remove(filepath.Join(b, "backup.json")) }, "no finished backup"},
		{"a folder in use", func(_, d string) error { return os.WriteFile(filepath.Join(d, "x"), nil, 0o600) }, "is not empty"},
		{"a changed file", func(b, _ string) error {
			f, err := os.OpenFile(filepath.Join(b, "keyreeve.db"), os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteAt([]byte("changed"), 5000)
			}
			return errors.Join(err, f.Close())
		}, "is not as it was written"},
		{"a missing file", func(b, _ string) error { return os.Remove(filepath.Join(b, "keyreeve.db")) }, "no such file"},
		{"a file outside", func(b, _ string) error {
			return replace(filepath.Join(b, "backup.json"), `"keyreeve.db"`, `"../keyreeve.db"`)
		}, "names"},
		{"a newer format", func(b, _ string) error { return replace(filepath.Join(b, "backup.json"), `"format": 3`, `"format": 9`) }, "newer version: its format is 9, this version reads up to 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			backup, dir := newDir(t), newDir(t)
			if err := s.Backup(t.Context(), backup); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.Mkdir(dir, 0o700), c.spoil(backup, dir)); err != nil {
				t.Fatal(err)
			}
			err := store.Restore(t.Context(), backup, dir, noon)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			if there, _ := store.Exists(dir); there {
				t.Error("there is a database all the same")
			}
		})
	}
}

func replace(path, old, new string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o600)
}
