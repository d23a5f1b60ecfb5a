package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// writeCoverage writes the names of all operations of all models.
func writeCoverage(dir string, all map[string]*model) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprint(&b, "package coverage\n\n// Models lists every operation of every API model, by service.\nvar Models = []Model{\n")
	var files []string
	for _, service := range counted {
		m := all[service]
		files = append(files, m.file)
		fmt.Fprintf(&b, "{ID: %q, FullName: %q, Version: %q, Operations: []string{\n", service, m.Model.Metadata.ServiceFull, m.Model.Metadata.APIVersion)
		for _, op := range slices.Sorted(maps.Keys(m.Model.Operations)) {
			fmt.Fprintf(&b, "%q,\n", op)
		}
		fmt.Fprint(&b, "}},\n")
	}
	fmt.Fprint(&b, "}\n")
	return save(filepath.Join(dir, "names.go"), strings.Join(files, ", models/"), b.Bytes())
}
