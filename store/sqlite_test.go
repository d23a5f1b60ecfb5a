package store

import (
	"path/filepath"
	"testing"
)

// What durability and deletion rest on.
func TestWriterHasItsSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "with ? and # and %.db")
	if err := makeDatabase(t.Context(), path, mainApplicationID, schema, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := checkHeader(path, mainApplicationID); err != nil {
		t.Fatal(err)
	}
	db, err := openWriter(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "foreign_keys": "0",
	} {
		var got string
		if err := db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", pragma, got, want, err)
		}
	}
}
