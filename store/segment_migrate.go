package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// markSegment notes in a new segment which format it has.
func markSegment(tx *sql.Tx) error {
	_, err := tx.Exec(fmt.Sprintf(`PRAGMA user_version = %d`, segmentFormat))
	return err
}

// besides ends the name of a segment that is being migrated.
const besides = ".next"

// migrate brings a segment of an older format to the present one. One of format 3 lacks a
// table only. Others are written anew beside the old one, which they replace when they are
// whole.
func (g *segments) migrate(ctx context.Context, day string) error {
	old := g.path(day)
	version, err := settledVersion(ctx, old)
	if err != nil || version == segmentFormat {
		return err
	}
	switch version {
	case 0, 2:
	case 3:
		return addFresh(ctx, old)
	default:
		return fmt.Errorf("%w: its format is %d, this version reads up to %d", ErrNewerFormat, version, segmentFormat)
	}
	building := old + besides
	if err := makeDatabase(ctx, building, segmentApplicationID, segmentSchema, markSegment); err != nil {
		return err
	}
	if err := copyEvents(ctx, old, version, building); err != nil {
		return err
	}
	return putInPlace(building, old)
}

// addFresh brings a segment of format 3 to format 4.
func addFresh(ctx context.Context, path string) (err error) {
	db, err := openWriter(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, freshTable); err != nil {
		return err
	}
	if err := markSegment(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// settledVersion reads the format of a segment, all of which is then in its file and
// nothing in a log beside it.
func settledVersion(ctx context.Context, path string) (version int, err error) {
	db, err := openWriter(path)
	if err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version)
	if err == nil {
		var busy, log, moved int
		err = db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return 0, err
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return 0, fmt.Errorf("%s-wal is in use", path)
	}
	return version, nil
}

// copyEvents writes the events of a segment of an older format into a new one.
func copyEvents(ctx context.Context, from string, version int, to string) (err error) {
	db, err := openReader(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	newDB, err := openWriter(to)
	if err != nil {
		return err
	}
	w := &writer{db: newDB}
	defer func() { err = errors.Join(err, w.close()) }()
	asked := `asked`
	if version == 0 {
		asked = `NULL`
	}
	rows, err := db.QueryContext(ctx, `SELECT time, id, account, record, `+asked+` FROM events ORDER BY time, id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		var events []Event
		for len(events) < eventBatch && rows.Next() {
			e, err := scanEvent(rows)
			if err != nil {
				return err
			}
			events = append(events, e)
		}
		if len(events) == 0 {
			return rows.Err()
		}
		err := w.transact(ctx, func(ctx context.Context) error {
			_, err := writeEvents(ctx, w, events, 0) // nothing is fresh in what is made here
			return err
		})
		if err != nil {
			return err
		}
	}
}

func scanEvent(rows *sql.Rows) (Event, error) {
	var e Event
	var nanos int64
	err := rows.Scan(&nanos, &e.ID, &e.Account, &e.Record, &e.Asked)
	e.Time = time.Unix(0, nanos).UTC()
	return e, err
}

// scanEvents reads all rows, and closes them.
func scanEvents(rows *sql.Rows) ([]Event, error) {
	defer rows.Close()
	var events []Event
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}
