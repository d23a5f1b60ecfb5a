package keyreeve_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// layers is layers.txt: folders in order, and rules.
//
//	layer: what it is           starts a layer
//	<tab>folder  what it is     a folder of it, or "folder/..." for all below it
//	only A import B: reason     nobody but A may
//	A never import B: reason    A may not import package B
//	A never use B: reason       A may not use package.Name B
//	A may import B: reason      an exception to "never"
//
// A and B are lists; A is of folders or layers. The verbs may have an s.
type layers struct {
	folders []folder
	layers  []string
	rules   []rule
}

type folder struct {
	path      string // "service/..." is all below service
	layer     string
	generated bool // its text starts with "generated:"
}

type rule struct {
	kind    string   // "only", "never import", "never use", "may import"
	who     []string // folders and layers
	what    []string // packages or package.Name; for "only", folders
	because string
}

var (
	layerLine = regexp.MustCompile(`^(\w+): .+$`)
	onlyLine  = regexp.MustCompile(`^only (.+) imports? ([^:]+): (.+)$`)
	whoLine   = regexp.MustCompile(`^(.+?) (never|may) (import|use)s? ([^:]+): (.+)$`)
)

func parseLayers(text string) (*layers, error) {
	l := &layers{}
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := l.line(line); err != nil {
			return nil, fmt.Errorf("layers.txt:%d: %w", i+1, err)
		}
	}
	return l, l.complete()
}

func (l *layers) line(line string) error {
	if entry, ok := strings.CutPrefix(line, "\t"); ok {
		return l.folderLine(entry)
	}
	if m := layerLine.FindStringSubmatch(line); m != nil {
		l.layers = append(l.layers, m[1])
		return nil
	}
	r, err := parseRule(line)
	l.rules = append(l.rules, r)
	return err
}

func (l *layers) folderLine(entry string) error {
	path, about, _ := strings.Cut(entry, " ")
	about = strings.TrimSpace(about)
	switch {
	case len(l.layers) == 0:
		return fmt.Errorf("folder %s stands before the first layer", path)
	case about == "":
		return fmt.Errorf("folder %s: the line says nothing about it", path)
	case slices.ContainsFunc(l.folders, func(f folder) bool { return f.path == path }):
		return fmt.Errorf("folder %s is listed twice", path)
	}
	l.folders = append(l.folders, folder{path, l.layers[len(l.layers)-1], strings.HasPrefix(about, "generated:")})
	return nil
}

func parseRule(line string) (rule, error) {
	if m := onlyLine.FindStringSubmatch(line); m != nil {
		return rule{"only", list(m[1]), list(m[2]), m[3]}, nil
	}
	m := whoLine.FindStringSubmatch(line)
	if m == nil {
		return rule{}, fmt.Errorf("%q is not understood; a rule is \"only A import B: reason\" or \"A never import B: reason\"", line)
	}
	r := rule{m[2] + " " + m[3], list(m[1]), list(m[4]), m[5]}
	for _, name := range r.what {
		if m[3] == "use" && !strings.Contains(name, ".") {
			return rule{}, fmt.Errorf("%q is no package.Name", name)
		}
	}
	return r, nil
}

func list(s string) []string { return strings.Split(s, ", ") }

// complete finds what would leave a rule without effect: a name that nothing
// bears, or a layer without folders.
func (l *layers) complete() error {
	if len(l.folders) == 0 {
		return fmt.Errorf("layers.txt lists no folders")
	}
	for _, name := range l.layers {
		if !slices.ContainsFunc(l.folders, func(f folder) bool { return f.layer == name }) {
			return fmt.Errorf("layers.txt: layer %s is empty", name)
		}
	}
	for _, r := range l.rules {
		names := r.who
		if r.kind == "only" {
			names = slices.Concat(names, r.what)
		}
		for _, name := range names {
			if !l.known(name) {
				return fmt.Errorf("layers.txt: no folder or layer %s, named in a rule", name)
			}
		}
	}
	return nil
}

func (l *layers) known(name string) bool {
	return slices.Contains(l.layers, name) || slices.ContainsFunc(l.folders, func(f folder) bool { return f.path == name })
}

// place is the position of a folder in the list, or -1. A line for the folder
// itself goes before a line for all below one above it.
func (l *layers) place(path string) int {
	best := -1
	for i, f := range l.folders {
		if f.path == path {
			return i
		}
		if covers(f.path, path) {
			best = i
		}
	}
	return best
}

// covers reports whether a name in the text means path.
func covers(name, path string) bool {
	if above, ok := strings.CutSuffix(name, "..."); ok {
		return strings.HasPrefix(path, above)
	}
	return name == path
}

// about reports whether a rule about who speaks of a folder.
func (l *layers) about(who []string, path string) bool {
	at := l.place(path)
	return slices.ContainsFunc(who, func(name string) bool {
		return covers(name, path) || at >= 0 && l.folders[at].layer == name
	})
}
