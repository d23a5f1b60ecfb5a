package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/store"
)

// On a disk that is really full, reads go on and writes come back without a
// restart.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=2m"); err != nil {
		t.Skip("needs the right to mount:", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, 0) })
	o := options(filepath.Join(disk, "data"))
	s := open(t, o)
	t.Cleanup(func() { s.Close() })
	mustPut(t, s, alpha, "Before")
	filler := filepath.Join(disk, "filler")
	fillUp(t, filler)
	for range 3 {
		if err := put(s, alpha, numbered("Lost", 500)...); !errors.Is(err, store.ErrFull) {
			t.Fatalf("error %v, want ErrFull", err)
		}
		s.Record(*event("read"))
		if diff := cmp.Diff([]string{"Before"}, userNames(t, s, alpha)); diff != "" {
			t.Error(diff)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	mustPut(t, s, alpha, "After")
	if diff := cmp.Diff([]string{"put-After", "put-Before", "read"}, eventIDs(t, s)); diff != "" {
		t.Error(diff)
	}
	s = reopen(t, s, o)
	if diff := cmp.Diff([]string{"After", "Before"}, userNames(t, s, alpha)); diff != "" {
		t.Error(diff)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	fillUp(t, filler)
	if full, err := store.Open(t.Context(), o); err == nil {
		full.Close()
		t.Error("opened on a full disk")
	} else if !errors.Is(err, store.ErrFull) {
		t.Errorf("error %v, want ErrFull", err)
	}
	fresh := options(filepath.Join(disk, "fresh"))
	if _, err := store.Open(t.Context(), fresh); !errors.Is(err, store.ErrFull) {
		t.Errorf("new store on a full disk: error %v, want ErrFull", err)
	}
}

func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=2m"); err != nil {
		t.Skip("needs the right to mount:", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, 0) })
	o := options(filepath.Join(disk, "data"))
	s := open(t, o)
	mustPut(t, s, alpha, "Rex")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("error %v, want ErrReadOnly", err)
	}
}
