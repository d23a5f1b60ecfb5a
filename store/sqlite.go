package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"modernc.org/sqlite" // registers the driver "sqlite"
)

// Application ids stand in the header of our SQLite files, so that the file of
// another program is told from a damaged one of ours.
const (
	mainApplicationID    = 0x4b525645 // "KRVE"
	segmentApplicationID = 0x4b525653 // "KRVS"
)

// pageSize of new files, in bytes. Files that have another keep it.
const pageSize = 4 << 10

// Primary result codes of SQLite that we tell apart, https://sqlite.org/rescode.html.
const (
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNotADB   = 26
)

// resultCode is the primary result code that an error of SQLite carries, or 0.
func resultCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// dsn names a database file and the settings that each connection to it gets.
func dsn(path string, pragmas ...string) string {
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + escaped + "?_pragma=busy_timeout(10000)&_pragma=" + strings.Join(pragmas, "&_pragma=")
}

// openWriter opens a database for the one goroutine that writes to it. Deleted
// content is overwritten (secure_delete), and a commit returns when it is on
// disk (synchronous=FULL).
func openWriter(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(1)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// openReader opens a database for any number of readers.
func openReader(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "query_only(1)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(4)
	return db, nil
}

// makeDatabase makes a database file with a schema and first rows. It is built
// under another name and renamed when it is whole and on disk, so that a file
// under its real name is never half made.
func makeDatabase(ctx context.Context, path string, applicationID int, schema []string, fill func(*sql.Tx) error) error {
	building := path + ".new"
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		if err := os.Remove(building + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	// Made by us first, because SQLite would make it readable for others.
	f, err := os.OpenFile(building, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := buildDatabase(ctx, building, applicationID, schema, fill); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return putInPlace(building, path)
}

func buildDatabase(ctx context.Context, path string, applicationID int, schema []string, fill func(*sql.Tx) error) (err error) {
	db, err := sql.Open("sqlite", dsn(path, "synchronous(FULL)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	for _, pragma := range []string{fmt.Sprintf("page_size = %d", pageSize), fmt.Sprintf("application_id = %d", applicationID)} {
		if _, err := db.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return err
		}
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, statement := range schema {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if fill != nil {
		if err := fill(tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}
