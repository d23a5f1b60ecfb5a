package engine_test

import (
	"errors"
	"testing"

	"github.com/keyreeve/keyreeve/bench/engine"
	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

// cannot is what engines have no words for.
var cannot = map[string]bool{
	"cedar/hostile": true, "cedar, one set/hostile": true, "casbin/hostile": true,
}

// TestEngines holds each engine's translation to the referee, on a sample of each
// workload.
func TestEngines(t *testing.T) {
	for _, name := range workload.Names() {
		w, err := workload.New(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Requests = w.Requests[:min(len(w.Requests), 500)]
		want := engine.Answers(w, w.Requests)
		for _, e := range engine.Engines() {
			if e.Name == "floor" {
				continue
			}
			t.Run(e.Name+"/"+name, func(t *testing.T) {
				requests := e.Requests(w)
				err := e.Check(w, requests, want[:min(len(want), len(requests))])
				if cannot[e.Name+"/"+name] && errors.Is(err, engine.ErrCannot) {
					t.Log(err)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A wrong answer is found: the floor's are none.
func TestCheckFails(t *testing.T) {
	w, err := workload.New("a")
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Named("floor")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Check(w, w.Requests, engine.Answers(w, w.Requests)); err == nil {
		t.Error("nothing is wrong with answers that are made up")
	}
}
