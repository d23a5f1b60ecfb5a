package store

import (
	"context"
	"time"
)

// CheckWritable reports whether changes can be made durable. It costs nothing
// while they can. After a failure it tries to write something small, so that a
// store recovers without anybody having to change something: when the disk has
// room again, this finds out.
func (s *Store) CheckWritable(ctx context.Context) error {
	if !s.counters.troubled.Load() {
		return nil
	}
	at := s.o.Now().UTC().Format(time.RFC3339)
	err := s.transact(ctx, func(ctx context.Context, w *writer) error {
		_, err := w.exec(ctx, putMeta, "checked", at)
		return err
	})
	if err == nil {
		s.counters.troubled.Store(false)
	}
	return err
}
