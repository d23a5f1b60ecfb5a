// Command growth measures how the cost of package eval grows: with statements,
// policies and principals, and what all AWS managed policies take.
//
//	go run ./growth
//
// Each line is one process's one measurement, quick and not repeated; for exact
// figures of one size use the benchmarks of policy/eval.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/keyreeve/keyreeve/bench/cost"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

func main() {
	about := flag.Duration("for", 200*time.Millisecond, "how long decisions are measured")
	flag.Parse()
	if err := measure(*about); err != nil {
		fmt.Fprintln(os.Stderr, "growth:", err)
		os.Exit(1)
	}
}

func measure(about time.Duration) error {
	if err := managed(); err != nil {
		return err
	}
	fmt.Println("\n| policies | statements each | principals | policies each has | CPU a decision | load | heap |\n|--:|--:|--:|--:|--:|--:|--:|")
	for _, s := range sizes() {
		if err := line(s, about); err != nil {
			return err
		}
	}
	return nil
}

// sizes grow in one direction at a time.
func sizes() []workload.Size {
	var all []workload.Size
	for _, policies := range []int{1, 10, 100, 1000} { // all of one principal: 10 to 10,000 statements
		all = append(all, workload.Size{Policies: policies, Statements: 10, Principals: 1, Each: policies, Requests: 2000})
	}
	for _, policies := range []int{10, 100, 1000, 10_000} {
		all = append(all, workload.Size{Policies: policies, Statements: 4, Principals: 1000, Each: 5, Requests: 20_000})
	}
	for _, principals := range []int{10, 100, 1000, 10_000, 100_000} {
		all = append(all, workload.Size{Policies: 1500, Statements: 4, Principals: principals, Each: 5, Requests: 20_000})
	}
	return all
}

func line(s workload.Size, about time.Duration) error {
	w, err := workload.Sized(s)
	if err != nil {
		return err
	}
	sets, took, bytes, err := cost.Load(func() (*workload.Sets, error) { return w.Compose(), nil })
	if err != nil {
		return err
	}
	questions := sets.Questions()
	d := cost.Of(func(i int) bool {
		q := &questions[i]
		return q.Mine.Decide(&q.Request, q.Its).Allowed()
	}, len(questions), 1, about)
	fmt.Printf("| %d | %d | %d | %d | %.0f ns | %.1f ms | %.2f MB |\n",
		s.Policies, s.Statements, s.Principals, s.Each, d.CPU, float64(took)/1e6, float64(bytes)/1e6)
	return nil
}

// managed parses and compiles every AWS managed policy that the catalog has.
func managed() error {
	var texts []string
	for p := range catalog.Default().Policies() {
		texts = append(texts, p.Document())
	}
	documents, parsing, parsed, err := cost.Load(func() ([]*policy.Document, error) {
		var all []*policy.Document
		for _, text := range texts {
			d, err := policy.Parse(text)
			if err != nil {
				return nil, err
			}
			all = append(all, d)
		}
		return all, nil
	})
	if err != nil {
		return err
	}
	compiled, compiling, bytes, err := cost.Load(func() ([]*eval.Policy, error) {
		var all []*eval.Policy
		for _, d := range documents {
			all = append(all, eval.Compile(d, eval.Source{}))
		}
		return all, nil
	})
	fmt.Printf("all %d AWS managed policies: parsed in %.0f ms (%.1f MB), compiled in %.0f ms (%.1f MB more)\n",
		len(compiled), float64(parsing)/1e6, float64(parsed)/1e6, float64(compiling)/1e6, float64(bytes)/1e6)
	return err
}
