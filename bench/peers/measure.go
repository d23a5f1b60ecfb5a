package main

import (
	"time"

	"github.com/keyreeve/keyreeve/bench/cost"
	"github.com/keyreeve/keyreeve/bench/engine"
	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

// measured is one engine with one workload, once.
type measured struct {
	Load     time.Duration // processor time from parsed documents to ready
	Heap     int64         // bytes that the engine keeps, beyond the documents
	One, Two cost.Decisions
}

func measure(name, on string, about time.Duration) (measured, error) {
	var m measured
	e, err := engine.Named(name)
	if err != nil {
		return m, err
	}
	w, err := workload.New(on)
	if err != nil {
		return m, err
	}
	loaded, took, bytes, err := cost.Load(func() (engine.Loaded, error) { return e.Load(w) })
	if err != nil {
		return m, err
	}
	m.Load, m.Heap = took, bytes
	requests := e.Requests(w)
	decide, err := loaded.Prepare(requests)
	if err != nil {
		return m, err
	}
	m.One = cost.Of(decide, len(requests), 1, about)
	m.Two = cost.Of(decide, len(requests), 2, about)
	return m, nil
}
