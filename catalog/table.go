package catalog

import (
	"fmt"
	"iter"
	"strings"
)

// rows walks a table: each line's cells, exactly n of them. The slice is used
// again for the next line.
func rows(table string, n int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		cells := make([]string, 0, n)
		for table != "" {
			line, rest, _ := strings.Cut(table, "\n")
			table = rest
			cells = split(cells[:0], line, '\t')
			if len(cells) != n {
				panic(broken("table", fmt.Errorf("%d cells, not %d, in %q", len(cells), n, line)))
			}
			if !yield(cells) {
				return
			}
		}
	}
}

// split appends the cells of line to cells.
func split(cells []string, line string, sep byte) []string {
	for {
		i := strings.IndexByte(line, sep)
		if i < 0 {
			return append(cells, line)
		}
		cells = append(cells, line[:i])
		line = line[i+1:]
	}
}

// full is the content of a cell, "-" being an empty one.
func full(cell string) string {
	if cell == "-" {
		return ""
	}
	return cell
}

// broken is what a release that does not decode is reported with.
func broken(what string, err error) error {
	return fmt.Errorf("catalog: embedded %s: %w", what, err)
}

// folded is the form in which names are compared: ASCII letters in lower case.
// No name that AWS publishes has other letters.
func folded(name string) string { return string(fold(nil, name)) }

// fold appends name, folded, to buf: with a buffer on the stack, and used to index
// a map, it allocates nothing.
func fold(buf []byte, name string) []byte {
	for i := 0; i < len(name); i++ {
		buf = append(buf, lower(name[i]))
	}
	return buf
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
