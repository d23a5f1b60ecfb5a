package eval

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/condition"
)

// Element is an element of a statement.
type Element uint8

// The elements that a statement can fail by, those first that are looked at
// first.
const (
	ByAction Element = iota
	ByResource
	ByPrincipal
	ByCondition
)

// String is the element as documents spell it.
func (e Element) String() string {
	return [...]string{"Action", "Resource", "Principal", "Condition"}[e]
}

// NearMiss is an Allow statement that did not apply though it almost did: it
// shares the action or the resource with the request.
type NearMiss struct {
	Match            // the statement
	Failed []Failure // the elements that failed, at least one
}

// Failure is an element of a statement that a request does not satisfy.
type Failure struct {
	Element Element
	Not     bool // it is the NotAction, NotResource or NotPrincipal

	// Operator and Key are those of a failed condition, as written.
	Operator, Key string

	// Seen are the values of the request: one, except for condition keys. For a
	// condition key that the request does not have it is nil.
	Seen []string

	// Wanted are the values of the policy, as written.
	Wanted []string
}

// NearMisses are the Allow statements that came nearest to applying, of the kind
// of policy that decided for a denial without a Deny: what an administrator would
// look at first to allow the request. The nearest are first: those with the
// fewest failures, and among them those that fail late (a condition before a
// resource before an action). Statements that have neither action nor resource in
// common with the request are left out. For other decisions there are none.
//
// It is as slow as it is thorough; decisions do not wait for it.
func NearMisses(req *Request, pol *Policies) []NearMiss {
	s := plainSet(*pol)
	e := evaluation{req: req, sets: [2]*Set{&s}, all: new(matches)}
	if _, done := e.begin(); done {
		return nil
	}
	e.walk()
	v := e.verdict()
	if v.Outcome != ImplicitDeny || v.Kind == NoPolicy {
		return nil
	}
	var found []NearMiss
	for _, k := range order {
		if e.named(k) != v.Kind {
			continue
		}
		for i := range pol.depth(k) {
			if level := pol.level(k, i); !e.levelAllows(level, k) {
				found = e.misses(found, level, k)
			}
		}
	}
	slices.SortStableFunc(found, nearer)
	return found
}

// levelAllows tells whether a list of policies has an Allow that applies: then
// nothing is missing there.
func (e *evaluation) levelAllows(level []*Policy, k Kind) bool {
	return slices.ContainsFunc(e.all.allowing, func(m Match) bool {
		return m.Kind == e.named(k) && slices.Contains(level, m.Policy)
	})
}

func (e *evaluation) misses(found []NearMiss, level []*Policy, k Kind) []NearMiss {
	for _, p := range level {
		if p.unfit[k] != "" {
			continue
		}
		for i := range p.statements {
			s := &p.statements[i]
			if s.deny {
				continue
			}
			failed := s.failures(e, k)
			if len(failed) == 0 || fails(failed, ByAction) && fails(failed, ByResource) {
				continue
			}
			found = append(found, NearMiss{Match{Kind: e.named(k), Policy: p, Statement: s.ast}, failed})
		}
	}
	return found
}

func fails(failed []Failure, by Element) bool {
	return slices.ContainsFunc(failed, func(f Failure) bool { return f.Element == by })
}

// nearer orders near misses.
func nearer(a, b NearMiss) int {
	return cmp.Or(
		cmp.Compare(len(a.Failed), len(b.Failed)),
		cmp.Compare(b.Failed[0].Element, a.Failed[0].Element),
	)
}

// failures asks for every element what applies asks until the first that fails.
func (s *statement) failures(e *evaluation, k Kind) []Failure {
	var failed []Failure
	if !s.matchesAction(&e.asked) {
		failed = append(failed, Failure{Element: ByAction, Not: s.notAction, Seen: []string{e.req.Action}, Wanted: texts(s.ast.Action.Values)})
	}
	if !s.matchesResource(e, k) {
		failed = append(failed, Failure{Element: ByResource, Not: s.notResource, Seen: []string{e.req.Resource}, Wanted: texts(s.ast.Resource.Values)})
	}
	if k.namesPrincipals() && s.matchPrincipal(e) == none {
		f := Failure{Element: ByPrincipal, Not: s.notPrincipal, Seen: []string{e.req.Principal.called()}}
		for _, v := range s.ast.Principal.Values {
			f.Wanted = append(f.Wanted, v.Value)
		}
		failed = append(failed, f)
	}
	return s.failedConditions(e, failed)
}

func (s *statement) failedConditions(e *evaluation, failed []Failure) []Failure {
	variables := s.policy.doc.Variables()
	for _, b := range s.ast.Condition {
		for _, kv := range b.Keys {
			values := texts(kv.Values)
			test := condition.NewTest(b.Operator.Value, kv.Key.Value, values, variables)
			if test.Holds(e.req.Context) {
				continue
			}
			failed = append(failed, Failure{
				Element: ByCondition, Operator: b.Operator.Value, Key: kv.Key.Value,
				Seen: e.req.Context.Values(kv.Key.Value), Wanted: values,
			})
		}
	}
	return failed
}

// called is the principal as a policy would name it.
func (p *Principal) called() string {
	switch {
	case p.ARN != "":
		return p.ARN
	case p.Name != "":
		return p.Name
	}
	return "anonymous"
}

func texts(values []policy.Text) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v.Value
	}
	return list
}

// String says what failed, as a sentence: the element, the value seen and the
// values wanted.
func (f Failure) String() string {
	wanted := strings.Join(f.Wanted, ", ")
	if f.Element == ByCondition {
		seen := "is " + strings.Join(f.Seen, ", ")
		if len(f.Seen) == 0 {
			seen = "is missing"
		}
		return "Condition " + f.Operator + ": " + f.Key + " " + seen + ", and the statement wants " + wanted
	}
	name := f.Element.String()
	if f.Not {
		return "Not" + name + ": " + f.Seen[0] + " is among " + wanted
	}
	return name + ": " + f.Seen[0] + " is not among " + wanted
}
