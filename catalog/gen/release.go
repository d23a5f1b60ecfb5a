package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// release is the folder being made: its files and the facts of release.tsv.
type release struct {
	id    string
	facts [][2]string
	files map[string][]byte
}

func newRelease(id string) *release {
	return &release{id: id, facts: [][2]string{{"id", id}}, files: map[string][]byte{}}
}

// fact records a line of release.tsv.
func (r *release) fact(name string, value any) {
	r.facts = append(r.facts, [2]string{name, fmt.Sprint(value)})
}

// write puts the files in place, and a release.tsv with their digests.
func (r *release) write(out string) error {
	if _, err := time.Parse(time.DateOnly, r.id); err != nil {
		return fmt.Errorf("release id: %w", err)
	}
	dir := filepath.Join(out, r.id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		r.fact("sha256 "+name, fmt.Sprintf("%x", sha256.Sum256(r.files[name])))
		if err := os.WriteFile(filepath.Join(dir, name), r.files[name], 0o644); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	for _, f := range r.facts {
		row(&b, f[0], f[1])
	}
	return os.WriteFile(filepath.Join(dir, "release.tsv"), b.Bytes(), 0o644)
}

// row writes a line of tab-separated cells. A cell with a tab or line feed would
// be read back as something else, so it ends the run.
func row(b *bytes.Buffer, cells ...string) {
	for _, c := range cells {
		if strings.ContainsAny(c, "\t\n\r") {
			panic(fmt.Sprintf("cell with a separator: %q", c))
		}
	}
	b.WriteString(strings.Join(cells, "\t"))
	b.WriteByte('\n')
}

// orDash is how an empty cell is written, so that a reader sees it.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// readGzip gives the content of a gzip file.
func readGzip(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return io.ReadAll(z)
}

// strict decodes JSON and refuses a field that the generator does not know: a
// source that gained a field is looked at by a person, not silently cut down.
func strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
