package eval

import (
	"cmp"
	"slices"
)

// Decide answers a request by the policies that apply to it. Who has more than
// one question about the same policies composes them once, see [Compose].
func Decide(req *Request, pol *Policies) Decision {
	s := plainSet(*pol)
	return s.Explain(req)
}

// Explain is Decide with everything that Decision tells. It walks the same
// statements in the same way, without stopping where the outcome is clear.
func (s *Set) Explain(req *Request, with ...*Set) Decision {
	e := evaluation{req: req, sets: [maxSets]*Set{s}, all: new(matches)}
	if copy(e.sets[1:], with) < len(with) {
		return Decision{Fault: "too many sets"}
	}
	v, done := e.begin()
	switch {
	case done && v.Fault:
		return Decision{Fault: "the request has no action or no resource"}
	case done:
		return Decision{Outcome: v.Outcome, OrganizationsAllow: true, BoundaryAllows: true}
	}
	e.walk()
	return e.decision(e.verdict())
}

func (e *evaluation) decision(v Verdict) Decision {
	d := Decision{
		Outcome: v.Outcome, Kind: v.Kind, CrossAccount: v.CrossAccount, reserved: v.reserved, rootRole: v.rootRole,
		OrganizationsAllow: e.scp && !denied(e.all.denying, SCP) && !denied(e.all.denying, RCP),
		BoundaryAllows:     e.withinBoundary() && !denied(e.all.denying, Boundary),
	}
	if f := e.fault(); f != nil {
		k := e.named(f.kind)
		d.Fault = k.String() + ": " + f.text
	}
	found := e.all.allowing
	if v.Outcome == ExplicitDeny {
		found = e.all.denying
	}
	slices.SortStableFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), cmp.Compare(a.number, b.number))
	})
	for _, m := range found {
		d.Matched = append(d.Matched, m.Match)
	}
	return d
}

func denied(matches []match, k Kind) bool {
	return slices.ContainsFunc(matches, func(m match) bool { return m.Kind == k })
}
