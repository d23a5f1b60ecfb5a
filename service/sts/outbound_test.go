package sts_test

import (
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/jwt"
	"github.com/keyreeve/keyreeve/identity"
)

// outboundKey signs the tokens of all accounts in these tests.
var outboundKey = sync.OnceValue(func() identity.NewOutboundKey {
	k, err := jwt.NewSigningKey("ES384", rand.Reader)
	if err != nil {
		panic(err)
	}
	n := identity.NewOutboundKey{ID: k.ID, Algorithm: k.Algorithm}
	if n.Public, err = k.Public(); err != nil {
		panic(err)
	}
	if n.Private, err = k.Private(); err != nil {
		panic(err)
	}
	return n
})

func (w *world) outbound(as authn.Caller, in stsapi.GetWebIdentityTokenInput) (*stsapi.GetWebIdentityTokenOutput, error) {
	w.t.Helper()
	if in.SigningAlgorithm == "" {
		in.SigningAlgorithm = "ES384"
	}
	if in.Audience == nil {
		in.Audience = []string{"https://api.example.com"}
	}
	return do[*stsapi.GetWebIdentityTokenOutput](w, as, "GetWebIdentityToken", &in)
}

// TestOutboundClaims: what a token says of a role's session.
func TestOutboundClaims(t *testing.T) {
	w := newWorld(t)
	w.must(w.account(home).EnableOutbound([]identity.NewOutboundKey{outboundKey()}))
	ada := w.user("ada", allow("sts:*"))
	role := w.role(home, "app", trusts(home, "", everyAction...), 3600, identity.Tag{Key: "team", Value: "blue"}, identity.Tag{Key: "cost", Value: "1"})
	_, err := w.assume(ada, stsapi.AssumeRoleInput{RoleArn: role, Tags: []stsapi.Tag{{Key: "Team", Value: "red"}}})
	w.must(err)
	out, err := w.outbound(w.session(), stsapi.GetWebIdentityTokenInput{Audience: []string{"a", "b"}, DurationSeconds: new(int32(600))})
	w.must(err)
	token, err := jwt.Parse(*out.WebIdentityToken)
	w.must(err)
	keys, err := jwt.ParseKeySet([]byte(`{"keys":[` + string(outboundKey().Public) + `]}`))
	w.must(err)
	claims, err := token.Verify(keys)
	w.must(err)
	own, _ := claims.Value("https://sts.amazonaws.com/")
	want := map[string]any{
		"aws_account": home, "source_region": "us-east-1", "principal_id": role, "original_session_exp": "2026-11-25T13:00:00Z",
		"principal_tags": map[string]any{"Team": "red", "cost": "1"},
	}
	if diff := cmp.Diff(want, own); diff != "" {
		t.Error(diff)
	}
	if claims.Subject != role || claims.Issuer != "https://keyreeve.example/issuer/"+home || !claims.Expires.Equal(now.Add(10*time.Minute)) || len(claims.Audience) != 2 {
		t.Errorf("claims %+v", claims)
	}
}

// TestOutboundRefusals: who gets no token.
func TestOutboundRefusals(t *testing.T) {
	tags := []stsapi.Tag{{Key: "job", Value: "7"}}
	only := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:GetWebIdentityToken","Resource":"*","Condition":{` + condition + `}}}`
	}
	const may = "User: arn:aws:iam::" + home + ":user/ada is not authorized to perform: "
	for _, c := range []struct {
		name, policy string
		in           stsapi.GetWebIdentityTokenInput
		want         string // how the refusal begins
	}{
		{"allowed", allow("sts:GetWebIdentityToken"), stsapi.GetWebIdentityTokenInput{}, ""},
		{"nothing", allow("s3:*"), stsapi.GetWebIdentityTokenInput{}, "AccessDenied: " + may + "sts:GetWebIdentityToken"},
		{"tags", allow("sts:GetWebIdentityToken"), stsapi.GetWebIdentityTokenInput{Tags: tags}, "AccessDenied: " + may + "sts:TagGetWebIdentityToken"},
		{"tags, allowed", allow("sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken"), stsapi.GetWebIdentityTokenInput{Tags: tags}, ""},
		{"one tag twice", allow("sts:*"), stsapi.GetWebIdentityTokenInput{Tags: append(tags, tags...)}, "InvalidParameterValue: Duplicate tag keys found."},
		{"the audience", only(`"ForAllValues:StringEquals":{"sts:IdentityTokenAudience":"https://api.example.com"}`), stsapi.GetWebIdentityTokenInput{}, ""},
		{"another audience", only(`"ForAllValues:StringEquals":{"sts:IdentityTokenAudience":"x"}`), stsapi.GetWebIdentityTokenInput{}, "AccessDenied"},
		{"another audience beside it", only(`"ForAllValues:StringEquals":{"sts:IdentityTokenAudience":"x"}`), stsapi.GetWebIdentityTokenInput{Audience: []string{"x", "y"}}, "AccessDenied"},
		{"the duration that is meant if none is said", only(`"NumericLessThanEquals":{"sts:DurationSeconds":"300"}`), stsapi.GetWebIdentityTokenInput{}, ""},
		{"a longer one", only(`"NumericLessThanEquals":{"sts:DurationSeconds":"300"}`), stsapi.GetWebIdentityTokenInput{DurationSeconds: new(int32(301))}, "AccessDenied"},
		{"the algorithm", only(`"StringEquals":{"sts:SigningAlgorithm":"RS256"}`), stsapi.GetWebIdentityTokenInput{}, "AccessDenied"},
		{"an algorithm that there is not", allow("sts:*"), stsapi.GetWebIdentityTokenInput{SigningAlgorithm: "HS256"}, "ValidationError: The SigningAlgorithm must be RS256 or ES384."},
		{"an algorithm without a key", allow("sts:*"), stsapi.GetWebIdentityTokenInput{SigningAlgorithm: "RS256"}, "OutboundWebIdentityFederationDisabledException: There is no key for RS256."},
		{"much", allow("sts:*"), stsapi.GetWebIdentityTokenInput{Audience: []string{strings.Repeat("x", 13000)}}, "JWTPayloadSizeExceededException"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.must(w.account(home).EnableOutbound([]identity.NewOutboundKey{outboundKey()}))
			_, err := w.outbound(w.user("ada", c.policy), c.in)
			if got := refusal(err); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
				t.Errorf("it came to %q, want %q", got, c.want)
			}
		})
	}
}

// TestOutboundSessions: a token lasts no longer than the session that asks for it, and
// lets nobody in again.
func TestOutboundSessions(t *testing.T) {
	w := newWorld(t)
	w.must(w.account(home).EnableOutbound([]identity.NewOutboundKey{outboundKey()}))
	ada := w.user("ada", allow("sts:*"))
	_, err := w.assume(ada, stsapi.AssumeRoleInput{RoleArn: w.role(home, "app", trusts(home, "", everyAction...), 3600), DurationSeconds: new(int32(900))})
	w.must(err)
	session := w.session()
	for seconds, want := range map[int32]string{900: "", 901: "SessionDurationEscalationException: The requested token duration would extend the session beyond its original expiration time."} {
		_, err := w.outbound(session, stsapi.GetWebIdentityTokenInput{DurationSeconds: &seconds})
		if got := refusal(err); got != want {
			t.Errorf("%d seconds: %q, want %q", seconds, got, want)
		}
	}
	out, err := w.outbound(ada, stsapi.GetWebIdentityTokenInput{Audience: []string{client}})
	w.must(err)
	w.provider("https://keyreeve.example/issuer/"+home, client)
	_, err = w.withToken(stsapi.AssumeRoleWithWebIdentityInput{RoleArn: webRole(w), WebIdentityToken: *out.WebIdentityToken})
	if got := refusal(err); got != "InvalidIdentityToken: Tokens of GetWebIdentityToken cannot be used for AssumeRoleWithWebIdentity" {
		t.Error(got)
	}
}
