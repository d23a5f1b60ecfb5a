package store_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

var update = flag.Bool("update", false, "write the golden data folder of the present format anew")

const golden = "testdata/golden/v4"

// TestGoldenFolders opens what earlier releases wrote. A new format, of the store or of its
// segments, gets a new folder; the old ones stay for good.
func TestGoldenFolders(t *testing.T) {
	if *update {
		makeGolden(t)
	}
	folders, err := filepath.Glob("testdata/golden/v*")
	if err != nil || len(folders) < 4 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) { openGolden(t, folder) })
	}
}

func openGolden(t *testing.T, folder string) {
	o := options(newDir(t))
	copyFolder(t, folder, o.Dir)
	o.Create = false
	left := filepath.Join(o.Dir, "events", noon.Format(time.DateOnly)+".db.next") // by a migration that was killed
	if err := os.WriteFile(left, []byte("half a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, o)
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", left, err)
	}
	if diff := cmp.Diff([]string{"Ada", "Rex"}, userNames(t, s, alpha)); diff != "" {
		t.Error(diff)
	}
	if got, ok := settings.Get(s.View().Snapshot(state.Deployment), "quota"); !ok || got.Value != "5000" {
		t.Errorf("setting %v", got)
	}
	if got, ok := secrets.Get(s.View().Snapshot(alpha), "rex"); !ok || got.Sealed != "c2VjcmV0" {
		t.Errorf("secret %v", got)
	}
	if diff := cmp.Diff([]string{"put-Rex", "read", "rest"}, eventIDs(t, s)); diff != "" {
		t.Error(diff)
	}
	if u, ok, err := s.Usage(t.Context(), alpha.Name(), "key", "AKIA1"); !ok || u.Region != "eu-central-1" || err != nil {
		t.Errorf("usage %v, %v", u, err)
	}
	if n := len(history(t, s, alpha, 0)); n != 5 {
		t.Errorf("%d changes, want 5", n)
	}
	found, next, err := s.Lookup(t.Context(), store.Lookup{Accounts: []string{alpha.Name()}, To: noon.AddDate(1, 0, 0), Limit: 9})
	if err != nil || next != "" || len(found) != 3 || found[0].ID != "rest" {
		t.Errorf("looked up: %v, %q, %v", found, next, err)
	}
	mustPut(t, s, alpha, "New")
}

// TestStagedEventsOfAnOlderFormat: events of changes that waited when a process of format 2 was
// killed are there after the migration.
func TestStagedEventsOfAnOlderFormat(t *testing.T) {
	o := options(newDir(t))
	copyFolder(t, "testdata/golden/v2", o.Dir)
	o.Create = false
	for i, asked := range []string{"NULL", "x'61'"} {
		execSQL(t, filepath.Join(o.Dir, "keyreeve.db"), fmt.Sprintf(`INSERT INTO staged (id, time, account, record, asked) VALUES ('waited-%d', %d, '%s', CAST('{"n":%d}' AS BLOB), %s)`,
			i, noon.Add(time.Duration(1-i)*time.Minute).UnixNano(), alpha.Name(), i, asked))
	}
	s := open(t, o)
	for _, when := range []string{"at once", "moved"} {
		got := map[string]string{}
		err := s.Events(t.Context(), noon.AddDate(-1, 0, 0), noon.AddDate(1, 0, 0), func(e store.Event) bool {
			if strings.HasPrefix(e.ID, "waited") {
				got[e.ID] = fmt.Sprintf("%s %s %s %q", e.Time.Format(time.TimeOnly), e.Account, e.Record, e.Asked)
			}
			return true
		})
		want := map[string]string{"waited-0": `12:01:00 111122223333 {"n":0} ""`, "waited-1": `12:00:00 111122223333 {"n":1} "a"`}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %s, %v", when, diff, err)
		}
		if err := s.MoveStaged(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func makeGolden(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	mustPut(t, s, alpha, "Rex", "Ada", "Gone")
	s.Record(*event("read"))
	s.Touch(store.Usage{Account: alpha.Name(), Kind: "key", Subject: "AKIA1", Service: "s3", Region: "eu-central-1", Time: noon})
	err := s.Update(t.Context(), []state.AggregateID{alpha, state.Deployment}, func(d *state.Draft) (*store.Event, error) {
		users.Delete(d, alpha, "gone")
		secrets.Put(d, alpha, "rex", &secret{"c2VjcmV0"})
		settings.Put(d, state.Deployment, "quota", &setting{"5000"})
		return event("rest"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(golden); err != nil {
		t.Fatal(err)
	}
	copyFolder(t, o.Dir, golden)
	os.Remove(filepath.Join(golden, "lock"))
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(from, path)
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.Create(filepath.Join(to, name))
		if err != nil {
			return err
		}
		if _, err := io.Copy(out, in); err != nil {
			return err
		}
		return out.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
}
