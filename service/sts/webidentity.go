package sts

import (
	"errors"
	"slices"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/jwt"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/federation"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

// maxSubject is how long a subject may be (API model, webIdentitySubjectType).
const maxSubject = 255

// maxIssuer is how much of an issuer that is not known is told to whoever named it.
const maxIssuer = 255

// webIdentity is an AssumeRoleWithWebIdentity call, understood, and a token that was
// found right.
type webIdentity struct {
	assumption
	provider    *identity.OIDCProvider
	providerARN string
	claims      *jwt.Claims
	audience    string         // the client id that the token is for
	kept        [2]session.Tag // those of the token's condition keys that the session keeps
	federated   authn.Federated
}

// webIdentityTargets finds out who calls: whom the token says, if its issuer is a
// provider of the role's account, has signed it, and has issued it to a client of this
// provider's. The caller then must be allowed by the role's trust policy, and by
// nothing else, to assume it; to pass tags and to set a source identity where the
// token has such.
func webIdentityTargets(c *service.Call, in *stsapi.AssumeRoleWithWebIdentityInput) ([]authz.Target, error) {
	m := &webIdentity{}
	if err := m.findRole(c, in); err != nil {
		return nil, err
	}
	if err := m.verify(c, in); err != nil {
		return nil, err
	}
	m.federated = authn.Federated{Provider: m.providerARN, Audience: m.audience, Subject: m.claims.Subject}
	c.Caller = authn.Caller{
		Kind: authn.FederatedIdentity, Account: m.account.ID, Origin: c.Caller.Origin,
		Federated: &m.federated,
	}
	if err := m.readSession(); err != nil {
		return nil, err
	}
	c.Prepared = m
	return m.withTags(m.target("sts:AssumeRoleWithWebIdentity", m.keys(in))), nil
}

// findRole reads which role is asked for. That there is none is told only to those
// whose token is right, and as if they were not allowed.
func (m *webIdentity) findRole(c *service.Call, in *stsapi.AssumeRoleWithWebIdentityInput) error {
	target, err := arn.Parse(in.RoleArn)
	if err != nil || target.Partition == "" || target.Service == "" || target.Resource == "" {
		return apierror.New(apierror.ValidationError, "%s is invalid", in.RoleArn)
	}
	if in.ProviderId != nil {
		// It is for the access tokens of two providers of OAuth 2.0 (STS API reference).
		return apierror.New(apierror.ValidationError, "ProviderId is for access tokens of OAuth 2.0, which are not supported; pass an ID token of OpenID Connect without it.")
	}
	m.arn, m.account = in.RoleArn, c.OtherAccount(target.Account)
	if _, ok := c.Deployment().Active(target.Account); ok {
		m.role = roleAt(m.account, in.RoleArn)
	} else {
		m.account = c.OtherAccount("")
	}
	return nil
}

// verify finds out whether the token is right.
func (m *webIdentity) verify(c *service.Call, in *stsapi.AssumeRoleWithWebIdentityInput) error {
	token, err := c.Tools.Providers.Parse(in.WebIdentityToken)
	if err != nil {
		return refusedToken(err)
	}
	if c.Tools.IsOwnIssuer(token.Issuer()) {
		// IAM User Guide, "Getting started with outbound identity federation".
		return invalidIdentity("Tokens of GetWebIdentityToken cannot be used for AssumeRoleWithWebIdentity")
	}
	var ok bool
	if m.provider, ok = m.account.OIDCProviderOf(token.Issuer()); !ok {
		return invalidIdentity("No OpenIDConnect provider found in your account for %s", token.Issuer()[:min(len(token.Issuer()), maxIssuer)])
	}
	m.providerARN = m.account.OIDCProviderARN(m.provider)
	verified, err := c.Tools.Providers.Verify(c.Context, m.provider.Issuer(), m.provider.Thumbprints, token)
	if err != nil {
		return refusedToken(err)
	}
	m.claims = verified.Claims
	switch err := m.claims.Check(c.Now); {
	case errors.Is(err, jwt.ErrExpired):
		// AWS's text, in which a space is missing.
		return apierror.New(apierror.ExpiredWebIdentityToken, "Token expired: current date/time %d must be before the expiration date/time%d", c.Now.Unix(), m.claims.Expires.Unix())
	case err != nil:
		return refusedToken(err)
	}
	c.Note = trustStore
	if verified.Pinned {
		c.Note = thumbprint
	}
	return m.readAudience()
}

// What records say of how the provider's certificate was verified.
var (
	trustStore = map[string]any{"identityProviderConnectionVerificationMethod": "IAMTrustStore"}
	thumbprint = map[string]any{"identityProviderConnectionVerificationMethod": "Thumbprint"}
)

// readAudience finds out whether the token was issued to a client of the provider's.
// Where the token has an authorized party, this is the client (IAM User Guide,
// "Available keys for AWS OIDC federation": aud is azp if that is set); else it is the
// first audience that the provider has as a client.
func (m *webIdentity) readAudience() error {
	if m.claims.AuthorizedParty != "" {
		m.audience = m.claims.AuthorizedParty
	} else {
		for _, a := range m.claims.Audience {
			if slices.Contains(m.provider.ClientIDs, a) {
				m.audience = a
				break
			}
		}
	}
	if !slices.Contains(m.provider.ClientIDs, m.audience) {
		return invalidIdentity("Incorrect token audience")
	}
	if len(m.claims.Subject) > maxSubject {
		return invalidIdentity("The subject of the token has more than %d bytes", maxSubject)
	}
	return nil
}

func invalidIdentity(format string, args ...any) *apierror.Error {
	return apierror.New(apierror.InvalidIdentityToken, format, args...)
}

// refusedToken says in AWS's words why a token is refused; where AWS's are not known
// it is said so in docs/divergences.md. The cause is for the log: it may tell of
// addresses inside.
func refusedToken(err error) error {
	if missing, ok := errors.AsType[jwt.MissingClaim](err); ok {
		return invalidIdentity("Missing a required claim: %s", string(missing))
	}
	switch {
	case errors.Is(err, jwt.ErrMalformed):
		return invalidIdentity("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	case errors.Is(err, jwt.ErrAlgorithm):
		return invalidIdentity("The ID Token is signed with an algorithm that is not supported")
	case errors.Is(err, jwt.ErrSignature):
		return invalidIdentity("The ID Token signature is invalid")
	case errors.Is(err, jwt.ErrNotYet):
		return invalidIdentity("The ID Token is not valid yet")
	case errors.Is(err, jwt.ErrNoKey), errors.Is(err, federation.ErrAnswer):
		return invalidIdentity("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements").Because(err)
	case errors.Is(err, federation.ErrUntrusted):
		return invalidIdentity("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint").Because(err)
	case errors.Is(err, federation.ErrUnreachable):
		return apierror.New(apierror.IDPCommunicationError, "The identity provider that was asked to verify the token could not be reached.").Because(err)
	}
	return err
}

// keys are the condition keys of the call: what the token says is named after the
// provider.
func (m *webIdentity) keys(in *stsapi.AssumeRoleWithWebIdentityInput) []authz.Key {
	keys, prefix := m.sessionKeys(in.RoleSessionName), m.provider.URL+":"
	for _, k := range m.kept {
		keys.add(k.Key, k.Value)
	}
	if azp := m.claims.AuthorizedParty; azp != "" {
		keys.add(prefix+"azp", azp)
	}
	if len(m.claims.Audience) == 1 {
		_, oaud, _ := m.provider.ConditionKeys()
		keys.add(oaud, m.claims.Audience[0])
	}
	if len(m.claims.Methods) > 0 {
		keys.list = append(keys.list, authz.Values(prefix+"amr", m.claims.Methods))
	}
	for _, name := range publishedClaims().of(m.provider.URL) {
		if v, ok := m.claims.Text(name); ok && !ofOpenID[name] {
			keys.add(prefix+name, v)
		}
	}
	return keys.list
}

// ofOpenID are the names of the keys that every provider's tokens give.
var ofOpenID = map[string]bool{"aud": true, "oaud": true, "sub": true, "azp": true, "amr": true}

func assumeRoleWithWebIdentity(c *service.Call, in *stsapi.AssumeRoleWithWebIdentityInput) (*stsapi.AssumeRoleWithWebIdentityOutput, error) {
	m, ok := c.Prepared.(*webIdentity)
	if !ok || m.role == nil {
		// Without a trust policy nobody was allowed; it is here so that a change there
		// cannot become an allow here.
		return nil, apierror.New(apierror.AccessDenied, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	duration, err := roleDuration(c, m.role, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	policies, err := sessionPolicies(m.account, in.Policy, in.PolicyArns)
	if err != nil {
		return nil, err
	}
	name := in.RoleSessionName
	record := m.record(name, m.providerARN)
	record.FederatedProvider, record.Context = m.providerARN, m.kept[:]
	policies.into(&record)
	issued, err := issue(c, m.account, record, duration)
	if err != nil {
		return nil, err
	}
	out := &stsapi.AssumeRoleWithWebIdentityOutput{
		Credentials:     &issued.credentials,
		AssumedRoleUser: &issued.role,
		// The API reference says that Provider is the token's iss; AWS was seen to
		// give the provider's ARN (spiffe/spiffe.io#110).
		SubjectFromWebIdentityToken: &m.claims.Subject, Audience: &m.audience, Provider: &m.providerARN,
	}
	if m.source != "" {
		out.SourceIdentity = &m.source
	}
	if policies.given() || len(record.Tags) > 0 {
		out.PackedPolicySize = &issued.packed
	}
	return out, nil
}
