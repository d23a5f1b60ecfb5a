package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// Change is what one revision of an aggregate did to one entity.
type Change struct {
	Aggregate state.AggregateID
	Revision  uint64
	Time      time.Time
	Kind      *state.KindInfo
	Key       string
	// Value is the decoded new value. It is nil if the entity is gone, or if
	// its value is withheld.
	Value any
	Gone  bool
	// Withheld says that the entity was put but is of a secret kind, whose
	// values history does not keep.
	Withheld bool
}

// History gives the changes of an aggregate after a revision, in order of
// revision, kind and key, until each returns false. It is ErrPruned if some of
// them have been pruned.
func (s *Store) History(ctx context.Context, id state.AggregateID, since uint64, each func(Change) bool) error {
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback()
	if err := checkReach(ctx, tx, id, since); err != nil {
		return explain(err)
	}
	rows, err := tx.QueryContext(ctx, `SELECT revision, kind, key, time, change, version, value, checksum FROM history
		WHERE aggregate = ? AND revision > ? ORDER BY revision, kind, key`, id.String(), since)
	if err != nil {
		return explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		var e entityName
		row, err := scanHistory(rows, &e)
		if err != nil {
			return explain(err)
		}
		c, err := s.change(id, e.kind, e.key, row)
		if err != nil {
			return err
		}
		if !each(c) {
			return nil
		}
	}
	return explain(rows.Err())
}

// checkReach makes sure that the revision after since is there, or none is.
func checkReach(ctx context.Context, tx *sql.Tx, id state.AggregateID, since uint64) error {
	var present uint64
	err := tx.QueryRowContext(ctx, `SELECT revision FROM aggregates WHERE id = ?`, id.String()).Scan(&present)
	if errors.Is(err, sql.ErrNoRows) || err == nil && present <= since {
		return nil
	}
	if err != nil {
		return err
	}
	var next uint64
	err = tx.QueryRowContext(ctx, `SELECT revision FROM history WHERE aggregate = ? AND revision > ?
		ORDER BY revision LIMIT 1`, id.String(), since).Scan(&next)
	if errors.Is(err, sql.ErrNoRows) || err == nil && next != since+1 {
		return fmt.Errorf("%w: %s since %d", ErrPruned, id, since)
	}
	return err
}

// historyRow is what one revision did to an entity, as it is stored.
type historyRow struct {
	revision        uint64
	time            int64
	change, version int
	value           []byte
	sum             uint32
}

func scanHistory(rows *sql.Rows, e *entityName) (historyRow, error) {
	var r historyRow
	err := rows.Scan(&r.revision, &e.kind, &e.key, &r.time, &r.change, &r.version, &r.value, &r.sum)
	return r, err
}

// change reads a row.
func (s *Store) change(id state.AggregateID, kind, key string, r historyRow) (Change, error) {
	c := Change{
		Aggregate: id, Revision: r.revision, Time: time.Unix(0, r.time).UTC(), Key: key,
		Gone: r.change == changeGone, Withheld: r.change == changeWithheld,
	}
	if c.Kind = s.kinds[kind]; c.Kind == nil {
		return c, fmt.Errorf("%s: history: %w: %q", id, errUnknownKind, kind)
	}
	if checksum(id, kind, key, r.version, r.value) != r.sum {
		return c, fmt.Errorf("%w: %s: history: %s %q is not as it was written", ErrDamaged, id, kind, key)
	}
	if r.change != changePut {
		return c, nil
	}
	var err error
	if c.Value, err = c.Kind.Decode(r.version, r.value); err != nil {
		return c, fmt.Errorf("%w: %s: history: %q: %w", ErrDamaged, id, key, err)
	}
	return c, nil
}

// Aggregates lists the aggregates that have ever been changed.
func (s *Store) Aggregates(ctx context.Context) ([]state.AggregateID, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id FROM aggregates ORDER BY id`)
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var ids []state.AggregateID
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, state.ParseAggregateID(id))
	}
	return ids, explain(rows.Err())
}
