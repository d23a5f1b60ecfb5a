package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// smallDatabase is the size up to which Open checks every page. A larger one is
// checked by its header, its meta rows and, aggregate by aggregate, when it is
// loaded: the number of entities is known and each must decode.
const smallDatabase = 4 << 20

// checkHeader looks at a database file before SQLite does, which would take an
// empty file for a new database. The layout is that of
// https://sqlite.org/fileformat.html, section 1.3. It must not be called while
// this process has the database open: closing the file would end SQLite's locks
// on it, https://sqlite.org/howtocorrupt.html, section 2.2.
func checkHeader(path string, applicationID uint32) (userVersion uint32, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%w: %s is no regular file", ErrForeign, path)
	}
	if info.Size() == 0 {
		return 0, fmt.Errorf("%w: %s is empty", ErrDamaged, path)
	}
	var header [100]byte
	if _, err := io.ReadFull(f, header[:]); err != nil {
		return 0, fmt.Errorf("%w: %s is shorter than its header", ErrDamaged, path)
	}
	if string(header[:16]) != "SQLite format 3\x00" {
		return 0, fmt.Errorf("%w: %s", ErrForeign, path)
	}
	if id := binary.BigEndian.Uint32(header[68:]); id != applicationID {
		return 0, fmt.Errorf("%w: %s has application id %#x, want %#x", ErrForeign, path, id, applicationID)
	}
	return binary.BigEndian.Uint32(header[60:]), checkLength(path, header[:], info.Size())
}

// checkLength compares the length with the header's, unless a write-ahead log is
// there whose pages may be still to come.
func checkLength(path string, header []byte, size int64) error {
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		return nil
	}
	pageSize := int64(binary.BigEndian.Uint16(header[16:]))
	if pageSize == 1 {
		pageSize = 65536
	}
	if want := pageSize * int64(binary.BigEndian.Uint32(header[28:])); size < want {
		return fmt.Errorf("%w: %s is truncated: %d bytes of %d", ErrDamaged, path, size, want)
	}
	return nil
}

// checkPages has SQLite check the structure of a small database.
func checkPages(ctx context.Context, db *sql.DB, path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() > smallDatabase {
		return err
	}
	var verdict string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
		return explain(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return nil
}

// checkTables makes sure that every table is there.
func checkTables(ctx context.Context, db *sql.DB) error {
	for _, table := range []string{"aggregates", "entities", "history", "staged", "usage"} {
		var one int
		err := db.QueryRowContext(ctx, `SELECT 1 FROM `+table+` LIMIT 1`).Scan(&one)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, table, err)
		}
	}
	return nil
}
