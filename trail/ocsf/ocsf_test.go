package ocsf

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what events are to testdata")

// TestAPIActivity reads testdata: a record, and the event that it is.
func TestAPIActivity(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			line, err := APIActivity(a.Files[0].Data)
			if err != nil {
				t.Fatal(err)
			}
			required(t, line)
			var shown bytes.Buffer
			if err := json.Indent(&shown, line, "", "  "); err != nil {
				t.Fatal(err)
			}
			shown.WriteByte('\n')
			if *update {
				a.Files = []txtar.File{a.Files[0], {Name: "event.json", Data: shown.Bytes()}}
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(strings.Split(string(a.Files[1].Data), "\n"), strings.Split(shown.String(), "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// required holds an event to what the class requires.
func required(t *testing.T, line []byte) {
	t.Helper()
	var e map[string]any
	if err := json.Unmarshal(line, &e); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time", "metadata", "actor", "api", "src_endpoint", "cloud"} {
		if _, ok := e[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
	if e["type_uid"] != e["class_uid"].(float64)*100+e["activity_id"].(float64) {
		t.Errorf("type_uid is %v", e["type_uid"])
	}
}

func TestNoRecord(t *testing.T) {
	if _, err := APIActivity([]byte("user")); err == nil {
		t.Error("what is no record was written")
	}
}
