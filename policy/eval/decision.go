package eval

import (
	"strings"

	"github.com/keyreeve/keyreeve/policy"
)

// Outcome is what a decision comes to.
type Outcome uint8

// The outcomes. The zero value denies.
const (
	ImplicitDeny Outcome = iota
	ExplicitDeny
	Allowed
)

// String spells the outcome as the policy simulator does.
func (o Outcome) String() string {
	switch o {
	case Allowed:
		return "allowed"
	case ExplicitDeny:
		return "explicitDeny"
	}
	return "implicitDeny"
}

// Kind is the part that a policy plays in a decision.
type Kind uint8

// The kinds of policies.
const (
	NoPolicy Kind = iota // no policy decided
	Identity
	ResourceBased
	TrustPolicy // of a role that is to be assumed
	Boundary
	Session
	SCP
	RCP
	Endpoint

	kinds
)

// String names the kind, as denials do.
func (k Kind) String() string {
	switch k {
	case Identity:
		return "identity-based policy"
	case ResourceBased:
		return "resource-based policy"
	case TrustPolicy:
		return "role trust policy"
	case Boundary:
		return "permissions boundary"
	case Session:
		return "session policy"
	case SCP:
		return "service control policy"
	case RCP:
		return "resource control policy"
	case Endpoint:
		return "VPC endpoint policy"
	}
	return "none"
}

func (k Kind) article() string {
	switch k {
	case Identity:
		return "an"
	case TrustPolicy:
		return "the"
	}
	return "a"
}

func (k Kind) namesPrincipals() bool {
	switch k {
	case ResourceBased, TrustPolicy, RCP, Endpoint:
		return true
	}
	return false
}

// resourceOptional kinds may leave Resource out, which then is what they hang
// on: a role has no other way, and some services have it so.
func (k Kind) resourceOptional() bool { return k == ResourceBased || k == TrustPolicy }

// Match is a statement that applied.
type Match struct {
	Kind      Kind
	Policy    *Policy
	Statement *policy.Statement // with its Sid, effect and place
	Level     int               // of SCPs and RCPs: 0 is that of the organization's root
}

// Decision is the answer to a Request. The zero value is an implicit deny.
type Decision struct {
	Outcome Outcome

	// Kind is the kind of policy that decided: the one that denies, or lacks an
	// Allow; or the one that grants.
	Kind Kind

	// Matched are the statements that determine the outcome: the Deny statements
	// that applied if there are any, and else the Allow statements that did.
	Matched []Match

	// CrossAccount says that principal and resource are of different accounts.
	CrossAccount bool

	// Fault says why policies could not be evaluated; the outcome is then a deny.
	Fault string

	// OrganizationsAllow and BoundaryAllows say whether SCPs and RCPs, and the
	// permissions boundary, let the request pass (or there is none).
	OrganizationsAllow bool
	BoundaryAllows     bool

	reserved bool // denied whatever policies say
	rootRole bool // the root user tried to assume a role
}

// Allowed reports whether the request is allowed.
func (d *Decision) Allowed() bool { return d.Outcome == Allowed }

// Message is AWS's text for a denial, naming the caller by its ARN.
func (d Decision) Message(principal, action, resource string) string {
	if d.rootRole && d.Outcome == ImplicitDeny {
		return "Roles may not be assumed by root accounts."
	}
	switch strings.ToLower(action) {
	case "sts:assumerolewithsaml", "sts:assumerolewithwebidentity":
		return "Not authorized to perform " + action
	}
	m := "User: " + principal + " is not authorized to perform: " + action
	if resource != "" {
		m += " on resource: " + resource
	}
	if reason := d.Reason(action); reason != "" {
		m += " " + reason
	}
	return m
}

// Reason is the end of the denial's text: which kind of policy denies, or lacks
// an Allow. It is empty if the request is allowed or no policy decided. For
// roles of other accounts AWS gives none.
func (d Decision) Reason(action string) string {
	switch {
	case d.Outcome == Allowed || d.Kind == NoPolicy || d.reserved:
		return ""
	case d.CrossAccount && strings.EqualFold(action, "sts:AssumeRole"):
		return ""
	case d.Outcome == ExplicitDeny:
		return "with an explicit deny in " + d.Kind.article() + " " + d.Kind.String()
	}
	return "because no " + d.Kind.String() + " allows the " + action + " action"
}
