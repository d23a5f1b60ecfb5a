package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/keyreeve/keyreeve/state"
)

// rowsAtOnce is how many rows one statement writes at the most: one statement for
// many rows costs much less than one for each.
const rowsAtOnce = 16

// manyRows is a statement for up to rowsAtOnce rows of the same number of columns:
// manyRows[n] is the one for n rows.
type manyRows [rowsAtOnce + 1]string

// inserts is INSERT for many rows: begin up to VALUES, a group of columns for each
// row, and end.
func inserts(begin string, columns int, end string) *manyRows {
	return each(begin, "("+listed("?", columns)+")", end)
}

// each puts a text between begin and end once for each row.
func each(begin, row, end string) *manyRows {
	var m manyRows
	for n := 1; n <= rowsAtOnce; n++ {
		m[n] = begin + listed(row, n) + end
	}
	return &m
}

func listed(text string, n int) string {
	return strings.TrimSuffix(strings.Repeat(text+", ", n), ", ")
}

// execMany runs a statement for rows 0 to n-1, whose values are what args appends.
// It takes them in pieces of rowsAtOnce, and what is left over in pieces of half
// the size each, so that few different statements are prepared.
func (w *writer) execMany(ctx context.Context, m *manyRows, n int, args func(to []any, row int) []any) error {
	size := rowsAtOnce
	for row := 0; row < n; row += size {
		for size > n-row {
			size /= 2
		}
		w.args = w.args[:0]
		for i := range size {
			w.args = args(w.args, row+i)
		}
		_, err := w.exec(ctx, m[size], w.args...)
		clear(w.args)
		if err != nil {
			return err
		}
	}
	return nil
}

// Values of history.change.
const (
	changePut      = 1
	changeGone     = 2
	changeWithheld = 3 // a put of a secret kind, whose value is not kept
	changeBase     = 4 // no change: where history begins, see base
)

// batchRow is a row of a batch: whose it is, and when it changed.
type batchRow struct {
	row
	id        state.AggregateID
	aggregate string // text of id
	revision  uint64
	time      int64
}

// rowsOf lists the rows of a batch in the order in which they changed.
func rowsOf(batch []*commit) []batchRow {
	var rows []batchRow
	for _, c := range batch {
		for _, w := range c.writes {
			text := w.id.String()
			for _, r := range w.rows {
				rows = append(rows, batchRow{r, w.id, text, w.next.Revision(), c.time})
			}
		}
	}
	return rows
}

// lastOfEach keeps, of several changes of an entity, the last.
func lastOfEach(rows []batchRow) []batchRow {
	type entity struct{ aggregate, kind, key string }
	last := make(map[entity]int, len(rows))
	for i, r := range rows {
		last[entity{r.aggregate, r.kind.Name, r.key}] = i
	}
	if len(last) == len(rows) {
		return rows
	}
	kept := make([]batchRow, 0, len(last))
	for i, r := range rows {
		if last[entity{r.aggregate, r.kind.Name, r.key}] == i {
			kept = append(kept, r)
		}
	}
	return kept
}

// writeEntities gives entities their new values. Each is there once, so their
// order makes no difference.
func (s *Store) writeEntities(ctx context.Context, rows []batchRow) error {
	puts := make([]batchRow, 0, len(rows))
	for _, r := range rows {
		if r.value != nil {
			puts = append(puts, r)
			continue
		}
		if _, err := s.write.exec(ctx, deleteEntity, r.aggregate, r.kind.Name, r.key); err != nil {
			return fmt.Errorf("%s: %s %q: %w", r.aggregate, r.kind.Name, r.key, err)
		}
	}
	err := s.write.execMany(ctx, putEntities, len(puts), func(to []any, i int) []any {
		r := &puts[i]
		kind, version := r.kind.Name, r.kind.Version
		return append(to, r.aggregate, kind, r.key, version, r.value, checksum(r.id, kind, r.key, version, r.value))
	})
	if err != nil {
		return fmt.Errorf("%d entities, the first of %s: %w", len(puts), puts[0].aggregate, err)
	}
	return nil
}

// writeHistory adds what each revision changed.
func (s *Store) writeHistory(ctx context.Context, rows []batchRow) error {
	err := s.write.execMany(ctx, insertHistory, len(rows), func(to []any, i int) []any {
		r := &rows[i]
		kind := r.kind.Name
		change, version, kept := changePut, r.kind.Version, r.value
		if r.kind.Secret {
			change, kept = changeWithheld, nil
			s.counters.secrets.Store(true)
		}
		if r.value == nil {
			change, version = changeGone, 0
		}
		return append(to, r.aggregate, r.revision, kind, r.key, r.time, change, version, kept, checksum(r.id, kind, r.key, version, kept))
	})
	if err != nil {
		return fmt.Errorf("history of %d changes, the first of %s: %w", len(rows), rows[0].aggregate, err)
	}
	return nil
}
