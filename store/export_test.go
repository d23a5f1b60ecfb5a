package store

import (
	"context"

	"github.com/keyreeve/keyreeve/state"
)

// Checksum is what is stored with a value.
func Checksum(id state.AggregateID, kind, key string, version int, value []byte) uint32 {
	return checksum(id, kind, key, version, value)
}

// SetFault has f asked before each step of the committer; its error fails the
// step. To be set while nothing is written.
func (s *Store) SetFault(f func(step string) error) { s.write.fault = f }

// Scrub is what the store does once a minute.
func (s *Store) Scrub(ctx context.Context) error { return s.scrub(ctx) }

// FlushUsage is what the store does once a minute.
func (s *Store) FlushUsage(ctx context.Context) error { return s.flushUsage(ctx) }

// WriteRecorded is what the store does every half second, too.
func (s *Store) WriteRecorded(ctx context.Context) error { return s.writeRecorded(ctx) }

// MoveStaged is what the store does every half second.
func (s *Store) MoveStaged(ctx context.Context) error { return s.moveStaged(ctx) }

// ExecMain runs a statement on the committer's connection, in no transaction.
func (s *Store) ExecMain(ctx context.Context, statement string) error {
	return s.transact(ctx, func(ctx context.Context, w *writer) error {
		_, err := w.conn.ExecContext(ctx, statement)
		return err
	})
}

// SetSegmentFault is as SetFault, for segments that are opened from now on.
func (s *Store) SetSegmentFault(f func(step string) error) { s.segments.fault = f }

// UsageInMemory is the number of uses that are not written yet.
func (s *Store) UsageInMemory() int {
	s.usage.mu.Lock()
	defer s.usage.mu.Unlock()
	return len(s.usage.latest) + len(s.usage.writing)
}

// SetMaxFresh sets how many writes to a segment that is opened from now on leave its
// postings fresh.
func (s *Store) SetMaxFresh(n int) { s.segments.fresh = n }
