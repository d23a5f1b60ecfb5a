package eval

import (
	"strings"

	"github.com/keyreeve/keyreeve/policy"
)

// evaluation is one run of Decide.
type evaluation struct {
	req    *Request
	pol    *Policies
	action string // in lower case
	vendor string // of it
	name   string

	hasBoundary   bool
	allows, deny  []Match
	fault         string
	faultKind     Kind
	resourceKind  Kind
	trust         trust
	scp, endpoint bool // have an Allow, or are not in force
	identity      bool
	boundary      bool // allows, or there is none
	session       bool // allows, or there is none
	grant         strength
	everybody     bool // an Allow of the resource-based policy is for "*"
}

// Decide answers a request by the policies that apply to it.
func Decide(req *Request, pol *Policies) Decision {
	action := strings.ToLower(req.Action)
	if noPermissionNeeded(action, &req.Principal) {
		return Decision{Outcome: Allowed, OrganizationsAllow: true, BoundaryAllows: true}
	}
	vendor, name, ok := strings.Cut(action, ":")
	if !ok || vendor == "" || name == "" || req.Resource == "" {
		return Decision{Fault: "the request has no action or no resource"}
	}
	var allows, deny [8]Match
	e := evaluation{
		req: req, pol: pol, action: action, vendor: vendor, name: name,
		hasBoundary:  req.Principal.HasBoundary || pol.Boundary != nil,
		trust:        trustOf(action, req.Resource, pol),
		resourceKind: ResourceBased,
		allows:       allows[:0], deny: deny[:0],
	}
	if e.trust == roleTrust {
		e.resourceKind = TrustPolicy
	}
	e.evaluate()
	return e.decide()
}

// evaluate asks all policies in force, in the order in which one of several
// that deny is named.
func (e *evaluation) evaluate() {
	p := &e.req.Principal
	e.scp, e.endpoint, e.boundary, e.session = true, true, true, true
	if len(e.pol.SCPs) > 0 && p.inAccount() && !p.ManagementAccount && !p.serviceLinked() {
		for _, level := range e.pol.SCPs {
			e.scp = e.set(SCP, level) != none && e.scp
		}
	}
	if !e.req.ResourceInManagementAccount && !p.serviceLinked() {
		for _, level := range e.pol.RCPs {
			e.set(RCP, level)
		}
	}
	if e.pol.Endpoint != nil {
		e.endpoint = e.set(Endpoint, e.pol.Endpoint) != none
	}
	e.grant = e.set(e.resourceKind, e.pol.Resource)
	if !p.inAccount() {
		return
	}
	if p.Kind == Root {
		e.identity = true
	} else {
		e.identity = e.set(Identity, e.pol.Identity) != none
		if e.pol.Boundary != nil {
			e.boundary = e.set(Boundary, e.pol.Boundary) != none
		}
	}
	if e.pol.Session != nil {
		e.session = e.set(Session, e.pol.Session) != none
	} else if p.Kind == FederatedUser {
		// Without a session policy such a session has none of its user's rights.
		e.session = false
	}
}

// set evaluates a set of policies of one kind: it notes the statements that
// apply and gives the strength of the strongest Allow.
func (e *evaluation) set(k Kind, policies []*Policy) strength {
	best := none
	for _, p := range policies {
		if p.unfit[k] != "" {
			if e.fault == "" {
				e.fault, e.faultKind = k.String()+": "+p.unfit[k], k
			}
			continue
		}
		for i := range p.statements {
			s := &p.statements[i]
			covers := s.applies(e, k)
			switch {
			case covers == none:
			case s.ast.Effect == policy.Deny:
				e.deny = append(e.deny, Match{k, p, s.ast})
			default:
				best = max(best, covers)
				e.allows = append(e.allows, Match{k, p, s.ast})
				e.everybody = e.everybody || k == e.resourceKind && s.namesEverybody()
			}
		}
	}
	return best
}

func (s *statement) namesEverybody() bool {
	if s.notPrincipal {
		return false
	}
	for i := range s.principals {
		if s.principals[i].kind == everybody {
			return true
		}
	}
	return false
}

// applies tells whether the statement applies, and how closely it names the
// caller; in policies that name nobody it is direct.
func (s *statement) applies(e *evaluation, k Kind) strength {
	if !s.matchesAction(e) {
		return none
	}
	covers := direct
	if k.namesPrincipals() {
		covers = s.matchPrincipal(&e.req.Principal, e.hasBoundary)
	}
	if covers == none || !s.matchesResource(e, k) {
		return none
	}
	for i := range s.tests {
		if !s.tests[i].Holds(e.req.Context) {
			return none
		}
	}
	return covers
}

func (s *statement) matchesAction(e *evaluation) bool {
	if s.everything {
		return !s.notAction
	}
	for i := range s.actions {
		if a := &s.actions[i]; a.vendor.Match(e.vendor, nil) && a.name.Match(e.name, nil) {
			return !s.notAction
		}
	}
	return s.notAction
}

func (s *statement) matchesResource(e *evaluation, k Kind) bool {
	if s.anyResource {
		return true
	}
	for i := range s.resources {
		if s.resources[i].match(e.req.Resource, k, e.req.Context) {
			return !s.notResource
		}
	}
	return s.notResource
}

// decide draws the conclusion from what evaluate found.
func (e *evaluation) decide() Decision {
	p := &e.req.Principal
	d := Decision{
		CrossAccount:       p.inAccount() && (p.Account == "" || p.Account != e.req.ResourceAccount),
		OrganizationsAllow: e.scp && !e.denied(SCP) && !e.denied(RCP),
		BoundaryAllows:     e.boundary && !e.denied(Boundary),
		Fault:              e.fault,
	}
	if len(e.deny) > 0 {
		d.Outcome, d.Kind = ExplicitDeny, e.deny[0].Kind
		d.Matched = append([]Match(nil), e.deny...)
		return d
	}
	if len(e.allows) > 0 {
		d.Matched = append([]Match(nil), e.allows...)
	}
	switch {
	case e.fault != "":
		d.Kind = e.faultKind
	case neverAllowed(e.action, e.req.Resource):
		d.reserved = true
	case p.Kind == Root && e.trust == roleTrust:
		d.rootRole = true
	default:
		d.Outcome, d.Kind = e.conclude(d.CrossAccount)
	}
	return d
}

func (e *evaluation) denied(k Kind) bool {
	for i := range e.deny {
		if e.deny[i].Kind == k {
			return true
		}
	}
	return false
}

// conclude is the order of questions once nothing denies explicitly.
func (e *evaluation) conclude(crossAccount bool) (Outcome, Kind) {
	p := &e.req.Principal
	switch {
	case !e.scp:
		return ImplicitDeny, SCP
	case !e.endpoint:
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
	case !e.identity:
		return ImplicitDeny, Identity
	case e.req.Principal.Kind == Root:
		return e.limited(NoPolicy)
	}
	return e.limited(Identity)
}

// limited is an Allow by a kind of policy, within boundary and session policy.
func (e *evaluation) limited(by Kind) (Outcome, Kind) {
	switch {
	case !e.boundary:
		return ImplicitDeny, Boundary
	case !e.session:
		return ImplicitDeny, Session
	}
	return Allowed, by
}
