package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// writer is the one connection that writes to a database. Its transactions are
// spelled out rather than database/sql's, because after a COMMIT that failed
// one has to know in which state the connection is: it is thrown away.
type writer struct {
	db         *sql.DB
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	fault      func(step string) error // of tests: fails a step
	commitTime time.Duration           // of the last COMMIT, which waits for the disk
	args       []any                   // room for what execMany hands over
}

// doubtful is the error of a COMMIT: the transaction may have happened.
type doubtful struct{ error }

func (d doubtful) Unwrap() error { return d.error }

// transact runs do in a transaction. If the error is doubtful, the transaction
// may have happened; after any other error it has not.
func (w *writer) transact(ctx context.Context, do func(context.Context) error) error {
	if err := w.begin(ctx); err != nil {
		w.drop()
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(ctx); err != nil {
		w.drop()
		return err
	}
	if err := w.commit(ctx); err != nil {
		w.drop()
		return doubtful{fmt.Errorf("commit: %w", err)}
	}
	return nil
}

func (w *writer) begin(ctx context.Context) error {
	if err := w.step("begin"); err != nil {
		return err
	}
	if w.conn == nil {
		conn, err := w.db.Conn(ctx)
		if err != nil {
			return err
		}
		w.conn, w.statements = conn, map[string]*sql.Stmt{}
	}
	_, err := w.exec(ctx, "BEGIN IMMEDIATE")
	return err
}

func (w *writer) commit(ctx context.Context) error {
	if err := w.step("commit"); err != nil {
		return err
	}
	start := time.Now()
	if _, err := w.exec(ctx, "COMMIT"); err != nil {
		return err
	}
	w.commitTime = time.Since(start)
	return w.step("committed")
}

func (w *writer) step(name string) error {
	if w.fault == nil {
		return nil
	}
	return w.fault(name)
}

// exec runs a prepared statement and tells how many rows it changed.
func (w *writer) exec(ctx context.Context, query string, args ...any) (int64, error) {
	statement, ok := w.statements[query]
	if !ok {
		var err error
		if statement, err = w.conn.PrepareContext(ctx, query); err != nil {
			return 0, err
		}
		w.statements[query] = statement
	}
	result, err := statement.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// drop ends the connection, and with it an open transaction.
func (w *writer) drop() {
	if w.conn == nil {
		return
	}
	w.conn.ExecContext(context.Background(), "ROLLBACK") // fails if there is none
	for _, s := range w.statements {
		s.Close()
	}
	w.conn.Raw(func(any) error { return driver.ErrBadConn })
	w.conn.Close()
	w.conn, w.statements = nil, nil
}

func (w *writer) close() error {
	if w.conn != nil {
		for _, s := range w.statements {
			s.Close()
		}
		if err := w.conn.Close(); err != nil {
			return errors.Join(err, w.db.Close())
		}
	}
	return w.db.Close()
}
