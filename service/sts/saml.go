package sts

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/saml"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

const (
	idpRejectedClaim apierror.Code = "IDPRejectedClaim"
	// expiredAssertion is spelled with Exception where it is told of an assertion.
	expiredAssertion apierror.Code = "ExpiredTokenException"

	// maxNameID bounds what the session token has to carry of a subject. SAML allows 256
	// characters for persistent and transient ones.
	maxNameID = 1024

	// samlAudience is AWS's name as a service provider.
	samlAudience = "urn:amazon:webservices"
)

// signIn are AWS's sign-in addresses, of all regions or of one, which providers name
// as recipient; behind /acs/ stands the id of the provider (IAM User Guide, "Configure
// SAML assertions for the authentication response").
var signIn = regexp.MustCompile(`^https://(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com/(?:static/)?saml(?:/acs/([A-Z0-9]+))?$`)

// samlOperation is AssumeRoleWithSAML. It commits where the assertion may be one that
// can be used once: which was used is then durable before the answer.
func samlOperation() service.Operation {
	o := service.ReadUnless(stsapi.AssumeRoleWithSAML, onceOnly, samlTargets, assumeRoleWithSAML)
	o.Changes = func(c *service.Call, in api.Structure) []state.AggregateID {
		owner := accountOf(in.(*stsapi.AssumeRoleWithSAMLInput).PrincipalArn)
		if _, ok := c.Deployment().Active(owner); !ok {
			return nil // it is refused before anything is changed
		}
		return []state.AggregateID{state.Account(owner)}
	}
	return o
}

// onceOnly tells whether an assertion may have to be remembered. An encrypted one does
// not show whether it has to.
func onceOnly(in *stsapi.AssumeRoleWithSAMLInput) bool {
	text, err := decodeAssertion(in.SAMLAssertion)
	return err == nil && (strings.Contains(string(text), "OneTimeUse") || strings.Contains(string(text), "EncryptedAssertion"))
}

func accountOf(text string) string {
	a, err := arn.Parse(text)
	if err != nil {
		return ""
	}
	return a.Account
}

func decodeAssertion(encoded string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
}

// samlAssumption is an AssumeRoleWithSAML call, understood, and an assertion that was
// found right.
type samlAssumption struct {
	assumption
	provider    *identity.SAMLProvider
	providerARN string
	assertion   *saml.Assertion
	claims      *saml.Claims
	qualifier   string // saml:namequalifier
}

// samlTargets finds out who calls: whom the assertion is about, if it is genuine and
// gives the role by the provider, which is one of the role's account. The caller then
// must be allowed by the role's trust policy, and by nothing else, to assume it; to
// pass tags and to set a source identity where the assertion has such.
func samlTargets(c *service.Call, in *stsapi.AssumeRoleWithSAMLInput) ([]authz.Target, error) {
	m := &samlAssumption{}
	if err := m.find(c, in); err != nil {
		return nil, err
	}
	if err := m.verify(c, in); err != nil {
		return nil, err
	}
	c.Caller = authn.Caller{
		Kind: authn.FederatedIdentity, Account: m.account.ID, Origin: c.Caller.Origin,
		Federated: &authn.Federated{
			Provider: m.providerARN, Audience: m.assertion.Recipient, Subject: m.assertion.Subject, NameQualifier: m.qualifier,
		},
	}
	c.Note = map[string]any{"sAMLAssertionID": m.assertion.ID}
	if err := m.readClaims(in); err != nil {
		return nil, err
	}
	c.Prepared = m
	return m.withTags(m.target("sts:AssumeRoleWithSAML", m.keys())), nil
}

// find looks the provider and the role up. A role of another account is none: a trust
// policy may name providers of its own account only.
func (m *samlAssumption) find(c *service.Call, in *stsapi.AssumeRoleWithSAMLInput) error {
	target, err := arn.Parse(in.RoleArn)
	if err != nil || target.Partition == "" || target.Service == "" || target.Resource == "" {
		return apierror.New(apierror.ValidationError, "%s is invalid", in.RoleArn)
	}
	owner := accountOf(in.PrincipalArn)
	if owner == "" {
		return apierror.New(apierror.ValidationError, "%s is invalid", in.PrincipalArn)
	}
	if _, ok := c.Deployment().Account(owner); !ok {
		return noProvider()
	}
	m.arn, m.providerARN, m.account = in.RoleArn, in.PrincipalArn, c.OtherAccount(owner)
	if m.provider, err = m.account.SAMLProvider(in.PrincipalArn); err != nil {
		return noProvider()
	}
	if target.Account == owner {
		m.role = roleAt(m.account, in.RoleArn)
	}
	return nil
}

func noProvider() error { return notGenuine("Specified provider doesn't exist") }

func notGenuine(format string, args ...any) *apierror.Error {
	return apierror.New(apierror.InvalidIdentityToken, format, args...)
}

// verify finds out whether the assertion is genuine, for us, and of now.
func (m *samlAssumption) verify(c *service.Call, in *stsapi.AssumeRoleWithSAMLInput) error {
	text, err := decodeAssertion(in.SAMLAssertion)
	if err != nil {
		return notGenuine("Invalid base64 SAMLResponse")
	}
	metadata, err := m.provider.Parsed()
	if err != nil {
		return err
	}
	keys, err := m.account.SAMLKeys(m.provider, c.Tools.Open)
	if err != nil {
		return err
	}
	ours := func(s string) bool {
		if slices.Contains(c.Tools.SAMLAddresses, s) {
			return true
		}
		match := signIn.FindStringSubmatch(s)
		return match != nil && (match[1] == "" || match[1] == m.provider.ID)
	}
	m.assertion, err = saml.Verify(text, saml.Rules{
		Metadata: metadata, Keys: keys, MustEncrypt: m.provider.MustEncrypt, Now: c.Now,
		Recipient: ours, Audience: func(s string) bool { return s == samlAudience || ours(s) },
	})
	if err != nil {
		return refusedAssertion(err)
	}
	if len(m.assertion.Subject)+len(m.assertion.SubjectFormat) > maxNameID {
		return notGenuine("The NameID and its format have more than %d bytes", maxNameID)
	}
	// As documented with the answer: the issuer, the account, and the provider's name
	// behind a slash. It tells people apart and proves nothing, so SHA-1 will do.
	sum := sha1.Sum([]byte(m.assertion.Issuer + m.account.ID + "/" + m.provider.Name))
	m.qualifier = base64.StdEncoding.EncodeToString(sum[:])
	return nil
}

// refusedAssertion says in AWS's words why an assertion is refused (IAM User Guide,
// "Troubleshoot SAML federation", and answers that were seen); where AWS's are not
// known it is said so in docs/divergences.md. The cause is for the log.
func refusedAssertion(err error) error {
	refused := func(code apierror.Code, text string) error { return apierror.New(code, "%s", text).Because(err) }
	switch {
	case errors.Is(err, saml.ErrTooOld):
		return refused(expiredAssertion, "Token must be redeemed within 5 minutes of issuance")
	case errors.Is(err, saml.ErrExpired):
		return refused(expiredAssertion, "Response has expired")
	case errors.Is(err, saml.ErrStatus):
		return refused(idpRejectedClaim, "The identity provider reports that authentication failed")
	case errors.Is(err, saml.ErrIssuer):
		return refused(apierror.InvalidIdentityToken, "Issuer not present in specified provider")
	case errors.Is(err, saml.ErrAudience):
		return refused(apierror.InvalidIdentityToken, "Response does not contain the required audience.")
	case errors.Is(err, saml.ErrSubject):
		return refused(apierror.AccessDenied, "Not authorized to perform sts:AssumeRoleWithSAML")
	case errors.Is(err, saml.ErrRecipient):
		return refused(apierror.InvalidIdentityToken, "Response does not contain the required recipient")
	case errors.Is(err, saml.ErrTooEarly):
		return refused(apierror.InvalidIdentityToken, "Response is not valid yet")
	case errors.Is(err, saml.ErrPlain):
		return refused(apierror.InvalidIdentityToken, "Response is not encrypted")
	case errors.Is(err, saml.ErrMalformed):
		return refused(apierror.InvalidIdentityToken, "Response could not be parsed")
	}
	return refused(apierror.InvalidIdentityToken, "Response signature invalid")
}

// readClaims reads what the assertion's attributes say of the session. A role that it
// does not give is refused as one that does not exist.
func (m *samlAssumption) readClaims(in *stsapi.AssumeRoleWithSAMLInput) error {
	var err error
	if m.claims, err = m.assertion.Claims(); err != nil {
		return notGenuine("%s", err)
	}
	if !m.claims.Names(in.RoleArn, in.PrincipalArn) {
		return apierror.New(apierror.AccessDenied, "Not authorized to perform sts:AssumeRoleWithSAML").
			Because(errors.New("the assertion does not give this role by this provider"))
	}
	for _, t := range m.claims.Tags {
		m.tags = append(m.tags, identity.Tag{Key: t.Key, Value: t.Value})
	}
	m.transitive, m.source = m.claims.TransitiveTagKeys, m.claims.SourceIdentity
	return checkSessionTags(m.tags, m.transitive)
}

// subjectType is the format of the NameID as SubjectType and saml:sub_type give it.
func (m *samlAssumption) subjectType() string {
	return strings.TrimPrefix(m.assertion.SubjectFormat, "urn:oasis:names:tc:SAML:2.0:nameid-format:")
}

// keys are the condition keys of the call.
func (m *samlAssumption) keys() []authz.Key {
	keys := m.sessionKeys(m.claims.RoleSessionName)
	keys.add("saml:aud", m.assertion.Recipient)
	keys.add("saml:iss", m.assertion.Issuer)
	keys.add("saml:sub", m.assertion.Subject)
	keys.add("saml:namequalifier", m.qualifier)
	keys.add("saml:doc", m.account.ID+"/"+m.provider.Name)
	if kind := m.subjectType(); kind != "" {
		keys.add("saml:sub_type", kind)
	}
	for _, k := range m.claims.Keys {
		keys.list = append(keys.list, authz.Key{Name: k.Name, Values: k.Values, Multivalued: k.List})
	}
	return keys.list
}

// sessionContext are those of the condition keys that the session keeps, for the role's
// own policies (IAM User Guide, "SAML role permissions policies").
func (m *samlAssumption) sessionContext() []session.Tag {
	keys := []session.Tag{{Key: "saml:namequalifier", Value: m.qualifier}, {Key: "saml:sub", Value: m.assertion.Subject}}
	if kind := m.subjectType(); kind != "" {
		keys = append(keys, session.Tag{Key: "saml:sub_type", Value: kind})
	}
	return keys
}

// duration is how long the session is to last: as asked for, or an hour; and no longer
// than the assertion's SessionDuration and SessionNotOnOrAfter say.
func (m *samlAssumption) duration(c *service.Call, asked *int32) (time.Duration, error) {
	d, err := roleDuration(c, m.role, asked)
	if err != nil {
		return 0, err
	}
	if limit := m.claims.SessionDuration; limit > 0 {
		d = min(d, limit)
	}
	if end := m.assertion.SessionNotOnOrAfter; !end.IsZero() {
		d = min(d, end.Sub(c.Now.Truncate(time.Second)).Truncate(time.Second))
	}
	if d <= 0 {
		return 0, apierror.New(expiredAssertion, "Response has expired")
	}
	return d, nil
}

func assumeRoleWithSAML(c *service.Call, in *stsapi.AssumeRoleWithSAMLInput) (*stsapi.AssumeRoleWithSAMLOutput, error) {
	m, ok := c.Prepared.(*samlAssumption)
	if !ok || m.role == nil {
		// Without a trust policy nobody was allowed; it is here so that a change there
		// cannot become an allow here.
		return nil, apierror.New(apierror.AccessDenied, "Not authorized to perform sts:AssumeRoleWithSAML")
	}
	duration, err := m.duration(c, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	policies, err := sessionPolicies(m.account, in.Policy, in.PolicyArns)
	if err != nil {
		return nil, err
	}
	if m.assertion.OneTimeUse {
		if err := m.redeem(c); err != nil {
			return nil, err
		}
	}
	name := m.claims.RoleSessionName
	record := m.record(name, m.providerARN)
	record.FederatedProvider, record.Context = m.providerARN, m.sessionContext()
	policies.into(&record)
	issued, err := issue(c, m.account, record, duration)
	if err != nil {
		return nil, err
	}
	out := &stsapi.AssumeRoleWithSAMLOutput{
		Credentials:     &issued.credentials,
		AssumedRoleUser: &issued.role,
		Subject:         &m.assertion.Subject, SubjectType: new(m.subjectType()), Issuer: &m.assertion.Issuer,
		Audience: &m.assertion.Recipient, NameQualifier: &m.qualifier,
	}
	if m.source != "" {
		out.SourceIdentity = &m.source
	}
	if policies.given() || len(record.Tags) > 0 {
		out.PackedPolicySize = &issued.packed
	}
	return out, nil
}

// redeem notes the use of an assertion that may be used once.
func (m *samlAssumption) redeem(c *service.Call) error {
	if c.Draft == nil {
		// It was not seen that the assertion has to be remembered, so it cannot be.
		return notGenuine("Response could not be parsed")
	}
	return c.EditOther(m.account.ID).RedeemSAML(m.provider, m.assertion.ID, m.assertion.NotOnOrAfter)
}
