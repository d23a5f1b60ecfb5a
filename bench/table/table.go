package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// result is one benchmark: all values of each unit that its runs reported.
type result struct {
	name   string
	values map[string][]float64
}

// results are in the order in which they came.
type results []*result

// line is a line of a benchmark: name, iterations, then pairs of value and unit. The
// number of processors behind the name is not part of it.
var line = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// read collects benchmarks. A run that failed makes the table one of something else,
// so it is an error.
func read(in io.Reader) (results, error) {
	var all results
	scanner := bufio.NewScanner(in)
	for scanner.Scan() {
		text := scanner.Text()
		if strings.HasPrefix(text, "--- FAIL") || strings.HasPrefix(text, "FAIL") || strings.HasPrefix(text, "panic:") {
			return nil, fmt.Errorf("a run failed: %s", text)
		}
		found := line.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		if err := all.of(found[1]).add(strings.Fields(found[2])); err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
	}
	if len(all) == 0 && scanner.Err() == nil {
		return nil, errors.New("no benchmark in the input")
	}
	return all, scanner.Err()
}

// of gives the benchmark with a name, a new one if it is the first time.
func (r *results) of(name string) *result {
	if found := r.find(name); found != nil {
		return found
	}
	added := &result{name: name, values: map[string][]float64{}}
	*r = append(*r, added)
	return added
}

func (r results) find(name string) *result {
	if i := slices.IndexFunc(r, func(x *result) bool { return x.name == name }); i >= 0 {
		return r[i]
	}
	return nil
}

func (r *result) add(pairs []string) error {
	for ; len(pairs) >= 2; pairs = pairs[2:] {
		v, err := strconv.ParseFloat(pairs[0], 64)
		if err != nil {
			return err
		}
		r.values[pairs[1]] = append(r.values[pairs[1]], v)
	}
	return nil
}

// median is that of a unit, and whether it was reported.
func (r *result) median(unit string) (float64, bool) {
	v := slices.Sorted(slices.Values(r.values[unit]))
	if len(v) == 0 {
		return 0, false
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2, true
}

// floorOf is the floor that stands beside a benchmark, if there is one.
func (r results) floorOf(name string) *result {
	i := strings.LastIndexByte(name, '/')
	if i < 0 || name[i:] == "/floor" {
		return nil
	}
	return r.find(name[:i] + "/floor")
}

// ratio is which part of its floor's speed a benchmark reaches.
func ratio(floor, r *result) (float64, bool) {
	if f, ok := floor.median("ops/s"); ok && f > 0 {
		v, ok := r.median("ops/s")
		return v / f, ok
	}
	f, _ := floor.median("ns/op")
	v, ok := r.median("ns/op")
	return f / v, ok && v > 0
}

func write(out io.Writer, all results) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "benchmark\truns\tops/s\ttime/op\tp50\tp99\tof the floor\t")
	for _, r := range all {
		ops, p50, p99 := r.shown("ops/s", "%.0f"), r.shown("p50-us", "%.0f µs"), r.shown("p99-us", "%.0f µs")
		share := ""
		if floor := all.floorOf(r.name); floor != nil {
			if x, ok := ratio(floor, r); ok {
				share = fmt.Sprintf("%.2f", x)
			}
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t\n", r.name, len(r.values["ns/op"]), ops, r.time(), p50, p99, share)
	}
	return w.Flush()
}

// shown is a median as text, "" where the unit was not reported.
func (r *result) shown(unit, format string) string {
	if v, ok := r.median(unit); ok {
		return fmt.Sprintf(format, v)
	}
	return ""
}

// time is the median of the time of one operation.
func (r *result) time() string {
	v, ok := r.median("ns/op")
	switch {
	case !ok:
		return ""
	case v < 1e4:
		return fmt.Sprintf("%.0f ns", v)
	case v < 1e7:
		return fmt.Sprintf("%.1f µs", v/1e3)
	}
	return fmt.Sprintf("%.1f ms", v/1e6)
}
