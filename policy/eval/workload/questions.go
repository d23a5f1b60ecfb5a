package workload

import (
	"strings"

	"github.com/keyreeve/keyreeve/policy/eval"
)

// Question is a request for package eval, with the set of its principal and that of
// the resource, which may be nil.
type Question struct {
	Mine, Its *eval.Set
	Request   eval.Request
}

// Sets are a workload's policies for package eval: one set for each principal, and
// one for the resources if they have a policy.
type Sets struct {
	workload *Workload
	mine     []*eval.Set
	its      *eval.Set
}

// Compose compiles each policy once and composes the sets.
func (w *Workload) Compose() *Sets {
	compiled := make([]*eval.Policy, len(w.Policies))
	for i, d := range w.Policies {
		compiled[i] = eval.Compile(d, eval.Source{})
	}
	pick := func(numbers []int) []*eval.Policy {
		var some []*eval.Policy
		for _, n := range numbers {
			some = append(some, compiled[n])
		}
		return some
	}
	s := &Sets{workload: w, mine: make([]*eval.Set, len(w.Principals))}
	if w.Resource >= 0 {
		s.its = eval.Compose(eval.Policies{Resource: pick([]int{w.Resource})})
	}
	for i := range w.Principals {
		p := &w.Principals[i]
		applying := eval.Policies{Identity: pick(w.Identity(p)), Boundary: pick(p.Boundary)}
		for _, level := range p.SCPs {
			applying.SCPs = append(applying.SCPs, pick(level))
		}
		s.mine[i] = eval.Compose(applying)
	}
	return s
}

// Questions translates the workload's requests.
func (s *Sets) Questions() []Question {
	w := s.workload
	contexts := w.contexts()
	questions := make([]Question, len(w.Requests))
	for i := range w.Requests {
		r := &w.Requests[i]
		questions[i] = Question{s.mine[r.Principal], s.its, eval.Request{
			Principal: w.Principals[r.Principal].principal(), Action: r.Action, Resource: r.Resource,
			ResourceAccount: Account, Context: contexts[r.Context],
		}}
	}
	return questions
}

func (w *Workload) contexts() []*eval.Context {
	all := make([]*eval.Context, len(w.Contexts))
	for i, keys := range w.Contexts {
		all[i] = &eval.Context{}
		for key, value := range keys {
			all[i].Set(key, value)
		}
	}
	return all
}

func (p *Principal) principal() eval.Principal {
	kind := eval.User
	if strings.Contains(p.ARN, ":assumed-role/") {
		kind = eval.RoleSession
	}
	return eval.Principal{Kind: kind, ARN: p.ARN, Account: Account}
}
