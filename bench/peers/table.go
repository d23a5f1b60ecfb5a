package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// row is one engine with one workload, over all rounds.
type row struct {
	engine, workload string
	requests, all    int
	cannot           string
	runs             []measured
}

// median is that of a number that each run has.
func (r *row) median(of func(measured) float64) float64 {
	var all []float64
	for _, m := range r.runs {
		all = append(all, of(m))
	}
	slices.Sort(all)
	if len(all) == 0 {
		return 0
	}
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

func (r *row) cpu() float64 { return r.median(func(m measured) float64 { return m.One.CPU }) }

// print writes the table. Ratios are to Keyreeve on the same workload.
func print(out io.Writer, rows []*row) error {
	own := map[string]float64{}
	for _, r := range rows {
		if r.engine == "keyreeve" {
			own[r.workload] = r.cpu()
		}
	}
	lines := []string{
		"| workload | engine | CPU a decision | times Keyreeve's | CPU, 2 goroutines | decisions/s, 2 goroutines | allocations | load | heap |",
		"|---|---|--:|--:|--:|--:|--:|--:|--:|",
	}
	for _, r := range rows {
		lines = append(lines, r.line(own[r.workload]))
	}
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

func (r *row) line(own float64) string {
	name := r.engine
	if r.requests < r.all {
		name += fmt.Sprintf(" (%d of %d requests)", r.requests, r.all)
	}
	if r.cannot != "" {
		return fmt.Sprintf("| %s | %s | %s | | | | | | |", r.workload, name, r.cannot)
	}
	ratio := ""
	if own > 0 && r.engine != "keyreeve" {
		ratio = fmt.Sprintf("%.3g", r.cpu()/own)
	}
	two := r.median(func(m measured) float64 { return m.Two.CPU })
	rate := 1e9 / r.median(func(m measured) float64 { return m.Two.Wall })
	allocs := r.median(func(m measured) float64 { return m.One.Allocs })
	load := r.median(func(m measured) float64 { return float64(m.Load) / 1e6 })
	heap := r.median(func(m measured) float64 { return float64(m.Heap) / 1e6 })
	return fmt.Sprintf("| %s | %s | %s ns | %s | %s ns | %s | %.1f | %.1f ms | %.2f MB |",
		r.workload, name, grouped(r.cpu()), ratio, grouped(two), grouped(rate), allocs, load, max(0, heap))
}

// grouped writes a number with its thousands apart.
func grouped(v float64) string {
	digits := fmt.Sprintf("%.0f", v)
	if v < 100 {
		return fmt.Sprintf("%.1f", v)
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
