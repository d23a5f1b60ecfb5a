package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/keyreeve/keyreeve/store"
)

// FuzzDamage spoils a few bytes of a database. Whatever they are, the store
// either says that something is wrong or shows the users as they were: never an
// empty, a smaller or a different account.
func FuzzDamage(f *testing.F) {
	whole, err := os.ReadFile(filepath.Join(golden, "keyreeve.db"))
	if err != nil {
		f.Fatal(err)
	}
	for _, at := range []int{0, 20, 28, 68, 100, 4096, 8192, 8192 + 8, 12288 + 4000} {
		f.Add(at, []byte{0})
		f.Add(at, []byte{0xff, 0xff})
	}
	f.Fuzz(func(t *testing.T, at int, with []byte) {
		if at < 0 || at >= len(whole) || len(with) > 64 {
			t.Skip("not a place in the file, or more than a small damage")
		}
		o := options(newDir(t))
		if err := os.Mkdir(o.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		damaged := append([]byte(nil), whole...)
		copy(damaged[at:], with)
		if err := os.WriteFile(filepath.Join(o.Dir, "keyreeve.db"), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), o)
		if err != nil {
			return
		}
		defer s.Close()
		v := s.View()
		names := ""
		for key, u := range users.All(v.Snapshot(alpha)) {
			names += key + " " + u.Name + ", "
		}
		if v.Err() == nil && names != "ada Ada, rex Rex, " {
			t.Errorf("users %q without an error", names)
		}
	})
}

// FuzzManifest holds that a restore never writes outside of its folder.
func FuzzManifest(f *testing.F) {
	f.Add(`{"format":1,"files":[{"name":"keyreeve.db"},{"name":"../out"}]}`)
	f.Add(`{"format":1,"files":[{"name":"keyreeve.db"},{"name":"/tmp/out"}]}`)
	f.Add(`{"format":1,"files":[{"name":"keyreeve.db"},{"name":"events/../../out"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		root := t.TempDir()
		backup := filepath.Join(root, "backup")
		if err := os.Mkdir(backup, 0o700); err != nil {
			t.Fatal(err)
		}
		for path, content := range map[string]string{"backup/backup.json": text, "backup/keyreeve.db": "x", "out": "before"} {
			if err := os.WriteFile(filepath.Join(root, path), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.Restore(t.Context(), backup, filepath.Join(root, "data"), noon); err == nil {
			t.Error("a backup of nothing was restored")
		}
		entries, err := os.ReadDir(root)
		if err != nil || len(entries) > 3 {
			t.Errorf("something was written beside the data folder: %v, %v", entries, err)
		}
	})
}
