package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/store"
)

func execSQL(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// overwrite spoils a database file; its log goes, as the page might be there too.
func overwrite(t *testing.T, path string, at int64, with []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(with, at); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	const main = "keyreeve.db"
	for _, c := range []struct {
		name    string
		spoil   func(t *testing.T, dir string, o *store.Options)
		want    error
		mention string
	}{
		{"a wrong key file", func(t *testing.T, dir string, o *store.Options) { o.KeyringID = "ring-2" }, store.ErrWrongKey, `"ring-2"`},
		{"an empty database", func(t *testing.T, dir string, _ *store.Options) {
			if err := os.Truncate(filepath.Join(dir, main), 0); err != nil {
				t.Fatal(err)
			}
		}, store.ErrDamaged, "is empty"},
		{"a truncated database", func(t *testing.T, dir string, _ *store.Options) {
			if err := os.Truncate(filepath.Join(dir, main), 8192); err != nil {
				t.Fatal(err)
			}
		}, store.ErrDamaged, "truncated"},
		{"a truncated header", func(t *testing.T, dir string, _ *store.Options) {
			if err := os.Truncate(filepath.Join(dir, main), 50); err != nil {
				t.Fatal(err)
			}
		}, store.ErrDamaged, "shorter than its header"},
		{"a file that is no database", func(t *testing.T, dir string, _ *store.Options) {
			if err := os.WriteFile(filepath.Join(dir, main), bytes.Repeat([]byte("text "), 1000), 0o600); err != nil {
				t.Fatal(err)
			}
		}, store.ErrForeign, main},
		{"a database of another program", func(t *testing.T, dir string, _ *store.Options) {
			os.Remove(filepath.Join(dir, main))
			execSQL(t, filepath.Join(dir, main), `CREATE TABLE meta (name, value)`)
		}, store.ErrForeign, "application id"},
		{"a folder in its place", func(t *testing.T, dir string, _ *store.Options) {
			os.Remove(filepath.Join(dir, main))
			os.Mkdir(filepath.Join(dir, main), 0o700)
		}, store.ErrForeign, "no regular file"},
		{"a damaged page", func(t *testing.T, dir string, _ *store.Options) {
			overwrite(t, filepath.Join(dir, main), 3*4096, bytes.Repeat([]byte{0xff}, 4096))
		}, store.ErrDamaged, ""},
		{"a newer format", func(t *testing.T, dir string, _ *store.Options) {
			execSQL(t, filepath.Join(dir, main), `UPDATE meta SET value = '7' WHERE name = 'format'`)
		}, store.ErrNewerFormat, "format is 7, this version reads up to 3"},
		{"meta without a format", func(t *testing.T, dir string, _ *store.Options) {
			execSQL(t, filepath.Join(dir, main), `DELETE FROM meta WHERE name = 'format'`)
		}, store.ErrDamaged, "format"},
		{"a missing table", func(t *testing.T, dir string, _ *store.Options) {
			execSQL(t, filepath.Join(dir, main), `DROP TABLE history`)
		}, store.ErrDamaged, "history"},
		{"a lost database beside events", func(t *testing.T, dir string, _ *store.Options) {
			os.Remove(filepath.Join(dir, main))
		}, store.ErrLost, "events"},
		{"a lost database beside a key file", func(t *testing.T, dir string, o *store.Options) {
			os.Remove(filepath.Join(dir, main))
			os.RemoveAll(filepath.Join(dir, "events"))
			os.WriteFile(filepath.Join(dir, "keyring.json"), nil, 0o600)
			o.Companions = []string{"keyring.json"}
		}, store.ErrLost, "keyring.json"},
		{"a missing store that it may not make", func(t *testing.T, dir string, o *store.Options) {
			os.Remove(filepath.Join(dir, main))
			os.RemoveAll(filepath.Join(dir, "events"))
			o.Create = false
		}, store.ErrMissing, ""},
		{"a missing folder that it may not make", func(t *testing.T, dir string, o *store.Options) {
			os.RemoveAll(dir)
			o.Create = false
		}, store.ErrMissing, ""},
		{"a damaged segment", func(t *testing.T, dir string, _ *store.Options) {
			overwrite(t, filepath.Join(dir, "events", "2026-03-14.db"), 0, []byte("something else"))
		}, store.ErrForeign, "2026-03-14.db"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(newDir(t))
			s := open(t, o)
			mustPut(t, s, alpha, "Rex")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, o.Dir, &o)
			before := contents(t, o.Dir)
			s, err := store.Open(t.Context(), o)
			if err == nil {
				s.Close()
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.mention) {
				t.Fatalf("error %v, want %q with %q", err, c.want, c.mention)
			}
			if !bytes.Equal(before, contents(t, o.Dir)) {
				t.Error("the database was touched")
			}
		})
	}
}

// contents is the main database's file, nil if there is none.
func contents(t *testing.T, dir string) []byte {
	b, err := os.ReadFile(filepath.Join(dir, "keyreeve.db"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), "is a directory") {
		t.Fatal(err)
	}
	return b
}

func TestSecondOpenIsRefused(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	if _, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrLocked) {
		t.Errorf("error %v, want ErrLocked", err)
	}
	reopen(t, s, o)
}

func TestHalfMadeStoreIsMadeAgain(t *testing.T) {
	o := options(newDir(t))
	if err := os.Mkdir(o.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "keyreeve.db.new"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustPut(t, open(t, o), alpha, "Rex")
}

func TestFilesAreClosedToOthers(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	mustPut(t, s, alpha, "Rex")
	eventIDs(t, s)
	s.Record(*event("e"))
	eventIDs(t, s)
	backup := newDir(t)
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{o.Dir, backup} {
		filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				t.Fatal(err)
			}
			info, _ := e.Info()
			want := fs.FileMode(0o600)
			if e.IsDir() {
				want = 0o700
			}
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s is %o, want %o", path, got, want)
			}
			return nil
		})
	}
}

// A damaged account is an error when it is asked for, never an empty account,
// and takes no other with it.
func TestDamagedAggregateIsAnError(t *testing.T) {
	for name, statement := range map[string]string{
		"a value that does not decode": `UPDATE entities SET value = '{"Name":' WHERE key = 'rex'`,
		"another value":                `UPDATE entities SET value = '{"Name":"Rax"}' WHERE key = 'rex'`,
		"a value of somebody else":     `UPDATE entities SET value = (SELECT value FROM entities WHERE key = 'ada'), checksum = (SELECT checksum FROM entities WHERE key = 'ada') WHERE key = 'rex'`,
		"an unknown version":           `UPDATE entities SET version = 99 WHERE key = 'rex'`,
		"an unknown kind":              `UPDATE entities SET kind = 'test-who' WHERE key = 'rex'`,
		"a kind of another aggregate":  `UPDATE entities SET kind = 'test-setting' WHERE key = 'rex'`,
		"a lost entity":                `DELETE FROM entities WHERE key = 'rex'`,
		"a lost aggregate":             `DELETE FROM aggregates WHERE id = 'account/111122223333'`,
	} {
		t.Run(name, func(t *testing.T) {
			o := options(newDir(t))
			s := open(t, o)
			mustPut(t, s, alpha, "Rex", "Ada")
			mustPut(t, s, beta, "Bo")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			execSQL(t, filepath.Join(o.Dir, "keyreeve.db"), statement)
			s = open(t, o)
			v := s.View()
			if n := users.Count(v.Snapshot(alpha)); v.Err() == nil || n > 0 {
				t.Errorf("%d users and error %v, want an error", n, v.Err())
			}
			if err := put(s, alpha, "Cy"); err == nil {
				t.Error("the damaged account was changed")
			}
			mustPut(t, s, beta, "Cy")
		})
	}
}

func TestOpenIsFast(t *testing.T) {
	start := time.Now()
	open(t, options(newDir(t)))
	t.Logf("from nothing to ready in %v", time.Since(start))
}
