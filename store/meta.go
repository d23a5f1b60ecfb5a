package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strconv"
	"time"
)

// format is the version of the data folder that this code writes. Whoever
// raises it adds the step from the version before to migrations, and a golden
// folder to testdata.
const format = 3

// migrations has, by the format they start from, the steps to the next one.
var migrations = map[int]func(context.Context, *writer) error{
	1: func(ctx context.Context, w *writer) error { // events got what was asked
		_, err := w.exec(ctx, `ALTER TABLE staged ADD COLUMN asked BYTEA`)
		return err
	},
	2: func(ctx context.Context, w *writer) error { // events wait in blocks
		rows, err := w.conn.QueryContext(ctx, `SELECT time, id, account, record, asked FROM staged ORDER BY time, id`)
		if err != nil {
			return err
		}
		events, err := scanEvents(rows)
		if err != nil {
			return err
		}
		for _, statement := range []string{`DROP TABLE staged`, stagedTable} {
			if _, err := w.exec(ctx, statement); err != nil {
				return err
			}
		}
		_, err = w.stage(ctx, events)
		return err
	},
}

// meta is what a store knows about itself.
type meta struct {
	format      int
	id          string // of the store, for good
	incarnation string // of its history: a restore begins a new one
	keyring     string
	epoch       uint64
}

// newMeta is the rows of a new store.
func newMeta(o Options) map[string]string {
	return map[string]string{
		"format":      strconv.Itoa(format),
		"store":       rand.Text(),
		"incarnation": rand.Text(),
		"keyring":     o.KeyringID,
		"epoch":       "0",
		"version":     o.Version,
		"created":     o.Now().UTC().Format(time.RFC3339),
	}
}

func putMetas(tx *sql.Tx, values map[string]string) error {
	for name, value := range values {
		if _, err := tx.Exec(putMeta, name, value); err != nil {
			return err
		}
	}
	return nil
}

// readMeta reads the rows of a store and refuses what cannot be right.
func readMeta(ctx context.Context, db *sql.DB) (meta, error) {
	rows, err := db.QueryContext(ctx, `SELECT name, value FROM meta`)
	if err != nil {
		return meta{}, fmt.Errorf("%w: meta: %w", ErrDamaged, err)
	}
	defer rows.Close()
	values := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return meta{}, fmt.Errorf("%w: meta: %w", ErrDamaged, err)
		}
		values[name] = value
	}
	if err := rows.Err(); err != nil {
		return meta{}, fmt.Errorf("%w: meta: %w", ErrDamaged, err)
	}
	return parseMeta(values)
}

func parseMeta(values map[string]string) (m meta, err error) {
	if m.format, err = strconv.Atoi(values["format"]); err != nil || m.format < 1 {
		return meta{}, fmt.Errorf("%w: meta: format %q", ErrDamaged, values["format"])
	}
	if m.format > format {
		return meta{}, fmt.Errorf("%w: its format is %d, this version reads up to %d", ErrNewerFormat, m.format, format)
	}
	if m.epoch, err = strconv.ParseUint(values["epoch"], 10, 64); err != nil {
		return meta{}, fmt.Errorf("%w: meta: epoch %q", ErrDamaged, values["epoch"])
	}
	m.id, m.incarnation, m.keyring = values["store"], values["incarnation"], values["keyring"]
	if m.id == "" || m.incarnation == "" {
		return meta{}, fmt.Errorf("%w: meta has no store or incarnation", ErrDamaged)
	}
	return m, nil
}

// migrate brings an older format to the present one, a step a transaction.
func migrate(ctx context.Context, w *writer, m *meta, to int, steps map[int]func(context.Context, *writer) error) error {
	for ; m.format < to; m.format++ {
		step, ok := steps[m.format]
		if !ok {
			return fmt.Errorf("format %d is too old for this version", m.format)
		}
		err := w.transact(ctx, func(ctx context.Context) error {
			if err := step(ctx, w); err != nil {
				return err
			}
			_, err := w.exec(ctx, putMeta, "format", strconv.Itoa(m.format+1))
			return err
		})
		if err != nil {
			return fmt.Errorf("migrate from format %d: %w", m.format, err)
		}
	}
	return nil
}
