package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Usage says when something was used last, and for what: an access key, a
// password, a role, a service by a role ...
type Usage struct {
	Account string
	Kind    string // what sort of thing was used
	Subject string // which one
	Service string // the service and region that it was used in
	Region  string
	Time    time.Time
}

type usageKey struct{ account, kind, subject string }

func (u Usage) key() usageKey { return usageKey{u.Account, u.Kind, u.Subject} }

// usage holds what was used since it was last written.
type usage struct {
	mu      sync.Mutex
	latest  map[usageKey]Usage
	writing map[usageKey]Usage // on its way to the disk
	flush   sync.Mutex         // held by who writes
	nudge   chan struct{}
}

// maxUnwritten is the number of touched subjects that are written at once rather
// than at the next interval.
const maxUnwritten = 50_000

func (u *usage) init() {
	u.latest, u.nudge = map[usageKey]Usage{}, make(chan struct{}, 1)
}

// Touch notes a use. It never waits for the disk: usage is written once in
// Options.UsageInterval, and a crash may lose what was noted since.
func (s *Store) Touch(u Usage) {
	u.Time = u.Time.UTC().Round(0)
	s.usage.mu.Lock()
	defer s.usage.mu.Unlock()
	if before, ok := s.usage.latest[u.key()]; !ok || u.Time.After(before.Time) {
		s.usage.latest[u.key()] = u
	}
	if len(s.usage.latest) == maxUnwritten {
		select {
		case s.usage.nudge <- struct{}{}:
		default:
		}
	}
}

// Usage gives the last use of one subject, and whether there was one.
func (s *Store) Usage(ctx context.Context, account, kind, subject string) (Usage, bool, error) {
	found, err := s.usages(ctx, usageKey{account, kind, subject}, ` AND subject = ?`, subject)
	if err != nil || len(found) == 0 {
		return Usage{}, false, err
	}
	return found[0], true, nil
}

// Usages gives the last use of every subject of a kind, by subject.
func (s *Store) Usages(ctx context.Context, account, kind string) ([]Usage, error) {
	return s.usages(ctx, usageKey{account: account, kind: kind}, ``)
}

// UsagesBelow is Usages for the subjects that begin with a prefix, which is not empty
// and ends with an ASCII character.
func (s *Store) UsagesBelow(ctx context.Context, account, kind, prefix string) ([]Usage, error) {
	last := len(prefix) - 1
	found, err := s.usages(ctx, usageKey{account: account, kind: kind}, ` AND subject >= ? AND subject < ?`, prefix, prefix[:last]+string(prefix[last]+1))
	return slices.DeleteFunc(found, func(u Usage) bool { return !strings.HasPrefix(u.Subject, prefix) }), err
}

// usages merges memory and table. What is in memory is read first, so that
// nothing is missed that is written in between.
func (s *Store) usages(ctx context.Context, want usageKey, clause string, args ...any) ([]Usage, error) {
	found := map[string]Usage{}
	merge := func(u Usage) {
		if before, ok := found[u.Subject]; !ok || u.Time.After(before.Time) {
			found[u.Subject] = u
		}
	}
	s.usage.mu.Lock()
	for _, m := range []map[usageKey]Usage{s.usage.writing, s.usage.latest} {
		if want.subject != "" {
			if u, ok := m[want]; ok {
				merge(u)
			}
			continue
		}
		for k, u := range m {
			if k.account == want.account && k.kind == want.kind {
				merge(u)
			}
		}
	}
	s.usage.mu.Unlock()
	if err := s.readUsage(ctx, want, merge, clause, args...); err != nil {
		return nil, explain(err)
	}
	return slices.SortedFunc(maps.Values(found), func(a, b Usage) int { return strings.Compare(a.Subject, b.Subject) }), nil
}

func (s *Store) readUsage(ctx context.Context, want usageKey, each func(Usage), clause string, args ...any) error {
	rows, err := s.read.QueryContext(ctx, `SELECT subject, service, region, time FROM usage WHERE account = ? AND kind = ?`+clause,
		append([]any{want.account, want.kind}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		u, err := scanUsage(rows, want)
		if err != nil {
			return err
		}
		each(u)
	}
	return rows.Err()
}

func scanUsage(rows *sql.Rows, of usageKey) (Usage, error) {
	u := Usage{Account: of.account, Kind: of.kind}
	var nanos int64
	err := rows.Scan(&u.Subject, &u.Service, &u.Region, &nanos)
	u.Time = time.Unix(0, nanos).UTC()
	return u, err
}

// usageLoop writes usage now and then.
func (s *Store) usageLoop() {
	ticker := time.NewTicker(s.o.UsageInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-s.usage.nudge:
		case <-s.stop:
			return
		}
		if err := s.flushUsage(context.Background()); err != nil {
			s.o.Log.Error("usage could not be written", "cause", err)
		}
	}
}

// flushUsage writes what was touched; if that fails it is kept for the next time.
func (s *Store) flushUsage(ctx context.Context) error {
	u := &s.usage
	u.flush.Lock()
	defer u.flush.Unlock()
	u.mu.Lock()
	u.writing, u.latest = u.latest, map[usageKey]Usage{}
	all := slices.Collect(maps.Values(u.writing))
	u.mu.Unlock()
	var errs []error
	for some := range slices.Chunk(all, s.o.BatchRows) {
		errs = append(errs, s.transact(ctx, func(ctx context.Context, w *writer) error {
			for _, u := range some {
				if _, err := w.exec(ctx, mergeUsage, u.Account, u.Kind, u.Subject, u.Service, u.Region, u.Time.UnixNano()); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	err := errors.Join(errs...)
	u.mu.Lock()
	defer u.mu.Unlock()
	if err != nil {
		for k, old := range u.writing {
			if now, ok := u.latest[k]; !ok || old.Time.After(now.Time) {
				u.latest[k] = old
			}
		}
	}
	u.writing = nil
	return err
}
