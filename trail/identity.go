package trail

import (
	"maps"
	"slices"
	"time"
)

// IdentityType is the type of a userIdentity.
type IdentityType string

// The types of identities that call the APIs.
const (
	RootType            IdentityType = "Root"
	UserType            IdentityType = "IAMUser"
	AssumedRoleType     IdentityType = "AssumedRole"
	FederatedUserType   IdentityType = "FederatedUser"
	WebIdentityUserType IdentityType = "WebIdentityUser"
	SAMLUserType        IdentityType = "SAMLUser"
	AccountType         IdentityType = "AWSAccount"
	ServiceType         IdentityType = "AWSService"
	UnknownType         IdentityType = "Unknown"

	roleType IdentityType = "Role" // of a session's issuer only
)

// Identity is who called. The functions below make one of each type, so that the
// fields that belong together are there together.
type Identity struct {
	Type             IdentityType    `json:"type"`
	PrincipalID      string          `json:"principalId,omitempty"`
	ARN              string          `json:"arn,omitempty"`
	AccountID        string          `json:"accountId,omitempty"`
	AccessKeyID      string          `json:"accessKeyId,omitempty"`
	UserName         string          `json:"userName,omitempty"`
	SessionContext   *SessionContext `json:"sessionContext,omitempty"`
	InvokedBy        string          `json:"invokedBy,omitempty"`
	IdentityProvider string          `json:"identityProvider,omitempty"`
}

// SessionContext is what is known of temporary credentials.
type SessionContext struct {
	Issuer         *Issuer            `json:"sessionIssuer,omitempty"`
	WebFederation  *WebFederation     `json:"webIdFederationData,omitempty"`
	Attributes     *SessionAttributes `json:"attributes,omitempty"`
	SourceIdentity string             `json:"sourceIdentity,omitempty"`
	AssumedRoot    string             `json:"assumedRoot,omitempty"` // "true" or nothing
}

// Issuer is whose permissions the session has: a role, or the user who asked for a
// federated user's session.
type Issuer struct {
	Type        IdentityType `json:"type"`
	PrincipalID string       `json:"principalId,omitempty"`
	ARN         string       `json:"arn,omitempty"`
	AccountID   string       `json:"accountId,omitempty"`
	UserName    string       `json:"userName,omitempty"`
}

// WebFederation is the provider of OpenID Connect that vouched for the session.
type WebFederation struct {
	Provider   string            `json:"federatedProvider,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// SessionAttributes are two facts about a session, which CloudTrail writes as text.
type SessionAttributes struct {
	CreationDate     string `json:"creationDate"`
	MFAAuthenticated string `json:"mfaAuthenticated"`
}

// Session is what a function needs to know of temporary credentials.
type Session struct {
	IssuedAt          time.Time
	MFA               bool
	SourceIdentity    string
	FederatedProvider string // of OpenID Connect; empty if it was none
	AssumedRoot       bool   // it is one of AssumeRoot
}

// Root is the root user of an account. Session is nil for a long-term key.
func Root(partition, account, accessKeyID string, session *Session) Identity {
	return Identity{
		Type: RootType, PrincipalID: account, ARN: "arn:" + partition + ":iam::" + account + ":root", AccountID: account,
		AccessKeyID: accessKeyID, SessionContext: session.context(nil),
	}
}

// User is an IAM user. Session is nil for a long-term key, and set for
// credentials of GetSessionToken.
func User(account, userID, arn, name, accessKeyID string, session *Session) Identity {
	return Identity{
		Type: UserType, PrincipalID: userID, ARN: arn, AccountID: account, AccessKeyID: accessKeyID, UserName: name,
		SessionContext: session.context(nil),
	}
}

// AssumedRole is a role session: arn is the session's, roleARN the role's.
func AssumedRole(account, roleID, sessionName, arn, roleARN, roleName, accessKeyID string, session *Session) Identity {
	issuer := &Issuer{Type: roleType, PrincipalID: roleID, ARN: roleARN, AccountID: account, UserName: roleName}
	return Identity{
		Type: AssumedRoleType, PrincipalID: roleID + ":" + sessionName, ARN: arn, AccountID: account, AccessKeyID: accessKeyID,
		SessionContext: session.context(issuer),
	}
}

// FederatedUser is a session of GetFederationToken; issuer is who asked for it, a
// user or the root user.
func FederatedUser(account, name, arn, accessKeyID string, issuer Identity, session *Session) Identity {
	return Identity{
		Type: FederatedUserType, PrincipalID: account + ":" + name, ARN: arn, AccountID: account, AccessKeyID: accessKeyID,
		SessionContext: session.context(&Issuer{
			Type: issuer.Type, PrincipalID: issuer.PrincipalID, ARN: issuer.ARN, AccountID: issuer.AccountID, UserName: issuer.UserName,
		}),
	}
}

// WebIdentityUser is who calls AssumeRoleWithWebIdentity, unsigned: the subject of a
// token.
func WebIdentityUser(provider, audience, subject string) Identity {
	return Identity{
		Type: WebIdentityUserType, PrincipalID: provider + ":" + audience + ":" + subject, UserName: subject, IdentityProvider: provider,
	}
}

// SAMLUser is who calls AssumeRoleWithSAML, unsigned: the subject of an assertion.
func SAMLUser(nameQualifier, subject, provider string) Identity {
	return Identity{
		Type: SAMLUserType, PrincipalID: nameQualifier + ":" + subject, UserName: subject, IdentityProvider: provider,
	}
}

// OtherAccount is a caller as the account of a role that it assumes sees it: its id
// and account, but not its name.
func OtherAccount(account, principalID string) Identity {
	return Identity{Type: AccountType, PrincipalID: principalID, AccountID: account}
}

// Service is a service that calls on its own.
func Service(name string) Identity { return Identity{Type: ServiceType, InvokedBy: name} }

// Anonymous is a caller who signed nothing.
func Anonymous() Identity { return Identity{Type: AccountType, AccountID: "ANONYMOUS_PRINCIPAL"} }

// Unknown is a caller whose proof was refused. AccessKeyID is what he claimed.
func Unknown(accessKeyID string) Identity {
	return Identity{Type: UnknownType, AccessKeyID: accessKeyID}
}

// context gives the session context of a session; there is none for long-term keys.
func (s *Session) context(issuer *Issuer) *SessionContext {
	if s == nil {
		return nil
	}
	c := &SessionContext{
		Issuer: issuer, SourceIdentity: s.SourceIdentity,
		Attributes: &SessionAttributes{CreationDate: s.IssuedAt.UTC().Format(time.RFC3339), MFAAuthenticated: "false"},
	}
	if s.MFA {
		c.Attributes.MFAAuthenticated = "true"
	}
	if s.AssumedRoot {
		c.AssumedRoot = "true"
	}
	if s.FederatedProvider != "" {
		c.WebFederation = &WebFederation{Provider: s.FederatedProvider}
	}
	return c
}

// write writes the userIdentity element.
func (id *Identity) write(w *Writer) {
	w.BeginObject()
	w.text("type", string(id.Type))
	w.known("principalId", id.PrincipalID)
	w.known("arn", id.ARN)
	w.known("accountId", id.AccountID)
	w.known("accessKeyId", id.AccessKeyID)
	w.known("userName", id.UserName)
	if id.SessionContext != nil {
		w.Name("sessionContext")
		id.SessionContext.write(w)
	}
	w.known("invokedBy", id.InvokedBy)
	w.known("identityProvider", id.IdentityProvider)
	w.EndObject()
}

func (c *SessionContext) write(w *Writer) {
	w.BeginObject()
	if i := c.Issuer; i != nil {
		w.Name("sessionIssuer")
		w.BeginObject()
		w.text("type", string(i.Type))
		w.known("principalId", i.PrincipalID)
		w.known("arn", i.ARN)
		w.known("accountId", i.AccountID)
		w.known("userName", i.UserName)
		w.EndObject()
	}
	if f := c.WebFederation; f != nil {
		w.Name("webIdFederationData")
		w.BeginObject()
		w.known("federatedProvider", f.Provider)
		if len(f.Attributes) > 0 {
			w.Name("attributes")
			w.BeginObject()
			for _, name := range slices.Sorted(maps.Keys(f.Attributes)) {
				w.text(name, f.Attributes[name])
			}
			w.EndObject()
		}
		w.EndObject()
	}
	if a := c.Attributes; a != nil {
		w.Name("attributes")
		w.BeginObject()
		w.text("creationDate", a.CreationDate)
		w.text("mfaAuthenticated", a.MFAAuthenticated)
		w.EndObject()
	}
	w.known("sourceIdentity", c.SourceIdentity)
	w.known("assumedRoot", c.AssumedRoot)
	w.EndObject()
}
