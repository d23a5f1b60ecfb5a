package authz

import (
	"slices"
	"sync"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/policy/condition"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// Authorizer answers whether callers may do things. It is safe for use by many
// goroutines.
type Authorizer struct {
	site      identity.Site
	sessions  *sessionPolicies
	owners    *ownerCache
	guards    *guardCache
	clock     clock
	questions sync.Pool // of *question, for decisions that are over when they are made
}

// New is an Authorizer for the accounts of a site.
func New(site identity.Site) *Authorizer {
	return &Authorizer{site: site, sessions: newSessionPolicies(), owners: newOwnerCache(), guards: newGuardCache()}
}

// Decide answers whether a caller may do something in a world. The zero decision
// is a denial, and so is whatever is not understood.
func (z *Authorizer) Decide(w state.World, c *authn.Caller, t Target, now time.Time) eval.Decision {
	if c.Kind == authn.Operator {
		return operatorsOwn(t)
	}
	q := new(question)
	z.put(q, w, c, &t, now)
	q.asking.fill(&q.context)
	d := q.mine.Explain(&q.request, q.besides, q.limits)
	if t.Granted != nil && d.Outcome == eval.ImplicitDeny && d.Kind == eval.ResourceBased {
		d = q.ownSide(d)
	}
	if d.Allowed() && c.Delegated() && !z.delegates(w, c, &q.request) {
		return eval.Decision{Kind: eval.Session, OrganizationsAllow: true, BoundaryAllows: true}
	}
	return d
}

// Check is Decide for those who want to know whether a caller may, and why it may
// not: a decision that allows does not list the statements that do.
func (z *Authorizer) Check(w state.World, c *authn.Caller, t Target, now time.Time) eval.Decision {
	if c.Kind == authn.Operator {
		return operatorsOwn(t)
	}
	if c.Delegated() {
		return z.Decide(w, c, t, now)
	}
	v := z.verdict(w, c, &t, now)
	if !v.Allowed() {
		return z.Decide(w, c, t, now)
	}
	return eval.Decision{Outcome: v.Outcome, Kind: v.Kind, CrossAccount: v.CrossAccount, OrganizationsAllow: true, BoundaryAllows: true}
}

// delegates tells whether the session policies of a delegated session, taken alone,
// allow a request. Otherwise than with session policies of AssumeRole, what a
// resource's policy grants the user by name is limited by them too: what was delegated
// is what the policy of the delegation request says, and no more.
func (z *Authorizer) delegates(w state.World, c *authn.Caller, r *eval.Request) bool {
	alone := *r
	alone.Principal = eval.Principal{Kind: eval.User, ARN: r.Principal.ARN, Account: r.Principal.Account}
	alone.ResourceAccount = r.Principal.Account
	d := eval.Unindexed(eval.Policies{Identity: z.ofSession(identity.In(w, z.site, c.Account), c)}).Explain(&alone)
	return d.Allowed()
}

// ownSide is the decision of the caller's own policies on what nothing grants on the
// resource's side, if they do not allow it either: they are asked first.
func (q *question) ownSide(d eval.Decision) eval.Decision {
	alone := q.request
	alone.ResourceAccount = alone.Principal.Account
	besides := eval.Unindexed(eval.Policies{Session: q.session})
	if own := q.mine.Explain(&alone, besides); !own.Allowed() {
		own.CrossAccount = d.CrossAccount
		return own
	}
	return d
}

// question is a request, the policies of the caller, and those that come with the
// session and the target.
type question struct {
	request       eval.Request
	mine, besides *eval.Set
	limits        *eval.Set // the RCPs of the resource's account
	session       []*eval.Policy
	context       condition.Context
	asking        asking
	target        Target // room for asking's
}

// put puts a question, but for the request context, which is empty.
func (z *Authorizer) put(q *question, w state.World, c *authn.Caller, t *Target, now time.Time) {
	account := identity.In(w, z.site, c.Account)
	owner := z.owners.of(account, c, z.guards.of(w, c.Account))
	its := owner.guard
	if t.Account != c.Account {
		its = z.guards.of(w, t.Account)
	}
	if its.limits != nil && organization.ResourceControlled(t.Action) {
		q.limits = its.limits
	}
	q.asking = asking{caller: c, owner: owner, target: t, its: its, now: now, clock: &z.clock}
	q.mine, q.request = owner.set, eval.Request{
		Principal: principal(account, c, owner), Action: t.Action, Resource: t.Resource, ResourceAccount: t.Account, Context: &q.context,
	}
	q.session = z.ofSession(account, c)
	if t.Role && t.Trust != nil && q.session == nil {
		q.besides = eval.Trust(t.Trust)
		return
	}
	p := eval.Policies{Session: q.session, Resource: t.Granted, ExplicitTrust: t.Role}
	if t.Trust != nil && t.Role {
		p.Resource = []*eval.Policy{t.Trust}
	}
	if p.Session != nil || p.Resource != nil || p.ExplicitTrust {
		q.besides = eval.Unindexed(p)
	}
}

// Applying lists the policies that a decision looks at, for people who want to
// know why.
func (z *Authorizer) Applying(w state.World, c *authn.Caller, t Target) []*eval.Policy {
	account := identity.In(w, z.site, c.Account)
	o := z.owners.of(account, c, z.guards.of(w, c.Account))
	list := slices.Concat(slices.Concat(o.guard.scps...), o.identity, o.boundary, z.ofSession(account, c), t.Granted)
	if t.Trust != nil {
		list = append(list, t.Trust)
	}
	if its := z.guards.of(w, t.Account); its.limits != nil && organization.ResourceControlled(t.Action) {
		list = append(list, slices.Concat(its.rcps...)...)
	}
	return list
}

// operatorsOwn allows an operator what is the operators', and nothing else.
func operatorsOwn(t Target) eval.Decision {
	if len(t.Action) > len("keyreeve:") && t.Action[:len("keyreeve:")] == "keyreeve:" {
		return eval.Decision{Outcome: eval.Allowed}
	}
	return eval.Decision{}
}

// ofSession are the session policies of a caller, nil if there are none.
func (z *Authorizer) ofSession(a identity.Account, c *authn.Caller) []*eval.Policy {
	if c.Session == nil || c.Kind == authn.Anonymous {
		return nil
	}
	var list []*eval.Policy
	if c.Session.InlinePolicy != "" {
		list = append(list, z.sessions.compiled(c.Session.InlinePolicy))
	}
	for _, arn := range c.Session.ManagedPolicies {
		list = append(list, a.CompiledPolicy(arn))
	}
	if c.AssumedRoot() {
		return asTask(list)
	}
	return list
}

// principal is the caller as policies name it.
func principal(a identity.Account, c *authn.Caller, o *owner) eval.Principal {
	p := eval.Principal{
		Kind: principalKinds[c.Kind], ARN: c.ARN, Account: c.Account,
		HasBoundary: o.boundary != nil, ServiceLinkedRole: o.serviceLinked,
	}
	switch c.Kind {
	case authn.RoleSession:
		p.Issuer = c.Session.RoleARN
	case authn.FederatedUser:
		p.Issuer = issuerARN(a, c)
	case authn.FederatedIdentity:
		p.Name, p.Account = c.Federated.Provider, ""
	}
	return p
}

// issuerARN is the ARN of the user who issued a federated user's session.
func issuerARN(a identity.Account, c *authn.Caller) string {
	if u, ok := a.UserByID(c.UniqueID); ok {
		return a.UserARN(u)
	}
	return a.RootARN()
}

var principalKinds = [...]eval.PrincipalKind{
	authn.Anonymous: eval.Anonymous, authn.Root: eval.Root, authn.User: eval.User,
	authn.RoleSession: eval.RoleSession, authn.FederatedUser: eval.FederatedUser,
	authn.FederatedIdentity: eval.FederatedIdentity,
}

// Denied is the error of a refused call, in AWS's words. AWS says nothing of the
// reason where a role of another account, or one that does not exist, is to be
// assumed, or where an organization does not admit one of its members.
func Denied(c *authn.Caller, t Target, d eval.Decision) error {
	principal := c.ARN
	if principal == "" {
		principal = "anonymous"
	}
	if c.Kind == authn.FederatedIdentity {
		return apierror.New(apierror.AccessDenied, "Not authorized to perform %s", t.Action)
	}
	if t.Role && (t.Account != c.Account || t.Trust == nil) {
		return apierror.New(apierror.AccessDenied, "User: %s is not authorized to perform: %s on resource: %s", principal, t.Action, t.Resource)
	}
	if t.Granted != nil && d.Outcome == eval.ImplicitDeny && d.Kind == eval.ResourceBased {
		return apierror.New(apierror.AccessDenied, "You don't have permissions to access this resource.")
	}
	return apierror.New(apierror.AccessDenied, "%s", d.Message(principal, t.Action, t.Resource))
}
