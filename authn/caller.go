package authn

import (
	"github.com/keyreeve/keyreeve/credential/session"
)

// Kind is the kind of a caller.
type Kind uint8

// The kinds of callers. The zero Kind is a caller who has shown nothing.
const (
	Anonymous Kind = iota
	Root
	User
	RoleSession
	FederatedUser
	// Operator is whoever may open the operators' socket of this deployment.
	Operator
	// FederatedIdentity is somebody for whom an identity provider vouches in this one
	// request, which nobody has signed.
	FederatedIdentity
)

// String is the kind's name in logs.
func (k Kind) String() string {
	return [...]string{"anonymous", "root", "user", "role session", "federated user", "operator", "federated identity"}[k]
}

// Caller is who makes a call.
type Caller struct {
	Kind    Kind
	Account string // 12 digits; empty for an anonymous caller
	// ARN is the caller as GetCallerIdentity tells it: of a role session that of
	// the session.
	ARN string
	// UserID is the value of aws:userid.
	UserID string
	// Name is the user's name, or the session's name.
	Name string
	// UniqueID is the unique id of the user or of the role; root's is the account.
	UniqueID    string
	AccessKeyID string
	// Session is what the session token says; nil for long-term credentials.
	Session *session.Record
	// Federated is who a FederatedIdentity is; nil for others. Its Account is that of
	// the provider.
	Federated *Federated
	Origin    Origin
}

// Federated is what an identity provider says of somebody.
type Federated struct {
	Provider string // the provider's ARN
	Audience string // whom the provider has told it
	Subject  string
	// NameQualifier tells subjects of SAML providers apart; it is empty for others.
	NameQualifier string
}

// Origin is what is known of where a call comes from.
type Origin struct {
	SourceIP        string
	SecureTransport bool
	UserAgent       string
	Referer         string
	Region          string // of the credential scope
}

// Temporary tells whether the caller uses temporary credentials.
func (c *Caller) Temporary() bool { return c.Session != nil }

// MFA tells whether the caller's session was begun with a second factor.
func (c *Caller) MFA() bool { return c.Session != nil && c.Session.MFAPresent }

// AssumedRoot tells whether the caller is an administrator of the organization who
// does one task as the account's root user, by a session of AssumeRoot.
func (c *Caller) AssumedRoot() bool { return c.Session != nil && c.Session.AssumedRoot }

// Delegated tells whether another account acts in the name of the caller by a
// delegation request.
func (c *Caller) Delegated() bool { return c.Session != nil && c.Session.Delegate != "" }
