package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sources is where the data that releases are made from is kept, beside the
// repository.
const sources = "../../../shared/data"

// TestRegenerate makes the newest release again. Its tables must be the same to the
// byte. Packs are compared by what is in them, since compress/flate may find a
// shorter form one day; so are not the digests.
func TestRegenerate(t *testing.T) {
	if _, err := os.Stat(sources); err != nil {
		t.Skipf("the sources are not here: %v", err)
	}
	const id = "2026-09-26"
	out := t.TempDir()
	if err := generate(id, sources, "service_linked_roles.tsv", out); err != nil {
		t.Fatal(err)
	}
	want, got := folder(t, filepath.Join("..", "data", id)), folder(t, filepath.Join(out, id))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("go generate ./catalog makes another release (-committed +made):\n%.4000s", diff)
	}
}

// folder reads a release: packs inflated, release.tsv without digests.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]string{}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.HasSuffix(f.Name(), ".pack"):
			data = bytes.Join(unpack(t, data), []byte("\n-- piece --\n"))
		case f.Name() == "release.tsv":
			data, _, _ = bytes.Cut(data, []byte("sha256"))
		}
		content[f.Name()] = string(data)
	}
	return content
}
