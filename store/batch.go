package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/keyreeve/keyreeve/state"
)

// conflict says that the database has another revision than the one that was
// changed: somebody else writes to it.
type conflict struct{ id state.AggregateID }

func (c conflict) Error() string {
	return fmt.Sprintf("%s has been changed by somebody else", c.id)
}

// writeBatch makes a batch durable in one transaction. It returns nil only if
// that is certain.
func (s *Store) writeBatch(ctx context.Context, batch []*commit) error {
	if err := s.resolveDoubt(ctx); err != nil {
		return err
	}
	if changesNothing(batch) {
		return nil
	}
	err := s.write.transact(ctx, func(ctx context.Context) error { return s.writeRows(ctx, batch) })
	if doubt, ok := errors.AsType[doubtful](err); ok {
		err = s.afterDoubt(ctx, batch, doubt)
	}
	if c, ok := errors.AsType[conflict](err); ok {
		s.forget(c.id)
	}
	if err == nil {
		s.counters.batch(batch, s.write.commitTime)
	}
	return explain(err)
}

// changesNothing is true of a batch of commits that only wait for those before.
func changesNothing(batch []*commit) bool {
	for _, c := range batch {
		if len(c.writes) > 0 || len(c.events) > 0 {
			return false
		}
	}
	return true
}

func (s *Store) writeRows(ctx context.Context, batch []*commit) error {
	if err := s.writeRevisions(ctx, batch); err != nil {
		return err
	}
	rows := rowsOf(batch)
	if err := s.writeEntities(ctx, lastOfEach(rows)); err != nil {
		return err
	}
	if err := s.writeHistory(ctx, rows); err != nil {
		return err
	}
	return s.stageEvents(ctx, batch)
}

// stageEvents writes the events of a batch's commits beside their changes.
func (s *Store) stageEvents(ctx context.Context, batch []*commit) error {
	var events []Event
	for _, c := range batch {
		events = append(events, c.events...)
	}
	if len(events) == 0 {
		return nil
	}
	first, err := s.write.stage(ctx, events)
	if err != nil {
		return fmt.Errorf("%d events from %s on: %w", len(events), events[0].ID, err)
	}
	batch[0].staged = first
	s.events.staged.Store(true)
	return nil
}

// stagedAt is where a block of staged events is.
type stagedAt struct{ first, part int64 }

// stage writes events in blocks, and tells where the first block is.
func (w *writer) stage(ctx context.Context, events []Event) (stagedAt, error) {
	slices.SortFunc(events, compareEvents)
	var p packer
	p.pack(events, false)
	blocks := p.blocks
	part := rand.Int64()
	err := w.execMany(ctx, insertStaged, len(blocks), func(to []any, i int) []any {
		b := &blocks[i]
		return append(to, b.first, part+int64(i), b.last, b.heads, b.asked, b.records)
	})
	if len(blocks) == 0 || err != nil {
		return stagedAt{}, err
	}
	return stagedAt{blocks[0].first, part}, nil
}

// writeRevisions moves each aggregate from the revision before the batch to the
// one after.
func (s *Store) writeRevisions(ctx context.Context, batch []*commit) error {
	for _, w := range spans(batch) {
		n, err := s.moveRevision(ctx, w)
		if err != nil {
			return err
		}
		if n != 1 {
			return conflict{w.id}
		}
	}
	return nil
}

func (s *Store) moveRevision(ctx context.Context, w write) (int64, error) {
	if w.base == 0 {
		return s.write.exec(ctx, insertAggregate, w.id.String(), w.next.Revision(), w.next.Len())
	}
	return s.write.exec(ctx, updateAggregate, w.next.Revision(), w.next.Len(), w.id.String(), w.base)
}

// spans is the way that each aggregate goes in a batch: from the base of its
// first commit to the state after its last.
func spans(batch []*commit) []write {
	var spans []write
	at := map[state.AggregateID]int{}
	for _, c := range batch {
		for _, w := range c.writes {
			if i, ok := at[w.id]; ok {
				spans[i].next = w.next
				continue
			}
			at[w.id] = len(spans)
			spans = append(spans, write{id: w.id, agg: w.agg, base: w.base, next: w.next})
		}
	}
	return spans
}

// afterDoubt finds out whether a batch happened whose COMMIT failed.
func (s *Store) afterDoubt(ctx context.Context, batch []*commit, doubt error) error {
	happened, err := s.happened(ctx, batch)
	switch {
	case err != nil:
		s.doubt = batch
		s.inDoubt.Store(true)
		return errors.Join(doubt, fmt.Errorf("and nobody knows yet whether it happened: %w", err))
	case happened:
		return nil
	}
	return doubt
}

// resolveDoubt finds out what became of a batch in doubt before anything else is
// written. It is errAgain if the batch happened, for what was queued meanwhile
// has not seen it.
func (s *Store) resolveDoubt(ctx context.Context) error {
	if s.doubt == nil {
		return nil
	}
	happened, err := s.happened(ctx, s.doubt)
	if err != nil {
		return fmt.Errorf("nobody knows yet whether an earlier commit happened: %w", err)
	}
	batch := s.doubt
	s.doubt = nil
	s.inDoubt.Store(false)
	if !happened {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publish(batch)
	for _, span := range spans(batch) {
		span.agg.pending = span.agg.published.Load()
	}
	return errAgain
}

// happened reads back whether a batch is in the database. A batch is there as a
// whole or not at all, so one of its traces is enough.
func (s *Store) happened(ctx context.Context, batch []*commit) (bool, error) {
	if err := s.write.step("read back"); err != nil {
		return false, err
	}
	if spans := spans(batch); len(spans) > 0 {
		return s.revisionIs(ctx, spans[0])
	}
	return s.isStaged(ctx, batch[0].staged)
}

func (s *Store) revisionIs(ctx context.Context, span write) (bool, error) {
	var revision uint64
	err := s.read.QueryRowContext(ctx, `SELECT revision FROM aggregates WHERE id = ?`, span.id.String()).Scan(&revision)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	return revision >= span.next.Revision(), nil
}

// forget drops an aggregate that the database knows better.
func (s *Store) forget(id state.AggregateID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.aggregates.Load(id); ok {
		s.dropOne(a.(*aggregate))
	}
}
