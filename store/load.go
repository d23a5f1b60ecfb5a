package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"

	"github.com/keyreeve/keyreeve/state"
)

// What an aggregate and an entity are reckoned to take in memory beside the
// stored form of values.
const (
	aggregateOverhead = 1 << 10
	entityOverhead    = 200
)

// loaded gives the published state of an aggregate after loading it, once
// however many ask. An error is not kept: who asks next tries again.
func (s *Store) loaded(a *aggregate) (*state.Snapshot, error) {
	a.load.Lock()
	defer a.load.Unlock()
	if snap := a.published.Load(); snap != nil {
		return snap, nil
	}
	snap, size, err := s.readAggregate(context.Background(), a.id)
	if err != nil {
		return nil, loadError(a.id, explain(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.pending = snap
	a.published.Store(snap)
	a.used.Store(s.clock.Add(1))
	if !a.gone {
		a.bytes = size
		s.loadedBytes += size
		s.counters.loaded.Add(1)
		a.users++ // not the one that was just loaded
		s.dropIdle()
		a.users--
	}
	return snap, nil
}

// loadError is an internal failure if the state cannot be understood, and
// ServiceUnavailable if it cannot be had at the moment.
func loadError(id state.AggregateID, err error) error {
	err = fmt.Errorf("load %s: %w", id, err)
	if errors.Is(err, ErrDamaged) || errors.Is(err, errUnknownKind) {
		return err
	}
	return unavailable(err)
}

// readAggregate reads the state of an aggregate in one transaction.
func (s *Store) readAggregate(ctx context.Context, id state.AggregateID) (*state.Snapshot, int64, error) {
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, 0, err
	}
	defer tx.Rollback()
	var revision uint64
	var entities int
	err = tx.QueryRowContext(ctx, `SELECT revision, entities FROM aggregates WHERE id = ?`, id.String()).Scan(&revision, &entities)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, 0, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT kind, key, version, value, checksum FROM entities WHERE aggregate = ? ORDER BY kind, key`, id.String())
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	l := loading{kinds: s.kinds, id: id, loader: state.Load(id, revision)}
	if err := l.run(rows); err != nil {
		return nil, 0, err
	}
	if l.entities != entities {
		return nil, 0, fmt.Errorf("%w: %d entities of %s, want %d", ErrDamaged, l.entities, id, entities)
	}
	return l.loader.Snapshot(), l.bytes + aggregateOverhead, nil
}

// loading turns rows into a snapshot: one goroutine reads rows, some decode
// them, and the caller's adds them in order.
type loading struct {
	kinds    map[string]*state.KindInfo
	id       state.AggregateID
	loader   *state.Loader
	entities int
	bytes    int64
}

// chunk is some neighbouring rows.
type chunk struct {
	rows    []stored
	values  []any
	err     error
	decoded chan struct{}
}

// stored is an entity's row.
type stored struct {
	kind    *state.KindInfo
	key     string
	version int
	value   []byte
	sum     uint32
}

const chunkRows = 256

func (l *loading) run(rows *sql.Rows) error {
	workers := min(runtime.GOMAXPROCS(0), 4)
	decode := make(chan *chunk, workers)
	inOrder := make(chan *chunk, 2*workers)
	for range workers {
		go func() {
			for c := range decode {
				c.decode(l.id)
			}
		}()
	}
	go func() {
		defer close(inOrder)
		defer close(decode)
		l.read(rows, func(c *chunk) {
			c.decoded = make(chan struct{})
			decode <- c
			inOrder <- c
		})
	}()
	var err error
	for c := range inOrder { // to the end also after an error, to let all go
		<-c.decoded
		if err == nil {
			err = l.add(c)
		}
	}
	return err
}

// read cuts rows into chunks.
func (l *loading) read(rows *sql.Rows, emit func(*chunk)) {
	c := &chunk{}
	var kind, value sql.RawBytes
	var last *state.KindInfo
	for rows.Next() {
		var row stored
		if c.err = rows.Scan(&kind, &row.key, &row.version, &value, &row.sum); c.err != nil {
			break
		}
		if last == nil || last.Name != string(kind) {
			if last = l.kinds[string(kind)]; last == nil {
				c.err = fmt.Errorf("%w: %q", errUnknownKind, kind)
				break
			}
			if last.Of != l.id.Type() {
				c.err = fmt.Errorf("%w: a %s in %s", ErrDamaged, kind, l.id)
				break
			}
		}
		row.kind, row.value = last, bytes.Clone(value)
		if c.rows = append(c.rows, row); len(c.rows) == chunkRows {
			emit(c)
			c = &chunk{rows: make([]stored, 0, chunkRows)}
		}
	}
	if c.err == nil {
		c.err = rows.Err()
	}
	emit(c)
}

func (c *chunk) decode(id state.AggregateID) {
	defer close(c.decoded)
	c.values = make([]any, len(c.rows))
	for i, row := range c.rows {
		if checksum(id, row.kind.Name, row.key, row.version, row.value) != row.sum {
			c.err = fmt.Errorf("%w: %s %q is not as it was written", ErrDamaged, row.kind.Name, row.key)
			return
		}
		v, err := row.kind.Decode(row.version, row.value)
		if err != nil {
			c.err = fmt.Errorf("%w: %q: %w", ErrDamaged, row.key, err)
			return
		}
		c.values[i] = v
	}
}

func (l *loading) add(c *chunk) error {
	if c.err != nil {
		return c.err
	}
	for i, row := range c.rows {
		l.loader.Add(row.kind, row.key, c.values[i])
		l.bytes += int64(len(row.value)+len(row.key)) + entityOverhead
	}
	l.entities += len(c.rows)
	return nil
}
