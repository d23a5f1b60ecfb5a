package store

import (
	"context"
	"errors"
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// pruneHistory removes what happened before a time, aggregate by aggregate and
// in transactions of bounded size. What was so after the last change that is
// removed becomes the base of what is left.
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

// pruned are neighbouring revisions, all of whose changes are to go.
type pruned struct {
	last map[entityName]historyRow // of each entity the last change
	upTo historyRow                // the last one of all
	base bool                      // the state before them is known
}

// pruneSome prunes some revisions; more tells whether others may be left.
func (s *Store) pruneSome(ctx context.Context, id state.AggregateID, before time.Time) (more bool, err error) {
	p, more, err := s.prunable(ctx, id, before)
	if err != nil || p.upTo.revision == 0 {
		return false, err
	}
	return more, s.transact(ctx, func(ctx context.Context, w *writer) error {
		if p.base {
			if err := w.moveBase(ctx, id, p); err != nil {
				return err
			}
		}
		_, err := w.exec(ctx, `DELETE FROM history WHERE aggregate = ? AND revision > 0 AND revision <= ?`, id.String(), p.upTo.revision)
		return err
	})
}

// prunable reads the first revisions after the base, whole ones and at least one, as
// far as all of them are older than a time.
func (s *Store) prunable(ctx context.Context, id state.AggregateID, before time.Time) (p pruned, more bool, err error) {
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return p, false, err
	}
	defer tx.Rollback()
	from, err := baseOf(ctx, tx, id)
	if err != nil {
		return p, false, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT revision, kind, key, time, change, version, value, checksum FROM history
		WHERE aggregate = ? AND revision > ? ORDER BY revision`, id.String(), from.revision)
	if err != nil {
		return p, false, err
	}
	defer rows.Close()
	p.last = map[entityName]historyRow{}
	for n := 0; rows.Next(); n++ {
		var e entityName
		row, err := scanHistory(rows, &e)
		if err != nil {
			return p, false, err
		}
		if n == 0 {
			p.base = row.revision == from.revision+1 // else an older program has pruned, which kept none
		}
		if row.time >= before.UnixNano() {
			return p, false, nil
		}
		if n >= s.o.BatchRows && row.revision != p.upTo.revision {
			return p, true, nil
		}
		p.last[e], p.upTo = row, row
	}
	return p, false, errors.Join(rows.Err(), rows.Close())
}

// putBase puts rows of the base. A base is made of changes, so what they have of
// value, version and checksum stays.
const putBase = `INSERT INTO history (aggregate, revision, kind, key, time, change, version, value, checksum)
	VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (aggregate, revision, kind, key)
	DO UPDATE SET time = excluded.time, change = excluded.change, version = excluded.version, value = excluded.value, checksum = excluded.checksum`

// moveBase makes the base of an aggregate what it was after pruned revisions.
func (w *writer) moveBase(ctx context.Context, id state.AggregateID, p pruned) error {
	for e, row := range p.last {
		var err error
		if row.change == changePut {
			_, err = w.exec(ctx, putBase, id.String(), e.kind, e.key, row.time, row.change, row.version, row.value, row.sum)
		} else {
			_, err = w.exec(ctx, `DELETE FROM history WHERE aggregate = ? AND revision = 0 AND kind = ? AND key = ?`, id.String(), e.kind, e.key)
		}
		if err != nil {
			return err
		}
	}
	version := int(p.upTo.revision)
	_, err := w.exec(ctx, putBase, id.String(), baseKind, baseKey, p.upTo.time, changeBase, version, nil, checksum(id, baseKind, baseKey, version, nil))
	return err
}
