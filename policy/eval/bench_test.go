package eval_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/keyreeve/keyreeve/policy/eval"
)

// BenchmarkSet decides the workloads, at one goroutine and at two, each beside
// its floor: a bare look-up in a map by principal and action. Every answer is
// checked before anything is timed.
//
//	go test ./policy/eval -run '^$' -bench Set -cpu 1
func BenchmarkSet(b *testing.B) {
	for _, name := range workloadNames {
		b.Run(name, func(b *testing.B) {
			w := newWorkload(b, name)
			w.verify(b)
			w.time(b)
		})
	}
}

func (w *workload) time(b *testing.B) {
	for _, goroutines := range []int{1, 2} {
		b.Run(fmt.Sprintf("floor/%d", goroutines), func(b *testing.B) {
			run(b, goroutines, w, func(q *question) bool { return w.floor[q.floor] })
		})
		b.Run(fmt.Sprintf("decide/%d", goroutines), func(b *testing.B) {
			run(b, goroutines, w, func(q *question) bool { return q.mine.Decide(&q.request, q.its).Allowed() })
		})
	}
}

// run asks the questions in turn, of each goroutine its own ones.
func run(b *testing.B, goroutines int, w *workload, ask func(*question) bool) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(goroutines))
	b.ReportAllocs()
	var started atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		i, yes := int(started.Add(1))*37, 0
		for pb.Next() {
			if i++; i >= len(w.questions) {
				i = 0
			}
			if ask(&w.questions[i]) {
				yes++
			}
		}
		runtime.KeepAlive(yes)
	})
}

// verify compares every answer with what it must be.
func (w *workload) verify(tb testing.TB) (outcomes [3]int) {
	for i := range w.questions {
		q := &w.questions[i]
		d := q.mine.Decide(&q.request, q.its)
		if want := q.check(); d.Outcome.String() != want {
			tb.Fatalf("%s on %s: %v, want %s", q.request.Action, q.request.Resource, d.Outcome, want)
		}
		outcomes[d.Outcome]++
	}
	return outcomes
}

// The workloads have answers of all kinds, which are right.
func TestWorkloads(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the referee takes a while")
	}
	for _, name := range workloadNames {
		w := newWorkload(t, name)
		if name == "d" {
			w.questions = w.questions[:2000]
		}
		outcomes := w.verify(t)
		t.Log(name, outcomes)
		for o, n := range outcomes {
			if name != "hostile" && n == 0 {
				t.Errorf("workload %s: no answer is %v", name, eval.Outcome(o))
			}
		}
	}
}

// BenchmarkCompose is the cost of what is done once when policies change.
func BenchmarkCompose(b *testing.B) {
	m := &maker{Rand: rand.New(rand.NewPCG(3, 5)), tb: b, conditions: true}
	for _, size := range []struct{ policies, statements int }{{5, 4}, {10, 44}} {
		var pol eval.Policies
		for range size.policies {
			pol.Identity = append(pol.Identity, eval.Compile(m.parse(m.document(size.statements)), eval.Source{}))
		}
		b.Run(fmt.Sprintf("%d statements", size.policies*size.statements), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				eval.Compose(pol)
			}
		})
	}
}
