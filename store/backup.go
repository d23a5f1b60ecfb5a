package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// manifestFile is written last: a folder without it is no backup.
const manifestFile = "backup.json"

// manifest says what a backup consists of.
type manifest struct {
	Format      int       `json:"format"`
	Store       string    `json:"store"`
	Incarnation string    `json:"incarnation"`
	Keyring     string    `json:"keyring"`
	Time        time.Time `json:"time"`
	Files       []copied  `json:"files"`
}

// copied is a file of a backup, by its place in the data folder.
type copied struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Backup writes a consistent copy of the store into a folder that is absent or
// empty, while reading and writing go on: state, history and usage as they are
// at one moment, and the events, those of changes up to the same moment. The
// files named by extra, such as the key file, are copied along and return to the
// data folder by their base name; without the key file a backup gives nobody
// access, and is of no use without it.
func (s *Store) Backup(ctx context.Context, dir string, extra ...string) error {
	if err := s.backup(ctx, dir, extra); err != nil {
		return fmt.Errorf("store: backup: %w", explain(err))
	}
	return nil
}

func (s *Store) backup(ctx context.Context, dir string, extra []string) error {
	if err := makeEmpty(dir); err != nil {
		return err
	}
	if err := s.flushUsage(ctx); err != nil {
		return err
	}
	if err := s.writeRecorded(ctx); err != nil {
		return err
	}
	m := manifest{Format: s.meta.format, Store: s.meta.id, Incarnation: s.meta.incarnation, Keyring: s.meta.keyring, Time: s.o.Now().UTC()}
	if err := s.copyDatabases(ctx, dir, &m); err != nil {
		return err
	}
	for _, path := range extra {
		c, err := copyFile(path, filepath.Join(dir, filepath.Base(path)))
		if err != nil {
			return err
		}
		c.Name = filepath.Base(path)
		m.Files = append(m.Files, c)
	}
	return m.write(dir)
}

// copyDatabases copies the main database and then the segments. No event is
// moved from the one to the others meanwhile, so each is in exactly one copy,
// and none is there whose change is not.
func (s *Store) copyDatabases(ctx context.Context, dir string, m *manifest) error {
	s.events.moving.Lock()
	defer s.events.moving.Unlock()
	s.segments.files.RLock()
	defer s.segments.files.RUnlock()
	days, err := s.segments.days()
	if err != nil {
		return err
	}
	if err := makeFolder(filepath.Join(dir, eventsFolder)); err != nil {
		return err
	}
	names := []string{mainFile}
	for _, day := range days {
		names = append(names, filepath.Join(eventsFolder, day+".db"))
	}
	for _, name := range names {
		to := filepath.Join(dir, name)
		if err := vacuumInto(ctx, filepath.Join(s.o.Dir, name), to); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c, err := sum(to)
		if err != nil {
			return err
		}
		c.Name = filepath.ToSlash(name)
		m.Files = append(m.Files, c)
	}
	return syncPath(filepath.Join(dir, eventsFolder))
}

// vacuumInto writes the state of a database at one moment to a new file.
func vacuumInto(ctx context.Context, from, to string) (err error) {
	if err := os.WriteFile(to, nil, 0o600); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(from, "synchronous(FULL)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		return err
	}
	return syncPath(to)
}

func (m manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, manifestFile)
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return putInPlace(path+".new", path)
}
