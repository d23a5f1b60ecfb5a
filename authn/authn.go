package authn

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/credential/sigv4"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/state"
)

// Authenticator finds out who is calling.
type Authenticator struct {
	Site identity.Site
	// Open undoes the sealing of a stored secret.
	Open func(sealed []byte, belongsTo string) ([]byte, error)
	// OpenSession reads a session token that came with an access key id, and
	// gives the secret that goes with it.
	OpenSession func(token, accessKeyID string, now time.Time) (session.Record, string, error)
	// Incarnation is that of the store: sessions of another one are over.
	Incarnation string
	Keys        *sigv4.KeyCache
}

// Proof is a signature that was found genuine, and what it stands for. The zero
// Proof is that of an unsigned request.
type Proof struct {
	AccessKeyID string
	Account     string // that the access key belongs to
	// Service and Region are those of the credential scope.
	Service, Region string

	session  *session.Record
	operator bool
}

// ByOperator is the proof of a request that came by the operators' socket: that
// it could be opened is what shows who is there.
func ByOperator() Proof { return Proof{operator: true, Service: "keyreeve"} }

// BySession is the proof of whoever has shown otherwise than by a signature that a
// session is theirs: by a sign-in, or by what was given out at one.
func BySession(r *session.Record) Proof {
	return Proof{session: r, Account: r.Account, Service: "signin"}
}

// Signed tells whether there was a signature, or what counts as one.
func (p Proof) Signed() bool { return p.AccessKeyID != "" || p.operator || p.session != nil }

func invalidToken() error {
	return apierror.New(apierror.InvalidClientTokenId, "The security token included in the request is invalid.")
}

// Verify finds out whether the signature of a request is genuine. An unsigned
// request is no error. The Proof that comes with an error proves nothing: its
// AccessKeyID is what was claimed.
func (a *Authenticator) Verify(w state.World, r *http.Request, body []byte, now time.Time) (Proof, error) {
	sig, err := sigv4.Parse(sigv4.FromHTTP(r))
	if errors.Is(err, apierror.MissingAuthenticationToken) {
		return Proof{}, nil
	}
	if err != nil {
		return Proof{}, err
	}
	if !a.Site.Library.ValidRegion(a.Site.Partition, sig.Region) {
		return Proof{AccessKeyID: sig.AccessKeyID}, apierror.New(apierror.SignatureDoesNotMatch, "Credential should be scoped to a valid region. ")
	}
	p := Proof{AccessKeyID: sig.AccessKeyID, Service: sig.Service, Region: sig.Region}
	secret, err := a.secret(w, &p, sig.SessionToken, now)
	if err != nil {
		return Proof{AccessKeyID: sig.AccessKeyID}, err
	}
	if err := sig.Verify(secret, now, body, a.rules(sig.Service)); err != nil {
		return Proof{AccessKeyID: sig.AccessKeyID}, err
	}
	return p, nil
}

// rules are those of a service. STS takes a presigned request for 15 minutes
// whatever it says of itself: identity tokens made of a presigned
// GetCallerIdentity rely on it.
func (a *Authenticator) rules(service string) sigv4.Rules {
	r := sigv4.Rules{Keys: a.Keys}
	if service == "sts" {
		r.PresignedAtLeast = 15 * time.Minute
	}
	return r
}

// secret finds the secret access key that a request must be signed with, and
// fills in what is learned of the key.
func (a *Authenticator) secret(w state.World, p *Proof, token string, now time.Time) (string, error) {
	if token != "" {
		record, secret, err := a.OpenSession(token, p.AccessKeyID, now)
		if err != nil {
			return "", err
		}
		p.session, p.Account = &record, record.Account
		return secret, nil
	}
	account, ok := AccountOf(w, p.AccessKeyID)
	if !ok {
		return "", invalidToken()
	}
	p.Account = account
	owner := identity.In(w, a.Site, account)
	k, ok := owner.AccessKey(p.AccessKeyID)
	if !ok || !k.Active {
		return "", invalidToken()
	}
	sealed, ok := owner.AccessKeySecret(p.AccessKeyID)
	if !ok {
		return "", invalidToken()
	}
	return sealed.Open(func(b []byte) ([]byte, error) { return a.Open(b, identity.SecretOf(account, p.AccessKeyID)) })
}

// AccountOf is the account of a long-term access key, if there is such an
// account: as the deployment knows, or else as the id tells.
func AccountOf(w state.World, accessKeyID string) (string, bool) {
	d := deployment.In(w)
	if owner, ok := d.KeyOwner(accessKeyID); ok {
		return owner, true
	}
	account, ok := credential.AccountOf(accessKeyID)
	if !ok {
		return "", false
	}
	_, ok = d.Account(account)
	return account, ok
}

// Caller looks up whom a proof stands for.
func (a *Authenticator) Caller(w state.World, p Proof, o Origin, now time.Time) (Caller, error) {
	switch {
	case p.operator:
		return Caller{Kind: Operator, ARN: "arn:" + a.Site.Partition + ":keyreeve:::operator", Name: "operator", Origin: o}, nil
	case !p.Signed():
		return Caller{Kind: Anonymous, Origin: o}, nil
	}
	d := deployment.In(w)
	if _, ok := d.Active(p.Account); !ok || p.session != nil && d.Closed(p.session.Delegate) {
		return Caller{}, invalidToken()
	}
	c := Caller{Account: p.Account, AccessKeyID: p.AccessKeyID, Session: p.session, Origin: o}
	account := identity.In(w, a.Site, p.Account)
	var err error
	if p.session == nil {
		err = c.ofKey(account)
	} else {
		err = c.ofSession(account, a.Incarnation, now)
	}
	return c, err
}

// ofKey fills in who has a long-term access key.
func (c *Caller) ofKey(a identity.Account) error {
	k, ok := a.AccessKey(c.AccessKeyID)
	if !ok || !k.Active {
		return invalidToken()
	}
	if k.UserID == a.ID {
		c.asRoot(a)
		return nil
	}
	return c.asUser(a, k.UserID)
}

func (c *Caller) asRoot(a identity.Account) {
	c.Kind, c.ARN, c.UserID, c.UniqueID = Root, a.RootARN(), a.ID, a.ID
}

func (c *Caller) asUser(a identity.Account, id string) error {
	u, ok := a.UserByID(id)
	if !ok {
		return invalidToken()
	}
	c.Kind, c.ARN, c.UserID, c.UniqueID, c.Name = User, a.UserARN(u), u.ID, u.ID, u.Name
	return nil
}

// ofSession fills in who has a session. What the session says of rights was true
// when it was issued; that its user or role is there is asked now.
func (c *Caller) ofSession(a identity.Account, incarnation string, now time.Time) error {
	s := c.Session
	if !now.Before(s.ExpiresAt) {
		return apierror.New(apierror.ExpiredToken, "The security token included in the request is expired")
	}
	if s.Epoch != a.SessionEpoch() || s.Incarnation != incarnation {
		return invalidToken()
	}
	switch s.Kind {
	case session.Root:
		if s.AssumedRoot && !admitsTask(a, s) {
			return invalidToken()
		}
		c.asRoot(a)
		return nil
	case session.User:
		return c.asUser(a, s.UniqueID)
	case session.Role:
		return c.asRole(a)
	case session.FederatedUser:
		return c.asFederatedUser(a)
	}
	return invalidToken()
}

// admitsTask tells whether the organization still lets whoever a session of AssumeRoot
// was issued to do its task.
func admitsTask(a identity.Account, s *session.Record) bool {
	by, err := arn.Parse(s.IssuedTo)
	if err != nil || len(s.ManagedPolicies) != 1 {
		return false
	}
	task, ok := organization.RootTask(a.Partition, s.ManagedPolicies[0])
	return ok && organization.AdmitsRootSession(a.World(), by.Account, a.ID, task)
}

func (c *Caller) asRole(a identity.Account) error {
	r, ok := a.RoleByID(c.Session.UniqueID)
	if !ok || !a.HasARN(r, c.Session.RoleARN) {
		return invalidToken()
	}
	c.Kind, c.ARN, c.Name, c.UniqueID = RoleSession, c.Session.PrincipalARN, c.Session.SessionName, r.ID
	c.UserID = r.ID + ":" + c.Session.SessionName
	return nil
}

func (c *Caller) asFederatedUser(a identity.Account) error {
	if c.Session.UniqueID != a.ID {
		if _, ok := a.UserByID(c.Session.UniqueID); !ok {
			return invalidToken()
		}
	}
	c.Kind, c.ARN, c.Name, c.UniqueID = FederatedUser, c.Session.PrincipalARN, c.Session.SessionName, c.Session.UniqueID
	c.UserID = a.ID + ":" + c.Session.SessionName
	return nil
}

// RoleName is the name of the role of a role session.
func (c *Caller) RoleName() string {
	if c.Kind != RoleSession {
		return ""
	}
	return c.Session.RoleARN[strings.LastIndexByte(c.Session.RoleARN, '/')+1:]
}
