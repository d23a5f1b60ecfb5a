package asked

import (
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// Call is what was asked in one call, and whether all of it was allowed.
type Call struct {
	Caller  authn.Caller
	Targets []authz.Target
	Allowed bool
}

// In gives the call's targets the policies that come with their resources, as they are
// in a world: the trust policies of roles and the resource policy of an organization.
func (c *Call) In(w state.World, site identity.Site) {
	for i := range c.Targets {
		t := &c.Targets[i]
		t.Trust = nil
		if t.Role {
			t.Trust = identity.In(w, site, t.Account).TrustOf(t.Resource)
		}
		if t.Granted != nil {
			t.Granted = nobody
			if t.Action == "sts:AssumeRoot" {
				t.Granted = c.rootSessions(w, site, t)
			} else if o, ok := organization.OfAccount(w, c.Caller.Account); ok {
				t.Granted = o.Admitting(c.Caller.Account, t.Action)
			}
		}
	}
}

// rootSessions are the policies that admit the caller to a session of a root user.
func (c *Call) rootSessions(w state.World, site identity.Site, t *authz.Target) []*eval.Policy {
	for _, k := range t.Keys {
		if k.Name != "sts:TaskPolicyArn" || len(k.Values) != 1 {
			continue
		}
		if task, ok := organization.RootTask(site.Partition, k.Values[0]); ok && organization.AdmitsRootSession(w, c.Caller.Account, t.Account, task) {
			return []*eval.Policy{organization.AdmittingRootSessions(c.Caller.Account)}
		}
	}
	return nobody
}

// nobody are resource-based policies that let nobody in.
var nobody = []*eval.Policy{}

// Decide asks once more whether all of the call's targets are allowed, after [Call.In].
// The first that is not is told.
func (c *Call) Decide(z *authz.Authorizer, w state.World, at time.Time) (allowed bool, refused *authz.Target) {
	for i := range c.Targets {
		if !z.Allows(w, &c.Caller, &c.Targets[i], at) {
			return false, &c.Targets[i]
		}
	}
	return true, nil
}

// Principal is who called, as policies name it: of a role session it is the role, of a
// federated user the user or root who asked for the session.
func (c *Call) Principal() string {
	who := &c.Caller
	switch {
	case who.Kind == authn.RoleSession && who.Session != nil:
		return who.Session.RoleARN
	case who.Kind == authn.FederatedUser && who.Session != nil && who.Session.IssuedTo != "":
		return who.Session.IssuedTo
	case who.Kind == authn.FederatedIdentity && who.Federated != nil:
		return who.Federated.Provider
	case who.ARN == "":
		return "anonymous"
	}
	return strings.Clone(who.ARN)
}
