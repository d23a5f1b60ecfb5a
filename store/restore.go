package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Restore makes a data folder, which must be absent or empty, from a backup. The
// store goes on as a new incarnation whose session epoch is higher than any
// before, so that a session revoked after the backup was made does not come back
// to life: it is the time of the restore, for the epoch in the backup says
// nothing of other restores of the same backup.
func Restore(ctx context.Context, backup, dir string, now time.Time) error {
	if err := restore(ctx, backup, dir, now); err != nil {
		return fmt.Errorf("store: restore %s: %w", backup, explain(err))
	}
	return nil
}

func restore(ctx context.Context, backup, dir string, now time.Time) error {
	m, err := readManifest(backup)
	if err != nil {
		return err
	}
	if err := makeEmpty(dir); err != nil {
		return err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := makeFolder(filepath.Join(dir, eventsFolder)); err != nil {
		return err
	}
	building := filepath.Join(dir, mainFile+".new")
	for _, want := range m.Files {
		to := filepath.Join(dir, filepath.FromSlash(want.Name))
		if want.Name == mainFile {
			to = building
		}
		if err := restoreFile(filepath.Join(backup, filepath.FromSlash(want.Name)), to, want); err != nil {
			return err
		}
	}
	if err := syncPath(filepath.Join(dir, eventsFolder)); err != nil {
		return err
	}
	if err := reincarnate(ctx, building, now); err != nil {
		return err
	}
	return putInPlace(building, filepath.Join(dir, mainFile))
}

func readManifest(backup string) (m manifest, err error) {
	text, err := os.ReadFile(filepath.Join(backup, manifestFile))
	if errors.Is(err, os.ErrNotExist) {
		return m, fmt.Errorf("%w: no finished backup: %w", ErrMissing, err)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrDamaged, manifestFile, err)
	}
	if m.Format > format {
		return m, fmt.Errorf("%w: its format is %d, this version reads up to %d", ErrNewerFormat, m.Format, format)
	}
	hasMain := false
	for _, f := range m.Files {
		hasMain = hasMain || f.Name == mainFile
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return m, fmt.Errorf("%w: %s names %q", ErrDamaged, manifestFile, f.Name)
		}
	}
	if !hasMain {
		return m, fmt.Errorf("%w: %s has no %s", ErrDamaged, manifestFile, mainFile)
	}
	return m, nil
}

func restoreFile(from, to string, want copied) error {
	got, err := copyFile(from, to)
	if err != nil {
		return err
	}
	if got.Size != want.Size || got.SHA256 != want.SHA256 {
		return fmt.Errorf("%w: %s is not as it was written", ErrDamaged, want.Name)
	}
	return nil
}

// reincarnate begins a new history of a store.
func reincarnate(ctx context.Context, path string, now time.Time) (err error) {
	if _, err := checkHeader(path, mainApplicationID); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(path, "synchronous(FULL)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	m, err := readMeta(ctx, db)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	err = putMetas(tx, map[string]string{
		"incarnation": rand.Text(),
		"epoch":       strconv.FormatUint(max(m.epoch+1, uint64(now.Unix())), 10),
	})
	if err != nil {
		return err
	}
	return tx.Commit()
}

// makeEmpty makes a folder, or makes sure that nothing is in it.
func makeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return makeFolder(dir)
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: it has %s", dir, entries[0].Name())
	}
	return os.Chmod(dir, 0o700)
}

// copyFile copies a file durably and tells what it copied.
func copyFile(from, to string) (c copied, err error) {
	in, err := os.Open(from)
	if err != nil {
		return c, err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	hash := sha256.New()
	if c.Size, err = io.Copy(io.MultiWriter(out, hash), in); err != nil {
		return c, err
	}
	c.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return c, out.Sync()
}

// sum is what copyFile would tell of a file.
func sum(path string) (c copied, err error) {
	f, err := os.Open(path)
	if err != nil {
		return c, err
	}
	defer f.Close()
	hash := sha256.New()
	c.Size, err = io.Copy(hash, f)
	c.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return c, err
}
