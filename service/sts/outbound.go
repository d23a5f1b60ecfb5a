package sts

import (
	"slices"
	"strconv"
	"time"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/jwt"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

const (
	// outboundDuration is how long a token is good if nothing is said (STS API
	// reference, GetWebIdentityToken).
	outboundDuration = 300
	// outboundClaims is the claim under which everything stands that is AWS's own.
	outboundClaims = "https://sts.amazonaws.com/"
	// maxOutbound is how long a token may be. AWS does not document its limit.
	maxOutbound = 16 << 10
)

// outboundTargets asks for sts:GetWebIdentityToken with the properties of the token,
// and for sts:TagGetWebIdentityToken where tags are passed (IAM User Guide,
// "Controlling access with IAM policies" of outbound identity federation).
func outboundTargets(c *service.Call, in *stsapi.GetWebIdentityTokenInput) ([]authz.Target, error) {
	tags := authz.RequestTags(fromTags(in.Tags))
	t := authz.Target{Action: "sts:GetWebIdentityToken", Resource: "*", Account: c.Caller.Account, Keys: append([]authz.Key{
		authz.Values("sts:IdentityTokenAudience", in.Audience),
		authz.Value("sts:DurationSeconds", strconv.Itoa(outboundSeconds(in))),
		authz.Value("sts:SigningAlgorithm", in.SigningAlgorithm),
	}, tags...)}
	if len(tags) == 0 {
		return []authz.Target{t}, nil
	}
	return []authz.Target{t, {Action: "sts:TagGetWebIdentityToken", Resource: "*", Account: c.Caller.Account, Keys: tags}}, nil
}

func outboundSeconds(in *stsapi.GetWebIdentityTokenInput) int {
	if in.DurationSeconds != nil {
		return int(*in.DurationSeconds)
	}
	return outboundDuration
}

// getWebIdentityToken gives a token that tells services elsewhere who the caller is.
func getWebIdentityToken(c *service.Call, in *stsapi.GetWebIdentityTokenInput) (*stsapi.GetWebIdentityTokenOutput, error) {
	a := c.Account()
	if !a.OutboundEnabled() {
		return nil, apierror.New(apierror.OutboundFederationDisabled, "Outbound web identity federation is not enabled for this account. Enable it with EnableOutboundWebIdentityFederation.")
	}
	if !slices.Contains(jwt.SigningAlgorithms, in.SigningAlgorithm) {
		return nil, apierror.New(apierror.ValidationError, "The SigningAlgorithm must be RS256 or ES384.")
	}
	if err := checkSessionTags(fromTags(in.Tags), nil); err != nil {
		return nil, err
	}
	issued := c.Now.Truncate(time.Second)
	expires := issued.Add(time.Duration(outboundSeconds(in)) * time.Second)
	if s := c.Caller.Session; s != nil && expires.After(s.ExpiresAt) {
		return nil, apierror.New(apierror.SessionDurationEscalation, "The requested token duration would extend the session beyond its original expiration time.")
	}
	claims, err := outboundClaimsOf(c, in)
	if err != nil {
		return nil, err
	}
	claims["iat"], claims["exp"] = issued.Unix(), expires.Unix()
	token, err := signOutbound(c, a, in.SigningAlgorithm, claims)
	if err != nil {
		return nil, err
	}
	if len(token) > maxOutbound {
		return nil, apierror.New(apierror.JWTPayloadSizeExceeded, "The requested token payload size exceeds the maximum allowed size. Reduce the number of request tags included in the GetWebIdentityToken API call.")
	}
	return &stsapi.GetWebIdentityTokenOutput{WebIdentityToken: &token, Expiration: &expires}, nil
}

// outboundClaimsOf are the claims about the caller (IAM User Guide, "Understanding
// token claims").
func outboundClaimsOf(c *service.Call, in *stsapi.GetWebIdentityTokenInput) (map[string]any, error) {
	id, err := service.NewUUID(c.Random)
	if err != nil {
		return nil, err
	}
	subject := c.Caller.ARN
	if c.Caller.Kind == authn.RoleSession {
		subject = c.Caller.Session.RoleARN
	}
	own := map[string]any{"aws_account": c.Caller.Account, "source_region": regionOf(c), "principal_id": subject}
	var session []identity.Tag
	if s := c.Caller.Session; s != nil {
		own["original_session_exp"] = s.ExpiresAt.UTC().Format(time.RFC3339)
		for _, t := range s.Tags {
			session = append(session, identity.Tag{Key: t.Key, Value: t.Value})
		}
	}
	if tags := c.Account().PrincipalTags(c.Caller.UniqueID, session); len(tags) > 0 {
		own["principal_tags"] = tagMap(tags)
	}
	if len(in.Tags) > 0 {
		own["request_tags"] = tagMap(fromTags(in.Tags))
	}
	claims := map[string]any{"iss": c.Tools.IssuerOf(c.Caller.Account), "sub": subject, "jti": id, "aud": in.Audience, outboundClaims: own}
	if len(in.Audience) == 1 {
		claims["aud"] = in.Audience[0]
	}
	return claims, nil
}

func regionOf(c *service.Call) string {
	if c.Caller.Origin.Region == "" {
		return "us-east-1"
	}
	return c.Caller.Origin.Region
}

func tagMap(tags []identity.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

func signOutbound(c *service.Call, a identity.Account, algorithm string, claims map[string]any) (string, error) {
	k, sealed, ok := a.OutboundKey(algorithm)
	if !ok {
		return "", apierror.New(apierror.OutboundFederationDisabled, "There is no key for %s. Disable outbound web identity federation and enable it again.", algorithm)
	}
	private, err := c.Tools.Open(sealed, identity.OutboundKeyOf(a.ID, k.ID))
	if err != nil {
		return "", err
	}
	key, err := jwt.ReadSigningKey(algorithm, private)
	if err != nil {
		return "", err
	}
	return key.Sign(claims)
}
