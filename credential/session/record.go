package session

import "time"

// Kind is what a session is a session of.
type Kind uint8

// The kinds of sessions. The zero value is none of them.
const (
	Role          Kind = 1 // AssumeRole and AssumeRoleWith…: the session of a role
	FederatedUser Kind = 2 // GetFederationToken: a federated user
	User          Kind = 3 // GetSessionToken of an IAM user: the user
	Root          Kind = 4 // GetSessionToken of the root user, or AssumeRoot: the root user
)

// String is the kind's name, for tests and logs.
func (k Kind) String() string {
	switch k {
	case Role:
		return "role"
	case FederatedUser:
		return "federated user"
	case User:
		return "user"
	case Root:
		return "root"
	default:
		return "unknown"
	}
}

// Tag is a session tag.
type Tag struct{ Key, Value string }

// Record is what is known of a session: all of it, for there is no other place.
type Record struct {
	Kind Kind
	// Account is the account that the session acts in.
	Account string
	// PrincipalARN is the caller's ARN: assumed-role/ROLE/SESSION,
	// federated-user/NAME, or the user's own.
	PrincipalARN string
	// UniqueID is the unique id of the role or user. One that is deleted and made
	// anew under the same name has another, and its old sessions end.
	UniqueID string
	// RoleARN is the role's ARN with its path, which PrincipalARN leaves out.
	RoleARN string
	// SessionName is the role session's name, or the federated user's.
	SessionName string
	// IssuedTo is the ARN of the principal that asked for the session.
	IssuedTo string

	Tags              []Tag
	TransitiveTagKeys []string
	SourceIdentity    string
	// Chained says that the session was asked for with temporary credentials.
	Chained bool

	// InlinePolicy is the inline session policy as given; ManagedPolicies are the
	// ARNs of the managed ones. Both empty means that there is no session policy.
	InlinePolicy    string
	ManagedPolicies []string

	IssuedAt, ExpiresAt time.Time // whole seconds

	// MFAPresent says that the session was asked for with an MFA code, at MFATime.
	MFAPresent bool
	MFATime    time.Time
	// SignedIn says that the session comes of a sign-in with a password, and not of
	// GetSessionToken: it may call IAM without MFA.
	SignedIn bool
	// FederatedProvider is the identity provider that vouched: an ARN, or the host
	// name of a public one. Empty if it was no provider.
	FederatedProvider string

	// Context are condition keys that the identity provider's assertion has given the
	// session, for example "issuer.example:sub".
	Context []Tag

	// Delegate is the account that acts in the name of the session's principal by a
	// delegation request. Empty if it is the principal itself.
	Delegate string

	// AssumedRoot says that the session is one of AssumeRoot: the root user of Account,
	// as far as the task policy goes which is the only one of ManagedPolicies. IssuedTo
	// is of the account that asked for it.
	AssumedRoot bool

	// Epoch is the account's session epoch when the session was issued, and
	// Incarnation is the store's. A session with other ones than today's is over.
	Epoch       int
	Incarnation string

	// AccessKeyID is the key id that goes with the token. Issue sets it.
	AccessKeyID string
}

// HasSessionPolicy reports whether session policies limit the session.
func (r *Record) HasSessionPolicy() bool {
	return r.InlinePolicy != "" || len(r.ManagedPolicies) > 0
}

// hasPacked reports whether anything is in the packed part.
func (r *Record) hasPacked() bool {
	return r.HasSessionPolicy() || len(r.Tags) > 0 || len(r.TransitiveTagKeys) > 0
}
