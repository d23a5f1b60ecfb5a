package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// AsOf gives the state that an aggregate had at a time: after its last revision up to
// then. Of an aggregate that was not there yet it is empty. Entities of secret kinds
// are not in it, since history does not keep them. It is ErrPruned if history begins
// later.
//
// The snapshot is the caller's own: it shares nothing with what is published, and is
// made anew for each call.
func (s *Store) AsOf(ctx context.Context, at time.Time, id state.AggregateID) (*state.Snapshot, error) {
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, explain(err)
	}
	defer tx.Rollback()
	revision, err := revisionAt(ctx, tx, id, at)
	if err != nil {
		return nil, explain(err)
	}
	if revision == 0 {
		return state.Empty(id), nil
	}
	last, err := s.lastChanges(ctx, tx, id, revision)
	if err != nil {
		return nil, err
	}
	l := state.Load(id, revision)
	for e, row := range last {
		c, err := s.change(id, e.kind, e.key, row)
		if err != nil {
			return nil, err
		}
		if c.Value != nil {
			l.Add(c.Kind, c.Key, c.Value)
		}
	}
	return l.Snapshot(), nil
}

// revisionAt is the last revision of an aggregate up to a time, or 0 if it was made
// later.
func revisionAt(ctx context.Context, tx *sql.Tx, id state.AggregateID, at time.Time) (uint64, error) {
	base, err := baseOf(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	if base.revision > 0 && at.Before(base.time) {
		return 0, fmt.Errorf("%w: %s at %s", ErrPruned, id, at.UTC().Format(time.RFC3339))
	}
	if base.revision == 0 { // then it must begin at the beginning
		if err := checkReach(ctx, tx, id, 0); err != nil {
			return 0, err
		}
	}
	revision := base.revision
	err = tx.QueryRowContext(ctx, `SELECT revision FROM history WHERE aggregate = ? AND revision > ? AND time <= ?
		ORDER BY revision DESC LIMIT 1`, id.String(), base.revision, at.UnixNano()).Scan(&revision)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return revision, err
}

// entityName is what tells an entity from others of its aggregate.
type entityName struct{ kind, key string }

// lastChanges has, of each entity, the last change up to a revision.
func (s *Store) lastChanges(ctx context.Context, tx *sql.Tx, id state.AggregateID, revision uint64) (map[entityName]historyRow, error) {
	rows, err := tx.QueryContext(ctx, `SELECT revision, kind, key, time, change, version, value, checksum FROM history
		WHERE aggregate = ? AND revision <= ? AND kind <> '' ORDER BY revision`, id.String(), revision)
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	last := map[entityName]historyRow{}
	for rows.Next() {
		var e entityName
		row, err := scanHistory(rows, &e)
		if err != nil {
			return nil, explain(err)
		}
		last[e] = row
	}
	return last, explain(rows.Err())
}

// base is where the history of an aggregate begins after some of it was pruned. The
// state at that revision is kept as changes of revision 0. It is zero where nothing
// was pruned.
type base struct {
	revision uint64
	time     time.Time
}

// baseKind and baseKey are the kind and key of the row that says where history begins:
// its version is the revision. No entity is of that kind.
const baseKind, baseKey = "", ""

func baseOf(ctx context.Context, tx *sql.Tx, id state.AggregateID) (base, error) {
	var b base
	var nanos int64
	err := tx.QueryRowContext(ctx, `SELECT version, time FROM history WHERE aggregate = ? AND revision = 0 AND kind = ? AND key = ?`,
		id.String(), baseKind, baseKey).Scan(&b.revision, &nanos)
	if errors.Is(err, sql.ErrNoRows) {
		return base{}, nil
	}
	b.time = time.Unix(0, nanos).UTC()
	return b, err
}
