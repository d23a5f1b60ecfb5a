package main

import (
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/bench/cost"
)

func TestPrint(t *testing.T) {
	run := func(cpu float64) measured {
		return measured{Load: 3 * time.Millisecond, Heap: 1_500_000, One: cost.Decisions{CPU: cpu, Allocs: 2}, Two: cost.Decisions{CPU: cpu, Wall: cpu / 2}}
	}
	var out strings.Builder
	err := print(&out, []*row{
		{engine: "keyreeve", workload: "a", requests: 2, all: 2, runs: []measured{run(50), run(200), run(100)}},
		{engine: "slow", workload: "a", requests: 1, all: 2, runs: []measured{run(1_234_500)}},
		{engine: "mute", workload: "a", cannot: "it cannot express x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| a | keyreeve | 100 ns |  | 100 ns | 20,000,000 | 2.0 | 3.0 ms | 1.50 MB |\n",
		"| a | slow (1 of 2 requests) | 1,234,500 ns | 1.23e+04 | 1,234,500 ns | 1,620 | 2.0 | 3.0 ms | 1.50 MB |\n",
		"| a | mute | it cannot express x | | | | | | |\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no line\n%sin\n%s", want, out.String())
		}
	}
}

// Every engine that has the words for it can be measured.
func TestMeasure(t *testing.T) {
	m, err := measure("keyreeve", "a", time.Millisecond)
	if err != nil || m.One.Number == 0 || m.Two.Number == 0 || m.Heap <= 0 {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := measure("nobody", "a", time.Millisecond); err == nil {
		t.Error("an engine that does not exist is measured")
	}
}
