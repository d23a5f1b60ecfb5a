package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// history tells changes as "revision kind key what".
func history(t *testing.T, s *store.Store, id state.AggregateID, since uint64) []string {
	t.Helper()
	var lines []string
	err := s.History(t.Context(), id, since, func(c store.Change) bool {
		what := "withheld"
		if u, ok := c.Value.(*user); ok {
			what = u.Name
		} else if c.Gone {
			what = "gone"
		}
		lines = append(lines, fmt.Sprintf("%d %s %s %s", c.Revision, c.Kind.Name, c.Key, what))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func putSecret(t *testing.T, s *store.Store, sealed string) {
	t.Helper()
	err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		if sealed == "" {
			secrets.Delete(d, alpha, "rex")
		} else {
			secrets.Put(d, alpha, "rex", &secret{sealed})
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestHistoryTellsWhatEachRevisionChanged(t *testing.T) {
	s := open(t, options(newDir(t)))
	mustPut(t, s, alpha, "Rex", "Ada")
	putSecret(t, s, "sealed")
	err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		users.Delete(d, alpha, "rex")
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	putSecret(t, s, "")
	mustPut(t, s, beta, "Other")
	want := []string{
		"1 test-user ada Ada", "1 test-user rex Rex",
		"2 test-secret rex withheld",
		"3 test-user rex gone",
		"4 test-secret rex gone",
	}
	if diff := cmp.Diff(want, history(t, s, alpha, 0)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[3:], history(t, s, alpha, 2)); diff != "" {
		t.Error(diff)
	}
	if got := history(t, s, alpha, 4); got != nil {
		t.Errorf("%v after the last revision", got)
	}
}

func TestPrunedHistoryIsAnErrorToFollowers(t *testing.T) {
	o := options(newDir(t))
	now := noon
	o.Now = func() time.Time { return now }
	o.HistoryRetention = 24 * time.Hour
	o.BatchRows = 2 // prune in several transactions
	s := open(t, o)
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		mustPut(t, s, alpha, name)
	}
	now = noon.Add(25 * time.Hour)
	mustPut(t, s, alpha, "F")
	if err := s.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"6 test-user f F"}, history(t, s, alpha, 5)); diff != "" {
		t.Error(diff)
	}
	err := s.History(t.Context(), alpha, 4, func(store.Change) bool { return true })
	if !errors.Is(err, store.ErrPruned) {
		t.Errorf("error %v, want ErrPruned", err)
	}
	if n := len(userNames(t, s, alpha)); n != 6 {
		t.Errorf("%d users after pruning, want 6", n)
	}
}

// A secret that was replaced or deleted is in no file any more.
func TestDeletedSecretsAreGone(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	find := func(text string) (found []string) {
		filepath.WalkDir(o.Dir, func(path string, e fs.DirEntry, err error) error {
			if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, []byte(text)) {
				found = append(found, filepath.Base(path))
			}
			return nil
		})
		return found
	}
	mustPut(t, s, alpha, "Rex")
	putSecret(t, s, "first-secret")
	if len(find("first-secret")) == 0 {
		t.Fatal("the secret is not to be found to begin with")
	}
	putSecret(t, s, "second-secret")
	if err := s.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := find("first-secret"); found != nil {
		t.Errorf("the replaced secret is in %v", found)
	}
	putSecret(t, s, "")
	if err := s.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := find("second-secret"); found != nil {
		t.Errorf("the deleted secret is in %v", found)
	}
}
