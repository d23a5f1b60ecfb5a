package store

import (
	"context"
	"errors"
	"time"
)

const retentionInterval = 10 * time.Minute

// retentionLoop removes what is too old, and scrubs deleted secrets.
func (s *Store) retentionLoop() {
	retain, scrub := time.NewTicker(retentionInterval), time.NewTicker(s.o.UsageInterval)
	defer retain.Stop()
	defer scrub.Stop()
	for {
		var err error
		select {
		case <-retain.C:
			err = s.Prune(context.Background())
		case <-scrub.C:
			err = s.scrub(context.Background())
		case <-s.stop:
			return
		}
		if err != nil {
			s.o.Log.Error("old data could not be removed", "cause", explain(err))
		}
	}
}

// Prune removes events and history that are older than the options say. The
// store does so by itself every ten minutes. Events stay while some are read or
// backed up.
func (s *Store) Prune(ctx context.Context) error {
	var errs []error
	if keep := s.o.EventRetention; keep > 0 {
		_, err := s.segments.removeBefore(dayOf(s.o.Now().Add(-keep)))
		errs = append(errs, err)
	}
	if most := s.o.EventBytes; most > 0 {
		_, err := s.segments.removeBeyond(most, dayOf(s.o.Now()))
		errs = append(errs, err)
	}
	if keep := s.o.HistoryRetention; keep > 0 {
		errs = append(errs, s.pruneHistory(ctx, s.o.Now().Add(-keep)))
	}
	return errors.Join(errs...)
}

// scrub empties the write-ahead log after a secret was deleted or replaced. The
// page that held it is overwritten in the database (secure_delete), but an
// earlier copy of the page may be in the log.
func (s *Store) scrub(ctx context.Context) error {
	if !s.counters.secrets.Swap(false) {
		return nil
	}
	var busy, log, moved int
	err := s.read.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved)
	if err != nil || busy != 0 {
		s.counters.secrets.Store(true)
	}
	return err
}
