package eval

// verdict draws the conclusion from what the walk found.
func (e *evaluation) verdict() Verdict {
	p := &e.req.Principal
	v := Verdict{CrossAccount: p.inAccount() && (p.Account == "" || p.Account != e.req.ResourceAccount)}
	f := e.fault()
	v.Fault = f != nil
	switch {
	case e.denied != NoPolicy:
		v.Outcome, v.Kind = ExplicitDeny, e.named(e.denied)
	case f != nil:
		v.Kind = e.named(f.kind)
	case neverAllowed(e.class, e.req.Resource):
		v.reserved = true
	case p.Kind == Root && e.trust == roleTrust:
		v.rootRole = true
	default:
		v.Outcome, v.Kind = e.conclude(v.CrossAccount)
	}
	return v
}

// fault is the first policy in force that cannot be used.
func (e *evaluation) fault() *fault {
	var first *fault
	for _, s := range e.sets {
		if s == nil {
			continue
		}
		for i := range s.faults {
			f := &s.faults[i]
			if e.force.has(f.kind) && (first == nil || rank[f.kind] < rank[first.kind]) {
				first = f
			}
		}
	}
	return first
}

// has tells whether an Allow of the kind applies.
func (e *evaluation) has(k Kind) bool { return e.allowed&(1<<k) != 0 }

// conclude is the order of questions once nothing denies explicitly.
func (e *evaluation) conclude(crossAccount bool) (Outcome, Kind) {
	p := &e.req.Principal
	switch {
	case !e.scp:
		return ImplicitDeny, SCP
	case e.force.has(Endpoint) && !e.has(Endpoint):
		return ImplicitDeny, Endpoint
	case p.Kind == Anonymous && !e.everybody:
		return ImplicitDeny, e.resourceKind
	case !p.inAccount() && e.grant == none:
		return ImplicitDeny, e.resourceKind
	case !p.inAccount():
		return Allowed, e.resourceKind
	case crossAccount:
		return e.bothSides()
	case e.grant == direct:
		return Allowed, e.resourceKind
	case e.grant == byEntity:
		return e.limited(e.resourceKind)
	case e.trust != ordinary && e.grant != byAccount:
		return ImplicitDeny, e.resourceKind
	}
	return e.byIdentity()
}

// bothSides: across accounts the owner of the resource and the account of the
// caller must both allow.
func (e *evaluation) bothSides() (Outcome, Kind) {
	if e.grant == none {
		return ImplicitDeny, e.resourceKind
	}
	return e.byIdentity()
}

func (e *evaluation) byIdentity() (Outcome, Kind) {
	switch {
	case e.req.Principal.Kind == Root:
		return e.limited(NoPolicy)
	case !e.has(Identity):
		return ImplicitDeny, Identity
	}
	return e.limited(Identity)
}

// limited is an Allow by a kind of policy, within boundary and session policy.
func (e *evaluation) limited(by Kind) (Outcome, Kind) {
	switch {
	case !e.withinBoundary():
		return ImplicitDeny, Boundary
	case !e.withinSession():
		return ImplicitDeny, Session
	}
	return Allowed, by
}

func (e *evaluation) withinBoundary() bool { return !e.force.has(Boundary) || e.has(Boundary) }

// withinSession: without a session policy a federated user's session has none of
// its user's rights.
func (e *evaluation) withinSession() bool {
	if !e.force.has(Session) {
		return e.req.Principal.Kind != FederatedUser
	}
	return e.has(Session)
}
