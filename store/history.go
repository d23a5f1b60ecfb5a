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
		c, err := s.scanChange(rows, id)
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

func (s *Store) scanChange(rows *sql.Rows, id state.AggregateID) (Change, error) {
	c := Change{Aggregate: id}
	var kind string
	var nanos int64
	var change, version int
	var value []byte
	var sum uint32
	if err := rows.Scan(&c.Revision, &kind, &c.Key, &nanos, &change, &version, &value, &sum); err != nil {
		return c, explain(err)
	}
	c.Time = time.Unix(0, nanos).UTC()
	c.Gone, c.Withheld = change == changeGone, change == changeWithheld
	if c.Kind = s.kinds[kind]; c.Kind == nil {
		return c, fmt.Errorf("%s: history: %w: %q", id, errUnknownKind, kind)
	}
	if checksum(id, kind, c.Key, version, value) != sum {
		return c, fmt.Errorf("%w: %s: history: %s %q is not as it was written", ErrDamaged, id, kind, c.Key)
	}
	if change != changePut {
		return c, nil
	}
	var err error
	if c.Value, err = c.Kind.Decode(version, value); err != nil {
		return c, fmt.Errorf("%w: %s: history: %q: %w", ErrDamaged, id, c.Key, err)
	}
	return c, nil
}

// pruneHistory removes what happened before a time, aggregate by aggregate and
// in transactions of bounded size.
func (s *Store) pruneHistory(ctx context.Context, before time.Time) error {
	ids, err := s.Aggregates(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		for more := true; more; {
			if more, err = s.pruneSome(ctx, id, before); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) pruneSome(ctx context.Context, id state.AggregateID, before time.Time) (more bool, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT revision, time FROM history WHERE aggregate = ? ORDER BY revision LIMIT ?`,
		id.String(), s.o.BatchRows)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var upTo uint64
	n := 0
	for rows.Next() {
		var revision uint64
		var nanos int64
		if err := rows.Scan(&revision, &nanos); err != nil {
			return false, err
		}
		if nanos >= before.UnixNano() {
			break
		}
		upTo = revision
		n++
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || n == 0 {
		return false, err
	}
	return n == s.o.BatchRows, s.transact(ctx, func(ctx context.Context, w *writer) error {
		_, err := w.exec(ctx, `DELETE FROM history WHERE aggregate = ? AND revision <= ?`, id.String(), upTo)
		return err
	})
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
