package engine

import (
	"errors"
	"fmt"

	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

// ErrCannot is that an engine has no words for a workload.
var ErrCannot = errors.New("it cannot express")

// Engine is one way to decide.
type Engine struct {
	Name string
	Load func(*workload.Workload) (Loaded, error)

	// Sample says of how many requests a workload is to make do with, for an
	// engine that would take too long over all.
	Sample map[string]int
}

// Loaded is an engine with a workload's policies.
type Loaded interface {
	// Prepare translates the requests. The function that it gives decides the
	// request of that number.
	Prepare([]workload.Request) (Decide, error)
}

// Decide is whether a request is allowed.
type Decide func(request int) bool

// Engines are all engines, the floor first.
func Engines() []Engine {
	return []Engine{
		{Name: "floor", Load: loadFloor},
		{Name: "keyreeve", Load: loadKeyreeve},
		{Name: "cedar", Load: loadCedar},
		{Name: "cedar, one set", Load: loadCedarOneSet, Sample: map[string]int{"d": 500}},
		{Name: "opa", Load: loadOPA},
		{Name: "casbin", Load: loadCasbin, Sample: map[string]int{"d": 200}},
	}
}

// Named is the engine of that name.
func Named(name string) (Engine, error) {
	for _, e := range Engines() {
		if e.Name == name {
			return e, nil
		}
	}
	return Engine{}, fmt.Errorf("no engine is called %q", name)
}

// Requests are those of a workload that the engine is asked, the first so many if
// it is slow: they are random, so any piece of them is a fair sample.
func (e *Engine) Requests(w *workload.Workload) []workload.Request {
	if n := e.Sample[w.Name]; n > 0 && n < len(w.Requests) {
		return w.Requests[:n]
	}
	return w.Requests
}

// Answers are what is to come out: which requests are allowed.
func Answers(w *workload.Workload, requests []workload.Request) []bool {
	all := make([]bool, len(requests))
	for i := range requests {
		all[i] = w.Want(&requests[i]) == "allowed"
	}
	return all
}

// Check compares all answers of the engine with what they must be.
func (e *Engine) Check(w *workload.Workload, requests []workload.Request, want []bool) error {
	loaded, err := e.Load(w)
	if err != nil {
		return err
	}
	decide, err := loaded.Prepare(requests)
	if err != nil {
		return err
	}
	for i := range requests {
		if r := &requests[i]; decide(i) != want[i] {
			return fmt.Errorf("%s, workload %s: request %d, %s on %s: the referee says allowed: %v", e.Name, w.Name, i, r.Action, r.Resource, want[i])
		}
	}
	return nil
}
