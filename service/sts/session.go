package sts

import (
	"time"
	"unicode/utf8"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/service"
)

const (
	// maxManagedSessionPolicies is how many managed policies a session may have.
	maxManagedSessionPolicies = 10
	// maxInlineSessionPolicy is how many characters the inline one may have. The
	// API model says so of GetFederationToken; for AssumeRole it is in the text of
	// the API reference only.
	maxInlineSessionPolicy = 2048
)

// sessionPolicySet are the session policies that a request passes.
type sessionPolicySet struct {
	inline  string
	managed []string
}

// sessionPolicies checks the session policies of a request. Managed ones are
// looked for in the account of the session.
func sessionPolicies(a identity.Account, inline *string, managed []stsapi.PolicyDescriptorType) (sessionPolicySet, error) {
	var set sessionPolicySet
	if inline != nil {
		if utf8.RuneCountInString(*inline) > maxInlineSessionPolicy {
			return set, apierror.New(apierror.ValidationError, "1 validation error detected: Value '%s' at 'policy' failed to satisfy constraint: Member must have length less than or equal to %d", *inline, maxInlineSessionPolicy)
		}
		if _, err := policy.ParseAs(policy.Session, *inline); err != nil {
			return set, identity.Malformed(err)
		}
		set.inline = *inline
	}
	if len(managed) > maxManagedSessionPolicies {
		return set, apierror.New(apierror.ValidationError, "The number of policy ARNs exceeds the limit of %d.", maxManagedSessionPolicies)
	}
	for _, p := range managed {
		if p.Arn == nil {
			// Not to be passed over: without it the session might have no session
			// policy at all.
			return set, apierror.New(apierror.ValidationError, "A policy of PolicyArns has no ARN.")
		}
		if _, ok := a.ManagedPolicy(*p.Arn); !ok {
			return set, apierror.New(apierror.MalformedPolicyDocument, "PolicyArn %s does not exist or is not attachable.", *p.Arn)
		}
		set.managed = append(set.managed, *p.Arn)
	}
	return set, nil
}

func (s sessionPolicySet) given() bool { return s.inline != "" || len(s.managed) > 0 }

func (s sessionPolicySet) into(r *session.Record) {
	r.InlinePolicy, r.ManagedPolicies = s.inline, s.managed
}

// issuedSession is what was issued, in the shapes of answers.
type issuedSession struct {
	credentials stsapi.Credentials
	role        stsapi.AssumedRoleUser // if it is the session of a role
	packed      int32                  // PackedPolicySize
}

// issue completes the record of a session and issues it.
func issue(c *service.Call, a identity.Account, r session.Record, d time.Duration) (*issuedSession, error) {
	r.IssuedAt, r.ExpiresAt = c.Now.Truncate(time.Second), c.Now.Truncate(time.Second).Add(d)
	r.Epoch = a.SessionEpoch()
	creds, packed, err := c.Tools.IssueSession(r, c.Random)
	if err != nil {
		return nil, err
	}
	s := &issuedSession{packed: int32(packed), credentials: stsapi.Credentials{
		AccessKeyId: creds.AccessKeyID, SecretAccessKey: creds.SecretAccessKey, SessionToken: creds.SessionToken, Expiration: creds.Expiration,
	}}
	if r.Kind == session.Role {
		s.role = stsapi.AssumedRoleUser{AssumedRoleId: r.UniqueID + ":" + r.SessionName, Arn: r.PrincipalARN}
	}
	return s, nil
}

const (
	sessionTokenDuration = 12 * time.Hour
	// rootDuration is how long sessions of the root user last at most.
	rootDuration = time.Hour
)

// durationOf is how long a session of a user is to last; one of root lasts an
// hour, also where more was asked for (STS API reference, GetSessionToken).
func durationOf(c *service.Call, asked *int32, otherwise time.Duration) time.Duration {
	d := otherwise
	if asked != nil {
		d = time.Duration(*asked) * time.Second
	}
	if c.Caller.Kind == authn.Root {
		d = min(d, rootDuration)
	}
	return d
}

// getSessionToken gives temporary credentials of the calling user itself.
func getSessionToken(c *service.Call, in *stsapi.GetSessionTokenInput) (*stsapi.GetSessionTokenOutput, error) {
	if err := longTerm(c, "GetSessionToken"); err != nil {
		return nil, err
	}
	if err := useCode(c, in.SerialNumber, in.TokenCode); err != nil {
		return nil, err
	}
	record := session.Record{
		Kind: sessionOf(c.Caller.Kind), Account: c.Caller.Account, PrincipalARN: c.Caller.ARN,
		UniqueID: c.Caller.UniqueID, IssuedTo: c.Caller.ARN,
	}
	if tokenWithCode(in) {
		record.MFAPresent, record.MFATime = true, c.Now.Truncate(time.Second)
	}
	issued, err := issue(c, c.Account(), record, durationOf(c, in.DurationSeconds, sessionTokenDuration))
	if err != nil {
		return nil, err
	}
	return &stsapi.GetSessionTokenOutput{Credentials: &issued.credentials}, nil
}

func sessionOf(k authn.Kind) session.Kind {
	if k == authn.Root {
		return session.Root
	}
	return session.User
}

// federatedARN is the ARN of a federated user.
func federatedARN(c *service.Call, name string) string {
	return "arn:" + c.Tools.Site.Partition + ":sts::" + c.Caller.Account + ":federated-user/" + name
}

// federationTargets asks for sts:GetFederationToken on the federated user, and
// for sts:TagSession where tags are passed.
func federationTargets(c *service.Call, in *stsapi.GetFederationTokenInput) ([]authz.Target, error) {
	if err := longTerm(c, "GetFederationToken"); err != nil {
		return nil, err
	}
	t := authz.Target{
		Action: "sts:GetFederationToken", Resource: federatedARN(c, in.Name), Account: c.Caller.Account,
		Keys: authz.RequestTags(fromTags(in.Tags)),
	}
	if len(in.Tags) == 0 {
		return []authz.Target{t}, nil
	}
	return []authz.Target{t, withAction(t, "sts:TagSession")}, nil
}

// getFederationToken gives temporary credentials to somebody whom the calling
// user vouches for.
func getFederationToken(c *service.Call, in *stsapi.GetFederationTokenInput) (*stsapi.GetFederationTokenOutput, error) {
	a, tags := c.Account(), fromTags(in.Tags)
	if err := checkSessionTags(tags, nil); err != nil {
		return nil, err
	}
	policies, err := sessionPolicies(a, in.Policy, in.PolicyArns)
	if err != nil {
		return nil, err
	}
	record := session.Record{
		Kind: session.FederatedUser, Account: a.ID, PrincipalARN: federatedARN(c, in.Name),
		UniqueID: c.Caller.UniqueID, SessionName: in.Name, IssuedTo: c.Caller.ARN, Tags: sessionTags(tags),
	}
	policies.into(&record)
	issued, err := issue(c, a, record, durationOf(c, in.DurationSeconds, sessionTokenDuration))
	if err != nil {
		return nil, err
	}
	return &stsapi.GetFederationTokenOutput{
		Credentials:      &issued.credentials,
		FederatedUser:    &stsapi.FederatedUser{FederatedUserId: a.ID + ":" + in.Name, Arn: record.PrincipalARN},
		PackedPolicySize: &issued.packed,
	}, nil
}
