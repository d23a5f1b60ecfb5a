package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const runs = `goos: linux
BenchmarkGet/connections=1/floor-2     1000  10000 ns/op  1000 ops/s  19.0 p50-us  58.5 p99-us
BenchmarkGet/connections=1/keyreeve-2  1000  20000 ns/op   600 ops/s  52.8 p50-us  99.0 p99-us
BenchmarkOpen/floor  10  5000000 ns/op
BenchmarkOpen/keyreeve  10  20000000 ns/op
PASS
BenchmarkGet/connections=1/floor-2     1000  10000 ns/op  3000 ops/s  21.0 p50-us  58.5 p99-us
BenchmarkGet/connections=1/keyreeve-2  1000  20000 ns/op   800 ops/s  52.8 p50-us  99.0 p99-us
`

// Medians over runs, and the ratio of medians: of throughput where there is one,
// else of time, the other way round.
func TestTable(t *testing.T) {
	var out bytes.Buffer
	if err := run(strings.NewReader(runs), &out); err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for l := range strings.Lines(out.String()) {
		got = append(got, strings.Fields(l))
	}
	want := [][]string{
		{"benchmark", "runs", "ops/s", "time/op", "p50", "p99", "of", "the", "floor"},
		{"Get/connections=1/floor", "2", "2000", "10.0", "µs", "20", "µs", "58", "µs"},
		{"Get/connections=1/keyreeve", "2", "700", "20.0", "µs", "53", "µs", "99", "µs", "0.35"},
		{"Open/floor", "1", "5000.0", "µs"},
		{"Open/keyreeve", "1", "20.0", "ms", "0.25"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s\n%s", diff, out.String())
	}
}

func TestTableRefuses(t *testing.T) {
	for _, in := range []string{"", "PASS\n", runs + "--- FAIL: BenchmarkGet\n", runs + "FAIL\n", "BenchmarkX 1 x ns/op\n"} {
		if err := run(strings.NewReader(in), new(bytes.Buffer)); err == nil {
			t.Errorf("%q gives a table", in)
		}
	}
}

func TestMedian(t *testing.T) {
	r := &result{values: map[string][]float64{"x": {5, 1, 3}, "y": {4, 1, 2, 9}}}
	for unit, want := range map[string]float64{"x": 3, "y": 3} {
		if got, _ := r.median(unit); got != want {
			t.Errorf("median of %s: %v, want %v", unit, got, want)
		}
	}
	if _, ok := r.median("z"); ok {
		t.Error("a median of nothing")
	}
}
