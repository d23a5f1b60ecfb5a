package engine

import "github.com/keyreeve/keyreeve/policy/eval/workload"

// keyreeve is package eval: a set for each principal.
type keyreeve struct {
	w    *workload.Workload
	sets *workload.Sets
}

func loadKeyreeve(w *workload.Workload) (Loaded, error) { return &keyreeve{w, w.Compose()}, nil }

func (k *keyreeve) Prepare(requests []workload.Request) (Decide, error) {
	questions := k.sets.Questions()[:len(requests)]
	return func(i int) bool {
		q := &questions[i]
		return q.Mine.Decide(&q.Request, q.Its).Allowed()
	}, nil
}

// floor is what no decision can cost less than: a look-up by principal and action.
// What it finds is no answer; nobody could know all answers beforehand.
type floor struct {
	w     *workload.Workload
	found map[floorKey]bool
}

type floorKey struct{ principal, action string }

func loadFloor(w *workload.Workload) (Loaded, error) {
	f := &floor{w, map[floorKey]bool{}}
	for i := range w.Requests {
		f.found[f.key(&w.Requests[i])] = i%2 == 0
	}
	return f, nil
}

func (f *floor) key(r *workload.Request) floorKey {
	return floorKey{f.w.Principals[r.Principal].ARN, r.Action}
}

func (f *floor) Prepare(requests []workload.Request) (Decide, error) {
	keys := make([]floorKey, len(requests))
	for i := range requests {
		keys[i] = f.key(&requests[i])
	}
	return func(i int) bool { return f.found[keys[i]] }, nil
}
