package authz

import (
	"slices"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/condition"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// Authorizer answers whether callers may do things. It is safe for use by many
// goroutines.
type Authorizer struct {
	site     identity.Site
	sessions *sessionPolicies
}

// New is an Authorizer for the accounts of a site.
func New(site identity.Site) *Authorizer {
	return &Authorizer{site: site, sessions: newSessionPolicies()}
}

// Decide answers whether a caller may do something in a world. The zero decision
// is a denial, and so is whatever is not understood.
func (z *Authorizer) Decide(w state.World, c *authn.Caller, t Target, now time.Time) eval.Decision {
	if c.Kind == authn.Operator {
		return operatorsOwn(t)
	}
	account := identity.In(w, z.site, c.Account)
	var policies eval.Policies
	if c.Kind != authn.Anonymous {
		z.ofCaller(account, c, &policies)
	}
	if t.Role {
		policies.ExplicitTrust = true
		if t.Trust != nil {
			policies.Resource = []*eval.Policy{t.Trust}
		}
	}
	request := eval.Request{
		Principal: principal(account, c), Action: t.Action, Resource: t.Resource, ResourceAccount: t.Account,
		Context: contextOf(account, c, &t, now),
	}
	return eval.Decide(&request, &policies)
}

// Applying lists the policies that a decision looks at, for people who want to
// know why.
func (z *Authorizer) Applying(w state.World, c *authn.Caller, t Target) []*eval.Policy {
	var p eval.Policies
	z.ofCaller(identity.In(w, z.site, c.Account), c, &p)
	list := slices.Concat(p.Identity, p.Boundary, p.Session)
	if t.Trust != nil {
		list = append(list, t.Trust)
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

// ofCaller puts together the policies that apply to a caller.
func (z *Authorizer) ofCaller(a identity.Account, c *authn.Caller, p *eval.Policies) {
	if o, ok := ownerOf(a, c); ok {
		p.Identity = a.IdentityPolicies(o)
		p.Boundary = a.Boundary(o)
	}
	if c.Session == nil {
		return
	}
	if c.Session.InlinePolicy != "" {
		p.Session = append(p.Session, z.sessions.compiled(c.Session.InlinePolicy))
	}
	for _, arn := range c.Session.ManagedPolicies {
		p.Session = append(p.Session, a.CompiledPolicy(arn))
	}
}

// ownerOf is the user or role whose policies apply to a caller: of a federated
// user it is the user who issued the session. Root has none.
func ownerOf(a identity.Account, c *authn.Caller) (identity.Owner, bool) {
	switch c.Kind {
	case authn.User, authn.FederatedUser:
		if u, ok := a.UserByID(c.UniqueID); ok {
			return identity.UserAsOwner(u), true
		}
	case authn.RoleSession:
		if r, ok := a.RoleByID(c.UniqueID); ok {
			return identity.RoleAsOwner(r), true
		}
	}
	return identity.Owner{}, false
}

// principal is the caller as policies name it.
func principal(a identity.Account, c *authn.Caller) eval.Principal {
	p := eval.Principal{Kind: principalKinds[c.Kind], ARN: c.ARN, Account: c.Account}
	switch c.Kind {
	case authn.RoleSession:
		p.Issuer = c.Session.RoleARN
	case authn.FederatedUser:
		p.Issuer = issuerARN(a, c)
	}
	if o, ok := ownerOf(a, c); ok {
		p.HasBoundary = o.Boundary != ""
		p.ServiceLinkedRole = o.ServiceLinked()
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

var principalKinds = map[authn.Kind]eval.PrincipalKind{
	authn.Anonymous: eval.Anonymous, authn.Root: eval.Root, authn.User: eval.User,
	authn.RoleSession: eval.RoleSession, authn.FederatedUser: eval.FederatedUser,
}

// contextOf is the request context: what the request and the target say, over
// what the caller's credentials say and no request can change.
func contextOf(a identity.Account, c *authn.Caller, t *Target, now time.Time) *condition.Context {
	ctx := new(condition.Context)
	for _, k := range requestKeys(c, t, now) {
		k.into(ctx)
	}
	for _, k := range callerKeys(a, c, now) {
		k.into(ctx)
	}
	return ctx
}

func (k Key) into(ctx *condition.Context) {
	if k.Multivalued {
		ctx.SetValues(k.Name, k.Values, true)
		return
	}
	ctx.Set(k.Name, k.Values[0])
}

// Denied is the error of a refused call, in AWS's words. AWS says nothing of the
// reason where a role of another account, or one that does not exist, is to be
// assumed.
func Denied(c *authn.Caller, t Target, d eval.Decision) error {
	principal := c.ARN
	if principal == "" {
		principal = "anonymous"
	}
	if t.Role && (t.Account != c.Account || t.Trust == nil) {
		return apierror.New(apierror.AccessDenied, "User: %s is not authorized to perform: %s on resource: %s", principal, t.Action, t.Resource)
	}
	return apierror.New(apierror.AccessDenied, "%s", d.Message(principal, t.Action, t.Resource))
}
