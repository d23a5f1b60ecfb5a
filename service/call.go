package service

import (
	"context"
	"encoding/hex"
	"io"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/federation"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/trail"
)

// Call is one call on its way through the pipeline, as an operation sees it.
type Call struct {
	RequestID string
	Caller    authn.Caller
	World     state.World
	// Draft takes the changes of an operation that writes; it is World then. It
	// is nil for an operation that only reads.
	Draft *state.Draft

	Now time.Time
	// Random gives the same bytes again when the call is run again.
	Random io.Reader
	Tools  *Tools

	// Context ends when nobody waits for the answer any more.
	Context context.Context
	// Prepared is what the operation has found out before it came to its turn; see
	// [Operation.Prepare].
	Prepared any

	// Note is what the operation wants said in the audit record beside its input
	// and output.
	Note map[string]any
	// Concerned is the other account that the call concerns; see [Call.Concern].
	Concerned Concerned
}

// Concerned is another account than the caller's that a call concerns, and what of its it is
// about.
type Concerned struct {
	Account  string
	Resource trail.Resource
}

// Concern says that the call, if it is carried out, concerns another account, to which
// something belongs that is used or changed: that account has a record of it, too. The
// caller's own account is no other one. The type is CloudFormation's, or empty if that has
// none.
func (c *Call) Concern(account, arn, kind string) {
	if account != c.Caller.Account {
		c.Concerned = Concerned{account, trail.Resource{ARN: arn, AccountID: account, Type: kind}}
	}
}

// Tools are what operations share.
type Tools struct {
	Site identity.Site
	// Authorizer answers what may be done, for the simulators.
	Authorizer *authz.Authorizer
	// Quotas overlays the quotas that are stored; it may be nil.
	Quotas map[string]int
	// Seal encrypts a secret for storing.
	Seal func(secret []byte, belongsTo string) ([]byte, error)
	// Open undoes Seal.
	Open func(sealed []byte, belongsTo string) ([]byte, error)
	// Codes are the wrong codes of MFA devices that were tried.
	Codes CodeAttempts
	// Providers asks identity providers.
	Providers Providers
	// IssuerOf is the issuer of the tokens that an account gives out, and IsOwnIssuer tells
	// whether an issuer is that of any account.
	IssuerOf    func(account string) string
	IsOwnIssuer func(issuer string) bool
	// Passwords are the wrong passwords that were tried, and Hasher computes hashes
	// of passwords.
	Passwords CodeAttempts
	Hasher    *Hasher
	// SAMLAddresses are what SAML providers may name as recipient and audience beside
	// what they name for AWS.
	SAMLAddresses []string
	// Sealed makes and opens what callers carry and may not read: markers and
	// encoded authorization messages.
	Sealed Sealer
	// IssueSession issues temporary credentials; the number is the percentage
	// that policies and tags take of the room that they have.
	IssueSession func(r session.Record, random io.Reader) (session.Credentials, int, error)
	// LastUsed tells when an access key or a role was last used.
	LastUsed func(account, kind, subject string) (Use, bool)
	// CredentialUses tells when each access key and password of an account was last used.
	CredentialUses func(account string) identity.CredentialUses
	// LookupEvents gives a page of events that were recorded, newest first, and where the
	// next page begins, which is empty if there is none.
	LookupEvents func(ctx context.Context, q EventQuery) (records [][]byte, next string, err error)
	// Buckets are where trails can be delivered to; nil: nowhere.
	Buckets Buckets
	// Accesses tells which actions users and roles have tried to use, and when last; all of
	// the account, if the ids are nil.
	Accesses func(account string, entityIDs []string) map[string][]identity.Access
}

// EventQuery says which events are looked up.
type EventQuery struct {
	Account  string
	From, To time.Time       // from From to before To
	Key      trail.LookupKey // zero: by nothing
	Value    string
	After    string // where the page begins; empty: the first one
	Limit    int    // at most so many
}

// Buckets are where log files can be delivered to.
type Buckets interface {
	// Check tells whether files of an account's trails can be put into a bucket. Its errors
	// are CloudTrail's.
	Check(ctx context.Context, account, bucket string) error
}

// Providers asks identity providers of OpenID Connect, which are servers of others.
// Its errors are those of federation and jwt.
type Providers interface {
	// Parse reads a token; its errors are those of jwt.Parse.
	Parse(text string) (federation.Token, error)
	// Verify finds out whether a token is signed by the provider that it names.
	Verify(ctx context.Context, issuer string, thumbprints []string, token federation.Token) (federation.Verified, error)
	// Thumbprint is that of the last certificate that a provider's server shows.
	Thumbprint(ctx context.Context, issuer string) (string, error)
}

// Use is the last use of an access key or a role.
type Use struct {
	Time            time.Time
	Service, Region string
}

// NewUUID draws a UUID of version 4.
func NewUUID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	return UUID(b, 4), nil
}

// UUID is the text of a UUID, once its version and variant are set.
func UUID(b [16]byte, version byte) string {
	b[6], b[8] = b[6]&0x0f|version<<4, b[8]&0x3f|0x80
	var text [36]byte
	hex.Encode(text[:], b[:4])
	hex.Encode(text[9:], b[4:6])
	hex.Encode(text[14:], b[6:8])
	hex.Encode(text[19:], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// Sealer seals small texts that callers carry. What is sealed for one purpose
// cannot be opened for another one.
type Sealer interface {
	SealText(text, purpose string, random io.Reader) (string, error)
	OpenText(sealed, purpose string) (string, bool)
}

// Account is the caller's account.
func (c *Call) Account() identity.Account {
	return identity.In(c.World, c.Tools.Site, c.Caller.Account)
}

// OtherAccount is an account of the deployment other than the caller's.
func (c *Call) OtherAccount(id string) identity.Account {
	return identity.In(c.World, c.Tools.Site, id)
}

// Edit is the caller's account as the call may change it.
func (c *Call) Edit() identity.Editor { return c.EditOther(c.Caller.Account) }

// EditOther is an account as an operator's call may change it.
func (c *Call) EditOther(id string) identity.Editor {
	return identity.Edit(c.Draft, c.Tools.Site, id, identity.Env{
		Now: c.Now, Random: c.Random, Quotas: func(name string) int { return c.QuotaOf(id, name) }, Seal: c.Tools.Seal, Open: c.Tools.Open,
	})
}

// Deployment is the deployment.
func (c *Call) Deployment() deployment.Deployment { return deployment.In(c.World) }

// Quota is the limit with a name for the caller's account.
func (c *Call) Quota(name string) int { return c.QuotaOf(c.Caller.Account, name) }

// QuotaOf is the limit with a name for an account.
func (c *Call) QuotaOf(account, name string) int {
	if v, ok := c.Tools.Quotas[name]; ok {
		return v
	}
	return c.Deployment().QuotaOf(account, name)
}
