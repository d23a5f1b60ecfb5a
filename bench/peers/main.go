// Command peers measures decision engines side by side and prints one table:
//
//	go run ./peers
//
// First all answers of all engines are compared with the referee's; a wrong one ends it.
// Then each engine with each workload is measured in a process of its own, so that
// none pays for another's memory, and all of them once a round: what else the machine does
// falls on all alike. The table has medians over the rounds.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/bench/engine"
	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often each is measured")
	about := flag.Duration("for", 300*time.Millisecond, "how long a measurement takes, for each number of goroutines")
	names := flag.String("workloads", strings.Join(workload.Names(), ","), "which workloads")
	one := flag.String("measure", "", "measure only this engine, with the one workload given, and print JSON")
	flag.Parse()
	var err error
	if *one != "" {
		err = printOne(*one, *names, *about)
	} else {
		err = compare(strings.Split(*names, ","), *rounds, *about)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// compare checks, measures and prints.
func compare(names []string, rounds int, about time.Duration) error {
	var rows []*row
	for _, name := range names {
		fmt.Fprintln(os.Stderr, "checking all answers to workload", name)
		more, err := check(name)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	for round := range rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
		for _, r := range rows {
			if r.cannot != "" {
				continue
			}
			m, err := measureApart(r.engine, r.workload, about)
			if err != nil {
				return fmt.Errorf("%s, workload %s: %w", r.engine, r.workload, err)
			}
			r.runs = append(r.runs, m)
		}
	}
	return print(os.Stdout, rows)
}

// check holds all engines to the referee on a workload.
func check(name string) ([]*row, error) {
	w, err := workload.New(name)
	if err != nil {
		return nil, err
	}
	want := engine.Answers(w, w.Requests)
	var rows []*row
	for _, e := range engine.Engines() {
		r := &row{engine: e.Name, workload: name, requests: len(e.Requests(w)), all: len(w.Requests)}
		rows = append(rows, r)
		if e.Name == "floor" {
			continue // it is no engine, and its answers are none
		}
		requests := e.Requests(w)
		err := e.Check(w, requests, want[:len(requests)])
		if errors.Is(err, engine.ErrCannot) {
			r.cannot = err.Error()
		} else if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// measureApart measures in a new process.
func measureApart(engine, workload string, about time.Duration) (measured, error) {
	var m measured
	self, err := os.Executable()
	if err != nil {
		return m, err
	}
	c := exec.Command(self, "-measure", engine, "-workloads", workload, "-for", about.String())
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(out, &m)
}

func printOne(name, on string, about time.Duration) error {
	if !slices.Contains(workload.Names(), on) {
		return fmt.Errorf("-measure wants one of -workloads %s", strings.Join(workload.Names(), ", "))
	}
	m, err := measure(name, on, about)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(m)
}
