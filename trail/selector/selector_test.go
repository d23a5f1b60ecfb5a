package selector

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestMatch reads testdata: selectors, and records that they log and do not log.
func TestMatch(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files of cases: %v", len(files), err)
	}
	for _, file := range files {
		if filepath.Base(file) != "refused.txtar" {
			t.Run(filepath.Base(file), func(t *testing.T) { testMatch(t, parsed(t, file)) })
		}
	}
}

func parsed(t *testing.T, file string) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func testMatch(t *testing.T, a *txtar.Archive) {
	set := setOf(t, a.Files[0].Data)
	if wrong := set.Check(); wrong != "" && set.Custom() {
		t.Fatalf("the selectors: %s", wrong)
	}
	if len(a.Files) != 3 || a.Files[1].Name != "logged" || a.Files[2].Name != "not logged" {
		t.Fatal("want the files selectors.json, logged and not logged")
	}
	for _, f := range a.Files[1:] {
		for _, record := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
			e, err := Read([]byte(record))
			if err != nil {
				t.Fatalf("%s: %v", record, err)
			}
			if got, want := set.Match(&e), f.Name == "logged"; got != want {
				t.Errorf("%s: logged %t, want %t", record, got, want)
			}
		}
	}
}

func setOf(t *testing.T, text []byte) (s Set) {
	t.Helper()
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func TestRefused(t *testing.T) {
	for _, f := range parsed(t, "testdata/refused.txtar").Files {
		if got := setOf(t, f.Data).Check(); !strings.Contains(got, f.Name) {
			t.Errorf("%s is answered %q, want %q", f.Data, got, f.Name)
		}
	}
	many := Basic{Resources: []DataResource{{Type: "AWS::S3::Object", Values: make([]string, 251)}}}
	for i := range many.Resources[0].Values {
		many.Resources[0].Values[i] = "arn:aws:s3:::papers/"
	}
	if got := (Set{Basic: []Basic{many}}).Check(); !strings.Contains(got, "cannot exceed 250") {
		t.Errorf("251 data resources: %q", got)
	}
}
