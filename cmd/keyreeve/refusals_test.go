package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what is said now into the pages of testdata/refusals")

// TestRefusals pipes the cases of each page of testdata/refusals through decide
// --output text and compares what people are told, word by word. After a change:
//
//	go test ./cmd/keyreeve -run Refusals -update
//
// and then read every line of the difference: would a good colleague say it so?
func TestRefusals(t *testing.T) {
	files, err := filepath.Glob("testdata/refusals/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d pages: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			page, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			if err := decideForPeople(strings.NewReader(string(page.Files[0].Data)), &said, false); err != nil {
				t.Fatal(err)
			}
			want := ""
			if len(page.Files) > 1 {
				want = string(page.Files[1].Data)
			}
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(said.String(), "\n")); diff != "" && !*update {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if *update {
				page.Files = []txtar.File{page.Files[0], {Name: "said", Data: []byte(said.String())}}
				if err := os.WriteFile(file, txtar.Format(page), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
