package store

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMigrationsRunInOrderAndOnce(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "m.db")
	if err := makeDatabase(ctx, path, mainApplicationID, schema, nil); err != nil {
		t.Fatal(err)
	}
	db, err := openWriter(path)
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{db: db}
	defer w.close()
	broken := errors.New("broken")
	fail := true
	steps := map[int]func(context.Context, *writer) error{
		1: func(ctx context.Context, w *writer) error {
			_, err := w.exec(ctx, `CREATE TABLE two (id TEXT NOT NULL, PRIMARY KEY (id))`)
			return err
		},
		2: func(ctx context.Context, w *writer) error {
			if _, err := w.exec(ctx, `CREATE TABLE three (id TEXT NOT NULL, PRIMARY KEY (id))`); err != nil || !fail {
				return err
			}
			return broken
		},
	}
	m := meta{format: 1}
	if err := migrate(ctx, w, &m, 3, steps); !errors.Is(err, broken) || m.format != 2 {
		t.Fatalf("error %v at format %d, want the step's at 2", err, m.format)
	}
	fail = false
	if err := migrate(ctx, w, &m, 3, steps); err != nil || m.format != 3 {
		t.Fatalf("error %v at format %d, want none at 3", err, m.format)
	}
	var stored string
	if err := w.conn.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'format'`).Scan(&stored); err != nil || stored != "3" {
		t.Errorf("format %q is stored, %v", stored, err)
	}
	if err := migrate(ctx, w, &m, 5, steps); err == nil || !strings.Contains(err.Error(), "format 3 is too old") {
		t.Errorf("error %v, want one that names the format", err)
	}
}

// Every format before the present one has its step.
func TestMigrationsAreComplete(t *testing.T) {
	for f := 1; f < format; f++ {
		if migrations[f] == nil {
			t.Errorf("there is no way on from format %d", f)
		}
	}
	if len(migrations) != format-1 {
		t.Errorf("%d migrations, want %d", len(migrations), format-1)
	}
}

// A process that is killed when a segment has just become one of format 4 leaves a file
// whose header says 3, and the rest in its log.
func TestSegmentOfFormat3BecameOneOf4JustBeforeTheEnd(t *testing.T) {
	ctx := t.Context()
	g := &segments{dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	const day = "2026-03-14"
	old := filepath.Join(t.TempDir(), "old.db")
	if _, err := copyFile("testdata/golden/v3/events/"+day+".db", old); err != nil {
		t.Fatal(err)
	}
	db, err := openWriter(old)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, freshTable+`; PRAGMA user_version = 4`); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		if _, err := copyFile(old+suffix, g.path(day)+suffix); err != nil {
			t.Fatal(err)
		}
	}
	if version, err := checkHeader(g.path(day), segmentApplicationID); version != 3 || err != nil {
		t.Fatalf("the header says %d, %v", version, err)
	}
	for range 2 {
		if err := g.migrate(ctx, day); err != nil {
			t.Fatal(err)
		}
	}
	if version, err := checkHeader(g.path(day), segmentApplicationID); version != segmentFormat || err != nil {
		t.Errorf("the header says %d, %v", version, err)
	}
	if err := g.write(ctx, []Event{{ID: "new", Time: time.Date(2026, 3, 14, 1, 0, 0, 0, time.UTC), Account: "a", Record: []byte("{}")}}); err != nil {
		t.Error(err)
	}
	if err := g.close(); err != nil {
		t.Error(err)
	}
}
