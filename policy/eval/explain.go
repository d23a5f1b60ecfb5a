package eval

import (
	"cmp"
	"slices"
)

// Decide answers a request by the policies that apply to it. Who has more than
// one question about the same policies composes them once, see [Compose].
func Decide(req *Request, pol *Policies) Decision {
	s := plainSet(*pol)
	return s.Explain(req, nil)
}

// Explain is Decide with everything that Decision tells. It walks the same
// statements in the same way, without stopping where the outcome is clear.
func (s *Set) Explain(req *Request, resource *Set) Decision {
	var all everything
	all.a, all.d = all.allows[:0], all.deny[:0]
	e := evaluation{all: &all}
	v, done := e.begin(req, s, resource)
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
		OrganizationsAllow: e.scp && !denied(e.all.d, SCP) && !denied(e.all.d, RCP),
		BoundaryAllows:     e.withinBoundary() && !denied(e.all.d, Boundary),
	}
	if f := e.fault(); f != nil {
		k := e.named(f.kind)
		d.Fault = k.String() + ": " + f.text
	}
	found := e.all.a
	if v.Outcome == ExplicitDeny {
		found = e.all.d
	}
	if len(found) > 0 {
		d.Matched = slices.Clone(found)
		slices.SortStableFunc(d.Matched, func(a, b Match) int { return cmp.Compare(rank[a.Kind], rank[b.Kind]) })
	}
	return d
}

func denied(matches []Match, k Kind) bool {
	return slices.ContainsFunc(matches, func(m Match) bool { return m.Kind == k })
}
