package eval

import "github.com/keyreeve/keyreeve/policy/condition"

// Context is the request context.
type Context = condition.Context

// PrincipalKind tells kinds of callers apart.
type PrincipalKind uint8

// The kinds of principals.
const (
	Anonymous         PrincipalKind = iota
	Root                            // the root user of an account
	User                            // an IAM user, also with a session of GetSessionToken
	RoleSession                     // a session of a role; or the role as such, in simulations
	FederatedUser                   // a session of GetFederationToken
	Service                         // an AWS service that calls for itself
	FederatedIdentity               // somebody with an assertion of an identity provider
)

// Principal is who makes a request. The zero value is the anonymous caller.
type Principal struct {
	Kind PrincipalKind

	// ARN is the caller's own: of the session for sessions, ending in :root for
	// the root user. For a role as such (in simulations) it is the role's.
	ARN string

	// Account is the account id that the caller belongs to; empty for anonymous
	// callers, services and federated identities.
	Account string

	// Issuer is the ARN of the user that made a federated user's session. For
	// sessions of roles it may be the role's ARN; the session's own tells the
	// role well enough, though.
	Issuer string

	// Name is the host name of a Service, or the provider of a
	// FederatedIdentity: its host or ARN, as trust policies name it.
	Name string

	// CanonicalUser is the account's canonical id, if known.
	CanonicalUser string

	// HasBoundary says that the user or role has a permissions boundary. It need
	// not be set if Policies.Boundary is.
	HasBoundary bool

	// ManagementAccount says that Account is the management account of its
	// organization, ServiceLinkedRole that the session is of such a role. SCPs
	// do not limit them.
	ManagementAccount bool
	ServiceLinkedRole bool
}

// inAccount reports whether the principal belongs to an account.
func (p *Principal) inAccount() bool {
	switch p.Kind {
	case Root, User, RoleSession, FederatedUser:
		return true
	}
	return false
}

// serviceLinked reports whether the principal is a service-linked role's session.
// Somebody without an account cannot be: RCPs do apply to services themselves.
func (p *Principal) serviceLinked() bool { return p.inAccount() && p.ServiceLinkedRole }

// Request is a question for Decide.
type Request struct {
	Principal Principal
	Action    string // service:Name, in canonical case for messages

	// Resource is the ARN of the resource, or "*" for an action that has none.
	Resource string

	// ResourceAccount is the account that owns the resource, whatever the ARN
	// says; for actions without a resource the caller's. If it is empty, the
	// resource is taken as another account's.
	ResourceAccount string

	// ResourceInManagementAccount says that the owner is the management account
	// of its organization, where RCPs do not apply.
	ResourceInManagementAccount bool

	// Context may be nil.
	Context *Context
}

// Policies are the policies that apply to a request. Nil means that there is
// none of the kind; a boundary, session policy or endpoint policy list that is
// not nil but empty is one that allows nothing.
type Policies struct {
	Identity []*Policy
	Resource []*Policy
	Boundary []*Policy
	Session  []*Policy
	Endpoint []*Policy

	// SCPs has a list for the organization's root, for each OU down to the
	// principal's account, and for the account; RCPs the same for the resource's
	// account. To each level of RCPs the policy that allows everything is
	// attached; it need not be given.
	SCPs, RCPs [][]*Policy

	// ExplicitTrust says that identity-based policies count only if the
	// resource-based policy has an Allow that applies. Roles to be assumed and
	// KMS keys are so without saying.
	ExplicitTrust bool
}
