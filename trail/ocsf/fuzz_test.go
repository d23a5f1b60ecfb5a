package ocsf

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"
)

// FuzzAPIActivity: whatever a record holds, what is written is an event with all that the
// class requires, in one line.
func FuzzAPIActivity(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(a.Files[0].Data)
	}
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"eventTime":"0001-01-01T00:00:00Z","userIdentity":{"sessionContext":{"attributes":{"creationDate":"never"}}},"resources":[{}],"requestParameters":[1]}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		line, err := APIActivity(record)
		if err != nil {
			return
		}
		if !json.Valid(line) {
			t.Fatalf("%s is written as %s", record, line)
		}
		required(t, line)
	})
}
