// Package coverage tells which operations of AWS's API models are built.
//
// [Models] is generated from the models. What is built is known by whoever
// registers operations; [Markdown] puts the two together for docs/coverage.md. It
// leaves reading and writing files to its caller.
package coverage

import (
	"bytes"
	"fmt"
	"slices"
)

// Model names the operations of one service's API model, sorted.
type Model struct {
	ID         string // "iam"
	FullName   string
	Version    string
	Operations []string
}

// Service says which operations of a service are built.
type Service struct {
	ID    string // that of a Model
	Built []string
}

// Markdown writes the table of all operations of all models. It fails on a service
// or an operation that no model has, and on one named twice: the registry is wrong
// then, or the spelling.
func Markdown(services []Service) ([]byte, error) {
	built := map[string]map[string]bool{}
	for _, s := range services {
		model := modelOf(s.ID)
		if model == nil {
			return nil, fmt.Errorf("no API model of service %q", s.ID)
		}
		if built[s.ID] != nil {
			return nil, fmt.Errorf("service %s is there twice", s.ID)
		}
		built[s.ID] = map[string]bool{}
		for _, op := range s.Built {
			if _, ok := slices.BinarySearch(model.Operations, op); !ok {
				return nil, fmt.Errorf("%s has no operation %q", s.ID, op)
			}
			if built[s.ID][op] {
				return nil, fmt.Errorf("%s: operation %s is there twice", s.ID, op)
			}
			built[s.ID][op] = true
		}
	}
	return render(built), nil
}

func modelOf(id string) *Model {
	for i := range Models {
		if Models[i].ID == id {
			return &Models[i]
		}
	}
	return nil
}

func render(built map[string]map[string]bool) []byte {
	var b bytes.Buffer
	b.WriteString("# Coverage\n\nEvery operation of the API models, and whether it is built. Written by a generator; do not edit.\n\n")
	b.WriteString("| service | version | operations | built |\n|---|---|---:|---:|\n")
	for _, m := range Models {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %d | %d |\n", m.FullName, m.ID, m.Version, len(m.Operations), len(built[m.ID]))
	}
	for _, m := range Models {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| operation | built |\n|---|---|\n", m.ID, m.FullName)
		for _, op := range m.Operations {
			mark := "no"
			if built[m.ID][op] {
				mark = "yes"
			}
			fmt.Fprintf(&b, "| %s | %s |\n", op, mark)
		}
	}
	return b.Bytes()
}
