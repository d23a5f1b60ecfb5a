package eval_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// What a near miss names is what is wrong: repairing all of it makes the statement
// apply, and repairing all but one thing does not.
func TestRepairedMissesMatch(t *testing.T) {
	repaired := map[string]int{}
	for seed := range uint64(20_000) {
		g := newGenerator(seed, 2)
		c, docs := g.testCase(t)
		req, pol := c.forEval()
		for _, gap := range eval.Unindexed(*pol).Gaps(req) {
			for _, m := range gap.Misses {
				for skip := range len(m.Failed) + 1 {
					left := slices.Clone(m.Failed)
					if skip < len(left) {
						left = slices.Delete(left, skip, skip+1)
					}
					if matches(t, req, pol, m, left) != (skip == len(m.Failed)) {
						t.Fatalf("seed %d: repaired %v of %v, statement %d of %s\n%s", seed, left, m.Failed,
							m.Statement.Index, m.Policy.Document().Text, asPage(c, docs, ""))
					}
				}
				for _, f := range m.Failed {
					repaired[f.Element.String()]++
				}
			}
		}
	}
	t.Log(repaired)
	for _, element := range []string{"Action", "Resource", "Principal", "Condition"} {
		if repaired[element] < 500 {
			t.Errorf("only %d repairs of %s", repaired[element], element)
		}
	}
}

// matches tells whether a statement applies once failures of it are repaired.
func matches(t *testing.T, req *eval.Request, pol *eval.Policies, m eval.NearMiss, failures []eval.Failure) bool {
	t.Helper()
	fixed := repair(t, req, m, failures)
	replaced := *pol
	swap := func(list []*eval.Policy) []*eval.Policy {
		list = slices.Clone(list)
		if i := slices.Index(list, m.Policy); i >= 0 {
			list[i] = fixed
		}
		return list
	}
	switch m.Kind {
	case eval.Identity:
		replaced.Identity = swap(pol.Identity)
	case eval.ResourceBased, eval.TrustPolicy:
		replaced.Resource = swap(pol.Resource)
	case eval.Boundary:
		replaced.Boundary = swap(pol.Boundary)
	case eval.Session:
		replaced.Session = swap(pol.Session)
	case eval.Endpoint:
		replaced.Endpoint = swap(pol.Endpoint)
	case eval.SCP:
		replaced.SCPs = slices.Clone(pol.SCPs)
		replaced.SCPs[m.Level] = swap(pol.SCPs[m.Level])
	}
	d := eval.Decide(req, &replaced)
	return slices.ContainsFunc(d.Matched, func(hit eval.Match) bool {
		return hit.Kind == m.Kind && hit.Policy == fixed && hit.Statement.Index == m.Statement.Index
	})
}

// repair is the policy with the smallest edits of a statement that satisfy what
// failed: the request's own action, resource and principal, and no condition.
func repair(t *testing.T, req *eval.Request, m eval.NearMiss, failures []eval.Failure) *eval.Policy {
	t.Helper()
	var doc map[string]any
	d := json.NewDecoder(strings.NewReader(m.Policy.Document().Text))
	d.UseNumber() // a condition's numbers count as they are written
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	s, ok := doc["Statement"].(object)
	if list, many := doc["Statement"].([]any); many {
		s, ok = list[m.Statement.Index].(object)
	}
	if !ok {
		t.Fatal("no such statement")
	}
	for _, f := range failures {
		switch f.Element {
		case eval.ByCondition:
			block, _ := s["Condition"].(object)[f.Operator].(object)
			delete(block, f.Key)
		default:
			delete(s, "Not"+f.Element.String())
			s[f.Element.String()] = wantedBy(req, f.Element)
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	fixed, err := policy.Parse(string(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return eval.Compile(fixed, m.Policy.Source())
}

func wantedBy(req *eval.Request, by eval.Element) any {
	switch by {
	case eval.ByAction:
		return req.Action
	case eval.ByResource:
		if strings.ContainsAny(req.Resource, "*?$") {
			return "*"
		}
		return req.Resource
	}
	p := &req.Principal
	switch p.Kind {
	case eval.Anonymous:
		return "*"
	case eval.Service:
		return object{"Service": p.Name}
	case eval.FederatedIdentity:
		return object{"Federated": p.Name}
	}
	return object{"AWS": p.ARN}
}
