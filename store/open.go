package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/keyreeve/keyreeve/state"
)

// Store is an open data folder. Its methods may be called from any goroutine.
type Store struct {
	o     Options
	lock  *os.File
	meta  meta
	kinds map[string]*state.KindInfo
	write *writer // the committer's
	read  *sql.DB

	source     state.Source // of views
	aggregates sync.Map     // state.AggregateID -> *aggregate
	clock      atomic.Int64 // counts loads; tells which aggregates are idle

	mu          sync.Mutex
	wake        *sync.Cond // the committer waits here, with mu
	queue       commitQueue
	work        []*work
	stopped     bool // Close was called
	closing     bool // nothing more is taken into the queue
	loadedBytes int64

	pace pace // the committer's

	// doubt is a batch of which nobody knows whether it happened. It is the
	// committer's; inDoubt tells others that there is one.
	doubt   []*commit
	inDoubt atomic.Bool

	events     recorder
	segments   segments
	usage      usage
	counters   counters
	committed  chan struct{} // closed when the committer has ended
	stop       chan struct{} // closed to end the background goroutines
	background sync.WaitGroup
}

// Exists reports whether there is a database in a folder, sound or not.
func Exists(dir string) (bool, error) { return exists(filepath.Join(dir, mainFile)) }

// Open opens the store in a data folder, or makes it if Options.Create allows.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := open(ctx, o.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, o Options) (*Store, error) {
	if err := prepareFolder(o); err != nil {
		return nil, err
	}
	lock, err := lockFolder(o.Dir)
	if err != nil {
		return nil, explain(err)
	}
	s := newStore(o, lock)
	if err := s.prepare(ctx); err != nil {
		s.release()
		if err = explain(err); resultCode(err) == sqliteIOErr && noSpace(o.Dir) {
			err = fmt.Errorf("%w: %w", ErrFull, err)
		}
		return nil, err
	}
	s.start()
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.findOrMake(ctx); err != nil {
		return err
	}
	return s.openDatabase(ctx)
}

func newStore(o Options, lock *os.File) *Store {
	s := &Store{
		o: o, lock: lock, kinds: map[string]*state.KindInfo{},
		committed: make(chan struct{}), stop: make(chan struct{}),
	}
	s.source = s.snapshot
	s.wake = sync.NewCond(&s.mu)
	s.queue = newCommitQueue(o.QueueLength)
	s.pace = pace{rows: o.BatchRows, most: o.BatchRows}
	for _, k := range o.Kinds {
		s.kinds[k.Name] = k
	}
	s.segments.dir, s.segments.log = filepath.Join(o.Dir, eventsFolder), o.Log
	s.events.init(o)
	s.usage.init()
	return s
}

func (s *Store) path() string { return filepath.Join(s.o.Dir, mainFile) }

// prepareFolder makes the data folder or closes it to others.
func prepareFolder(o Options) error {
	names := map[string]bool{}
	for _, k := range o.Kinds {
		if names[k.Name] {
			return fmt.Errorf("two kinds have the name %q", k.Name)
		}
		names[k.Name] = true
	}
	info, err := os.Stat(o.Dir)
	if errors.Is(err, os.ErrNotExist) {
		if !o.Create {
			return fmt.Errorf("%w: %s", ErrMissing, o.Dir)
		}
		return explain(makeFolder(o.Dir))
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%w: %s is no folder", ErrForeign, o.Dir)
	}
	if info.Mode().Perm()&0o077 != 0 {
		o.Log.Warn("the data folder was open to other users", "dir", o.Dir, "mode", info.Mode().Perm())
		return explain(os.Chmod(o.Dir, 0o700))
	}
	return nil
}

// findOrMake sees to it that there is a database.
func (s *Store) findOrMake(ctx context.Context) error {
	if there, err := exists(s.path()); err != nil || there {
		return err
	}
	for _, name := range append([]string{mainFile + "-wal", eventsFolder}, s.o.Companions...) {
		if there, err := exists(filepath.Join(s.o.Dir, name)); err != nil {
			return err
		} else if there {
			return fmt.Errorf("%w: %s has %s but no %s; restore a backup", ErrLost, s.o.Dir, name, mainFile)
		}
	}
	if !s.o.Create {
		return fmt.Errorf("%w: %s", ErrMissing, s.o.Dir)
	}
	return makeDatabase(ctx, s.path(), mainApplicationID, schema, func(tx *sql.Tx) error {
		return putMetas(tx, newMeta(s.o))
	})
}

// openDatabase opens the database and refuses what cannot be right.
func (s *Store) openDatabase(ctx context.Context) error {
	if _, err := checkHeader(s.path(), mainApplicationID); err != nil {
		return err
	}
	db, err := openWriter(s.path())
	if err != nil {
		return err
	}
	s.write = &writer{db: db}
	if s.read, err = openReader(s.path()); err != nil {
		return err
	}
	if err := checkPages(ctx, db, s.path()); err != nil {
		return err
	}
	if s.meta, err = readMeta(ctx, db); err != nil {
		return err
	}
	if s.meta.keyring != s.o.KeyringID {
		return fmt.Errorf("%w: its keyring is %q, the store's is %q", ErrWrongKey, s.o.KeyringID, s.meta.keyring)
	}
	if err := migrate(ctx, s.write, &s.meta, format, migrations); err != nil {
		return err
	}
	if err := checkTables(ctx, s.read); err != nil { // the writer may hold its one connection by now
		return err
	}
	return s.openSegments(ctx)
}

// start begins the work in the background.
func (s *Store) start() {
	go s.commitLoop()
	s.background.Go(s.eventLoop)
	s.background.Go(s.usageLoop)
	s.background.Go(s.retentionLoop)
}

// Epoch is the session epoch of the store: a session of an earlier epoch is not
// valid any more. Restoring a backup raises it.
func (s *Store) Epoch() uint64 { return s.meta.epoch }

// ID names the store, and Incarnation its history since it was made or restored.
func (s *Store) ID() string { return s.meta.id }

// Incarnation changes when the store is restored from a backup.
func (s *Store) Incarnation() string { return s.meta.incarnation }

// Close makes durable what is still in memory and gives the folder free. What
// waits in Update becomes durable first; later calls fail.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return errClosed
	}
	s.stopped = true
	close(s.stop)
	s.mu.Unlock()
	s.background.Wait()
	err := errors.Join(s.closeEvents(), s.flushUsage(context.Background()))
	s.mu.Lock()
	s.closing = true
	s.wake.Broadcast()
	s.mu.Unlock()
	<-s.committed
	return errors.Join(err, s.release())
}

func (s *Store) isStopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// release closes files and gives up the lock, last.
func (s *Store) release() error {
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.close())
	}
	errs = append(errs, s.segments.close(), s.lock.Close())
	return errors.Join(errs...)
}
