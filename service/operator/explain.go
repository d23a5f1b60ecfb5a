package operator

import (
	"strings"

	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/explain"
	"github.com/keyreeve/keyreeve/service"
)

func explainTargets(c *service.Call, in *keyreeveapi.ExplainInput) ([]authz.Target, error) {
	return []authz.Target{{Action: "keyreeve:Explain", Resource: in.Principal}}, nil
}

// explainOne decides what a principal asks for as a live call of it would be decided
// now, and tells why. Keys that are not given are those of a call over TLS from
// nowhere in particular.
func explainOne(c *service.Call, z *authz.Authorizer, in *keyreeveapi.ExplainInput) (*keyreeveapi.ExplainOutput, error) {
	caller, err := principalNamed(c, in.Principal)
	if err != nil {
		return nil, err
	}
	t := targetOf(c, caller, in)
	e := z.Explain(c.World, caller, t, c.Now)
	out := explained(e, explain.Of(explain.Question{
		Request: e.Request, Decision: e.Decision, Gaps: e.Gaps, Catalog: c.Tools.Site.Library.Release,
	}))
	for _, p := range z.Applying(c.World, caller, t) {
		out.Policies = append(out.Policies, p.Source().ID)
	}
	if !e.Decision.Allowed() {
		message := apierror.Of(authz.Denied(caller, t, e.Decision)).Message
		out.Message = &message
	}
	return out, nil
}

// targetOf is what is asked for. A role that is to be assumed brings its trust
// policy.
func targetOf(c *service.Call, caller *authn.Caller, in *keyreeveapi.ExplainInput) authz.Target {
	t := authz.Target{Action: in.ActionName, Resource: in.Resource, Account: caller.Account}
	parsed, err := arn.Parse(in.Resource)
	if err == nil && parsed.Account != "" && parsed.Account != "aws" {
		t.Account = parsed.Account
	}
	if in.ResourceAccount != nil {
		t.Account = *in.ResourceAccount
	}
	for _, e := range in.Context {
		k := authz.Key{Name: e.Key, Values: e.Values, Multivalued: len(e.Values) != 1}
		t = t.With(k)
	}
	if err == nil && parsed.Service == "iam" && strings.HasPrefix(parsed.Resource, "role/") && strings.HasPrefix(strings.ToLower(in.ActionName), "sts:") {
		t.Role = true
		t.Trust = c.OtherAccount(parsed.Account).TrustOf(in.Resource)
	}
	return t
}

// principalNamed is the caller with an ARN: a root user, a user, or a role, which
// stands for a session of it.
func principalNamed(c *service.Call, principal string) (*authn.Caller, error) {
	parsed, err := arn.Parse(principal)
	if err != nil {
		return nil, apierror.New(apierror.ValidationError, "The principal %s is no ARN.", principal)
	}
	if _, ok := c.Deployment().Account(parsed.Account); !ok || parsed.Service != "iam" {
		return nil, noSuchPrincipal(principal)
	}
	a := c.OtherAccount(parsed.Account)
	caller := &authn.Caller{Account: a.ID, ARN: principal, Origin: authn.Origin{SecureTransport: true}}
	kind, rest, _ := strings.Cut(parsed.Resource, "/")
	name := rest[strings.LastIndexByte(rest, '/')+1:]
	switch kind {
	case "root":
		caller.Kind, caller.UniqueID, caller.UserID = authn.Root, a.ID, a.ID
		return caller, nil
	case "user":
		return userNamed(a, caller, name)
	case "role":
		return roleNamed(c, a, caller, name)
	}
	return nil, noSuchPrincipal(principal)
}

func noSuchPrincipal(principal string) error {
	return apierror.New(apierror.NoSuchEntity, "There is no user, role or root user with the ARN %s.", principal)
}

func userNamed(a identity.Account, caller *authn.Caller, name string) (*authn.Caller, error) {
	u, err := a.User(name)
	if err != nil || a.UserARN(u) != caller.ARN {
		return nil, noSuchPrincipal(caller.ARN)
	}
	caller.Kind, caller.UniqueID, caller.UserID, caller.Name = authn.User, u.ID, u.ID, u.Name
	return caller, nil
}

func roleNamed(c *service.Call, a identity.Account, caller *authn.Caller, name string) (*authn.Caller, error) {
	r, err := a.Role(name)
	if err != nil || !a.HasARN(r, caller.ARN) {
		return nil, noSuchPrincipal(caller.ARN)
	}
	caller.Kind, caller.UniqueID, caller.Name = authn.RoleSession, r.ID, "explained"
	caller.UserID = r.ID + ":explained"
	caller.Session = &session.Record{Kind: session.Role, RoleARN: caller.ARN, SessionName: "explained", IssuedAt: c.Now, UniqueID: r.ID}
	return caller, nil
}
