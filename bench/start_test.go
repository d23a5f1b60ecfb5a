package bench_test

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/servertest"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// many is how many users the larger data folder has.
const many = 100_000

// BenchmarkOpen is a start of the server, up to where it would listen. An account is
// loaded by the first call that needs it, so that is measured too.
func BenchmarkOpen(b *testing.B) {
	b.Run("empty", benchmarkOpenEmpty)
	b.Run(fmt.Sprintf("users=%d", many), benchmarkOpenMany)
}

func openHost(b *testing.B, dir string) *server.Host {
	h, err := server.OpenHost(context.Background(), server.HostConfig{Dir: dir, AccountID: servertest.Account, Partition: "aws"})
	if err != nil {
		b.Fatal(err)
	}
	return h
}

func closeHost(b *testing.B, h *server.Host) {
	if err := h.Close(); err != nil {
		b.Fatal(err)
	}
}

// benchmarkOpenEmpty makes a deployment each time. Its floor writes files of the
// same sizes, each synced once, with its folder.
func benchmarkOpenEmpty(b *testing.B) {
	sizes := map[string]int64{}
	dir := b.TempDir()
	closeHost(b, openHost(b, dir))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sizes[d.Name()] = info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			dir := b.TempDir()
			b.StartTimer()
			for name, size := range sizes {
				if err := writeSynced(filepath.Join(dir, name), size); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("keyreeve", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			dir := b.TempDir()
			b.StartTimer()
			h := openHost(b, dir)
			b.StopTimer()
			closeHost(b, h)
			b.StartTimer()
		}
	})
}

func writeSynced(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, size)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// benchmarkOpenMany opens a folder with many users, and then loads the account. The
// floor reads the whole database, from the system's cache as both do.
func benchmarkOpenMany(b *testing.B) {
	dir := b.TempDir()
	fill(b, dir)
	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			if _, err := os.ReadFile(filepath.Join(dir, "keyreeve.db")); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("keyreeve", func(b *testing.B) {
		for b.Loop() {
			h := openHost(b, dir)
			b.StopTimer()
			closeHost(b, h)
			b.StartTimer()
		}
	})
	b.Run("loaded", func(b *testing.B) {
		for b.Loop() {
			h := openHost(b, dir)
			view := h.Store.View()
			if _, err := identity.In(view, h.Site, servertest.Account).User(manyName(many - 1)); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			closeHost(b, h)
			b.StartTimer()
		}
	})
}

func manyName(n int) string { return fmt.Sprintf("user-%06d", n) }

// fill makes a data folder with many users.
func fill(b *testing.B, dir string) {
	h := openHost(b, dir)
	defer closeHost(b, h)
	random := rand.NewChaCha8([32]byte{})
	noQuota := func(string) int { return 2 * many }
	const step = 500
	for from := 0; from < many; from += step {
		err := h.Store.Update(context.Background(), []state.AggregateID{state.Account(servertest.Account)}, func(d *state.Draft) (*store.Event, error) {
			e := identity.Edit(d, h.Site, servertest.Account, identity.Env{Now: time.Now(), Random: random, Quotas: noQuota})
			for n := from; n < from+step; n++ {
				if _, err := e.CreateUser(identity.NewUser{Name: manyName(n)}); err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
