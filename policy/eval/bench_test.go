package eval_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

// floorKey is what a decision cannot cost less than: one look-up by it.
type floorKey struct{ principal, action string }

// asked is a workload in package eval's form.
type asked struct {
	*workload.Workload
	questions []workload.Question
	floor     map[floorKey]bool
	keys      []floorKey // by question
}

func newWorkload(tb testing.TB, name string) *asked {
	tb.Helper()
	w, err := workload.New(name)
	if err != nil {
		tb.Fatal(err)
	}
	a := &asked{Workload: w, questions: w.Compose().Questions(), floor: map[floorKey]bool{}}
	for i := range w.Requests {
		r := &w.Requests[i]
		key := floorKey{w.Principals[r.Principal].ARN, r.Action}
		a.floor[key], a.keys = i%2 == 0, append(a.keys, key)
	}
	return a
}

// BenchmarkSet decides the workloads, at one goroutine and at two, each beside
// its floor: a bare look-up in a map by principal and action. Every answer is
// checked before anything is timed.
//
//	go test ./policy/eval -run '^$' -bench Set -cpu 1
func BenchmarkSet(b *testing.B) {
	for _, name := range workload.Names() {
		b.Run(name, func(b *testing.B) {
			w := newWorkload(b, name)
			w.verify(b, len(w.questions))
			w.time(b)
		})
	}
}

func (w *asked) time(b *testing.B) {
	for _, goroutines := range []int{1, 2} {
		b.Run(fmt.Sprintf("floor/%d", goroutines), func(b *testing.B) {
			run(b, goroutines, w, func(i int) bool { return w.floor[w.keys[i]] })
		})
		b.Run(fmt.Sprintf("decide/%d", goroutines), func(b *testing.B) {
			run(b, goroutines, w, func(i int) bool {
				q := &w.questions[i]
				return q.Mine.Decide(&q.Request, q.Its).Allowed()
			})
		})
	}
}

// run asks the questions in turn, of each goroutine its own ones.
func run(b *testing.B, goroutines int, w *asked, ask func(int) bool) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(goroutines))
	b.ReportAllocs()
	var started atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		i, yes := int(started.Add(1))*37, 0
		for pb.Next() {
			if i++; i >= len(w.questions) {
				i = 0
			}
			if ask(i) {
				yes++
			}
		}
		runtime.KeepAlive(yes)
	})
}

// verify compares the first n answers with what they must be.
func (w *asked) verify(tb testing.TB, n int) (outcomes [3]int) {
	tb.Helper()
	for i := range n {
		q := &w.questions[i]
		d := q.Mine.Decide(&q.Request, q.Its)
		if want := w.Want(&w.Requests[i]); d.Outcome.String() != want {
			tb.Fatalf("%s on %s: %v, want %s", q.Request.Action, q.Request.Resource, d.Outcome, want)
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
	for _, name := range workload.Names() {
		w := newWorkload(t, name)
		outcomes := w.verify(t, min(len(w.questions), 2000))
		t.Log(name, outcomes)
		for o, n := range outcomes {
			if name != "hostile" && name != "bombs" && n == 0 {
				t.Errorf("workload %s: no answer is %v", name, eval.Outcome(o))
			}
		}
	}
}

// BenchmarkCompose is the cost of what is done once when policies change.
func BenchmarkCompose(b *testing.B) {
	g := workload.NewGenerator(true)
	for _, size := range []struct{ policies, statements int }{{5, 4}, {10, 44}} {
		var pol eval.Policies
		for range size.policies {
			pol.Identity = append(pol.Identity, eval.Compile(g.Policy(size.statements), eval.Source{}))
		}
		b.Run(fmt.Sprintf("%d statements", size.policies*size.statements), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				eval.Compose(pol)
			}
		})
	}
}
