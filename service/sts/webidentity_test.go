package sts_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/jwt"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/federation"
	"github.com/keyreeve/keyreeve/identity"
)

const (
	client      = "sts.amazonaws.com"
	issuer      = "https://issuer.example"
	providerARN = "arn:aws:iam::" + home + ":oidc-provider/issuer.example"
)

// issuerKey signs the tokens of all issuers in these tests.
var issuerKey = sync.OnceValue(func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

// providers knows the key of every issuer without asking.
type providers struct{}

func (providers) Parse(text string) (federation.Token, error) {
	token, err := jwt.Parse(text)
	return federation.Token{Token: token}, err
}

func (providers) Verify(_ context.Context, _ string, _ []string, token federation.Token) (federation.Verified, error) {
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: issuerKey().Public()}}})
	if err != nil {
		return federation.Verified{}, err
	}
	keys, err := jwt.ParseKeySet(set)
	if err != nil {
		return federation.Verified{}, err
	}
	claims, err := token.Verify(keys)
	return federation.Verified{Claims: claims}, err
}

func (providers) Thumbprint(context.Context, string) (string, error) {
	return strings.Repeat("a", 40), nil
}

// idToken is a token of the issuer, with claims over the usual ones; nil leaves one out.
func idToken(t testing.TB, claims map[string]any) string {
	t.Helper()
	all := map[string]any{"iss": issuer, "sub": "alice", "aud": client, "iat": now.Unix(), "exp": now.Unix() + 600}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	payload, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: issuerKey()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// webTrust is a trust policy for those of a provider, under a condition.
func webTrust(provider, condition string, actions ...string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":["` +
		strings.Join(actions, `","`) + `"],"Condition":{` + condition + `}}}`
}

var everyWebAction = []string{"sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"}

// webRole makes the provider and a role that trusts it, and gives the role's ARN.
func webRole(w *world) string {
	w.provider(issuer, client, "other")
	return w.role(home, "web", webTrust(providerARN, "", everyWebAction...), 7200)
}

func (w *world) provider(url string, clients ...string) {
	w.t.Helper()
	_, err := w.account(home).CreateOIDCProvider(identity.NewOIDCProvider{URL: url, ClientIDs: clients})
	w.must(err)
}

func (w *world) withToken(in stsapi.AssumeRoleWithWebIdentityInput) (*stsapi.AssumeRoleWithWebIdentityOutput, error) {
	w.t.Helper()
	if in.RoleSessionName == "" {
		in.RoleSessionName = "one"
	}
	return do[*stsapi.AssumeRoleWithWebIdentityOutput](w, authn.Caller{}, "AssumeRoleWithWebIdentity", &in)
}

// TestWebIdentity: what is answered, and what the session is.
func TestWebIdentity(t *testing.T) {
	w := newWorld(t)
	role := webRole(w)
	policy := allow("s3:*")
	out, err := w.withToken(stsapi.AssumeRoleWithWebIdentityInput{
		RoleArn: role, Policy: &policy, DurationSeconds: new(int32(7200)),
		WebIdentityToken: idToken(t, map[string]any{
			"https://aws.amazon.com/source_identity": "alice@example.com",
			"https://aws.amazon.com/tags": map[string]any{
				"principal_tags": map[string]any{"team": []string{"red"}, "cost": "7"}, "transitive_tag_keys": []string{"team"},
			},
		}),
	})
	w.must(err)
	got := []any{*out.SubjectFromWebIdentityToken, *out.Audience, *out.Provider, *out.SourceIdentity, out.AssumedRoleUser.Arn, *out.PackedPolicySize}
	want := []any{"alice", client, providerARN, "alice@example.com", "arn:aws:sts::" + home + ":assumed-role/web/one", int32(7)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r := w.issued
	if r.Kind != session.Role || r.FederatedProvider != providerARN || r.SourceIdentity != "alice@example.com" || r.InlinePolicy != policy ||
		r.ExpiresAt.Sub(r.IssuedAt).Hours() != 2 || r.Chained || r.MFAPresent {
		t.Errorf("session %+v", r)
	}
	if diff := cmp.Diff([]session.Tag{{Key: "cost", Value: "7"}, {Key: "team", Value: "red"}}, r.Tags); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"team"}, r.TransitiveTagKeys); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]session.Tag{{Key: "issuer.example:aud", Value: client}, {Key: "issuer.example:sub", Value: "alice"}}, r.Context); diff != "" {
		t.Error(diff)
	}
}

// TestWebIdentityRefusals: which tokens are refused, and in which words. Each of them
// is signed by the issuer that it names.
func TestWebIdentityRefusals(t *testing.T) {
	tags := func(v any) map[string]any { return map[string]any{"https://aws.amazon.com/tags": v} }
	const (
		badTags = "InvalidIdentityToken: The session tags in the token are not as they must be"
		denied  = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
	)
	noProvider := func(issuer string) string {
		return "InvalidIdentityToken: No OpenIDConnect provider found in your account for " + issuer
	}
	for _, c := range []struct {
		name   string
		claims map[string]any
		in     stsapi.AssumeRoleWithWebIdentityInput
		want   string
	}{
		{name: "legal"},
		{name: "another issuer", claims: map[string]any{"iss": "https://mallory.example"}, want: noProvider("https://mallory.example")},
		{name: "the issuer with a slash", claims: map[string]any{"iss": issuer + "/"}, want: noProvider(issuer + "/")},
		{name: "the issuer with a port", claims: map[string]any{"iss": issuer + ":443"}, want: noProvider(issuer + ":443")},
		{name: "the issuer in capitals", claims: map[string]any{"iss": "https://ISSUER.example"}, want: noProvider("https://ISSUER.example")},
		{name: "the issuer over plain HTTP", claims: map[string]any{"iss": "http://issuer.example"}, want: noProvider("http://issuer.example")},
		{name: "the issuer without scheme", claims: map[string]any{"iss": "issuer.example"}, want: noProvider("issuer.example")},
		{name: "the issuer as a user elsewhere", claims: map[string]any{"iss": "https://issuer.example@mallory.example"}, want: noProvider("https://issuer.example@mallory.example")},
		{name: "the issuer as a part of a name", claims: map[string]any{"iss": "https://issuer.example.mallory.example"}, want: noProvider("https://issuer.example.mallory.example")},
		{name: "the issuer with a path", claims: map[string]any{"iss": issuer + "/.."}, want: noProvider(issuer + "/..")},
		{name: "no audience", claims: map[string]any{"aud": nil}, want: "InvalidIdentityToken: Missing a required claim: aud"},
		{name: "wrong audience", claims: map[string]any{"aud": "sts.amazon.com"}, want: "InvalidIdentityToken: Incorrect token audience"},
		{name: "the audience in capitals", claims: map[string]any{"aud": "STS.amazonaws.com"}, want: "InvalidIdentityToken: Incorrect token audience"},
		{name: "one right audience", claims: map[string]any{"aud": []string{"x", client}}},
		{name: "no right audience", claims: map[string]any{"aud": []string{"x", "y"}}, want: "InvalidIdentityToken: Incorrect token audience"},
		{name: "issued to another client", claims: map[string]any{"azp": "x"}, want: "InvalidIdentityToken: Incorrect token audience"},
		{name: "issued to a client, for another", claims: map[string]any{"aud": "x", "azp": client}},
		{name: "expired", claims: map[string]any{"exp": now.Unix()}, want: "ExpiredTokenException: Token expired: current date/time 1795608000 must be before the expiration date/time1795608000"},
		{name: "of the future", claims: map[string]any{"nbf": now.Unix() + 3600}, want: "InvalidIdentityToken: The ID Token is not valid yet"},
		{name: "a long subject", claims: map[string]any{"sub": strings.Repeat("x", 256)}, want: "InvalidIdentityToken: The subject of the token has more than 255 bytes"},
		{name: "no token", in: stsapi.AssumeRoleWithWebIdentityInput{WebIdentityToken: "token"}, want: "InvalidIdentityToken: The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"},
		{name: "an unknown role", in: stsapi.AssumeRoleWithWebIdentityInput{RoleArn: "arn:aws:iam::" + home + ":role/none"}, want: denied},
		{name: "a role of another account", in: stsapi.AssumeRoleWithWebIdentityInput{RoleArn: "arn:aws:iam::" + elsewhere + ":role/web"}, want: noProvider(issuer)},
		{name: "a role of no account", in: stsapi.AssumeRoleWithWebIdentityInput{RoleArn: "arn:aws:iam::999999999999:role/web"}, want: noProvider(issuer)},
		{name: "no ARN", in: stsapi.AssumeRoleWithWebIdentityInput{RoleArn: "web"}, want: "ValidationError: web is invalid"},
		{name: "a provider of OAuth 2.0", in: stsapi.AssumeRoleWithWebIdentityInput{ProviderId: new("www.amazon.com")}, want: "ValidationError: ProviderId is for access tokens of OAuth 2.0, which are not supported; pass an ID token of OpenID Connect without it."},
		{name: "longer than the role allows", in: stsapi.AssumeRoleWithWebIdentityInput{DurationSeconds: new(int32(7201))}, want: "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		{name: "a session policy that is none", in: stsapi.AssumeRoleWithWebIdentityInput{Policy: new("{")}, want: "MalformedPolicyDocument: Syntax errors in policy. (line 1, column 2: expected the name of a member, in double quotes)"},
		{name: "flattened tags", claims: map[string]any{"https://aws.amazon.com/tags/principal_tags/team": "red", "https://aws.amazon.com/tags/transitive_tag_keys": []string{"team"}}},
		{name: "a tag both ways", claims: map[string]any{"https://aws.amazon.com/tags/principal_tags/Team": "red", "https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": "red"}}},
			want: "InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{name: "tags in a list", claims: tags([]any{map[string]any{"principal_tags": map[string]any{"team": "red"}}}), want: badTags},
		{name: "a tag with two values", claims: tags(map[string]any{"principal_tags": map[string]any{"team": []string{"red", "blue"}}}), want: badTags},
		{name: "a tag with a number", claims: tags(map[string]any{"principal_tags": map[string]any{"team": 1}}), want: badTags},
		{name: "a tag with a long value", claims: tags(map[string]any{"principal_tags": map[string]any{"team": strings.Repeat("x", 257)}}), want: badTags},
		{name: "a tag with a line feed", claims: tags(map[string]any{"principal_tags": map[string]any{"team\n": "red"}}), want: badTags},
		{name: "a tag of AWS's own", claims: tags(map[string]any{"principal_tags": map[string]any{"aws:team": "red"}}), want: "InvalidParameterValue: Tag keys and values beginning with aws: are reserved for system use."},
		{name: "a transitive key of no tag", claims: tags(map[string]any{"transitive_tag_keys": []string{"team"}}), want: "InvalidParameterValue: The specified transitive tag key must be included in the requested tags."},
		{name: "transitive keys as text", claims: tags(map[string]any{"transitive_tag_keys": "team"}), want: badTags},
		{name: "a source identity that is none", claims: map[string]any{"https://aws.amazon.com/source_identity": "alice bob"}, want: "InvalidIdentityToken: The claim https://aws.amazon.com/source_identity of the token is not a source identity"},
		{name: "a source identity as list", claims: map[string]any{"https://aws.amazon.com/source_identity": []string{"alice"}}, want: "InvalidIdentityToken: The claim https://aws.amazon.com/source_identity of the token is not a source identity"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			role := webRole(w)
			if c.in.RoleArn == "" {
				c.in.RoleArn = role
			}
			if c.in.WebIdentityToken == "" {
				c.in.WebIdentityToken = idToken(t, c.claims)
			}
			_, err := w.withToken(c.in)
			if got := refusal(err); got != c.want {
				t.Errorf("it came to\n%s\nwant\n%s", got, c.want)
			}
			if c.want != "" && w.issued.Kind != 0 {
				t.Error("refused, and a session was issued")
			}
		})
	}
}

// TestTrustInProviders: whom trust policies let in, by principal and condition keys.
func TestTrustInProviders(t *testing.T) {
	const github = "https://token.actions.githubusercontent.com"
	arnOf := func(url string) string {
		return "arn:aws:iam::" + home + ":oidc-provider/" + strings.TrimPrefix(url, "https://")
	}
	equals := func(key, value string) string { return `"StringEquals":{"` + key + `":"` + value + `"}` }
	const assume = "sts:AssumeRoleWithWebIdentity"
	tag := map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": "red"}}}
	source := map[string]any{"https://aws.amazon.com/source_identity": "alice"}
	notTo := func(action string) string { return "AccessDenied: Not authorized to perform " + action }
	for _, c := range []struct {
		name   string
		trust  string
		claims map[string]any
		want   string
	}{
		{"the provider", webTrust(providerARN, "", assume), nil, ""},
		{"another provider of the account", webTrust(arnOf(github), "", assume), nil, notTo(assume)},
		{"the same provider of another account", webTrust("arn:aws:iam::"+elsewhere+":oidc-provider/issuer.example", "", assume), nil, notTo(assume)},
		{"the host alone", webTrust("issuer.example", "", assume), nil, notTo(assume)},
		{"an account", trusts(home, "", "sts:AssumeRoleWithWebIdentity"), nil, notTo(assume)},
		{"another action", webTrust(providerARN, "", "sts:AssumeRoleWithSAML"), nil, notTo(assume)},
		{"the subject", webTrust(providerARN, equals("issuer.example:sub", "alice"), assume), nil, ""},
		{"another subject", webTrust(providerARN, equals("issuer.example:sub", "Alice"), assume), nil, notTo(assume)},
		{"a subject of another provider", webTrust(providerARN, equals("token.actions.githubusercontent.com:sub", "alice"), assume), nil, notTo(assume)},
		{"the audience", webTrust(providerARN, equals("issuer.example:aud", client), assume), nil, ""},
		{"the client as audience", webTrust(providerARN, equals("issuer.example:aud", "other"), assume), map[string]any{"azp": "other"}, ""},
		{"not the audience beside the client", webTrust(providerARN, equals("issuer.example:aud", client), assume), map[string]any{"azp": "other"}, notTo(assume)},
		{"the audience beside the client", webTrust(providerARN, equals("issuer.example:oaud", client), assume), map[string]any{"azp": "other"}, ""},
		{"the client", webTrust(providerARN, equals("issuer.example:azp", "other"), assume), map[string]any{"azp": "other"}, ""},
		{"a method", webTrust(providerARN, `"ForAnyValue:StringLike":{"issuer.example:amr":"otp"}`, assume), map[string]any{"amr": []string{"pwd", "otp"}}, ""},
		{"without the method", webTrust(providerARN, `"ForAnyValue:StringLike":{"issuer.example:amr":"otp"}`, assume), map[string]any{"amr": []string{"pwd"}}, notTo(assume)},
		{"a claim that is no key", webTrust(providerARN, equals("issuer.example:repository", "octo/repo"), assume), map[string]any{"repository": "octo/repo"}, notTo(assume)},
		{"the session's name", webTrust(providerARN, equals("sts:RoleSessionName", "one"), assume), nil, ""},
		{"another session's name", webTrust(providerARN, equals("sts:RoleSessionName", "two"), assume), nil, notTo(assume)},
		{"a tag", webTrust(providerARN, "", assume, "sts:TagSession"), tag, ""},
		{"a tag that is asked for", webTrust(providerARN, equals("aws:RequestTag/team", "red"), assume, "sts:TagSession"), tag, ""},
		{"a tag that may not be passed", webTrust(providerARN, "", assume), tag, notTo("sts:TagSession")},
		{"a source identity", webTrust(providerARN, equals("sts:SourceIdentity", "alice"), assume, "sts:SetSourceIdentity"), source, ""},
		{"a source identity that may not be set", webTrust(providerARN, "", assume), source, notTo("sts:SetSourceIdentity")},
		{"GitHub's repository", webTrust(arnOf(github), equals("token.actions.githubusercontent.com:repository", "octo/repo"), assume), map[string]any{"iss": github, "repository": "octo/repo"}, ""},
		{"another repository of GitHub's", webTrust(arnOf(github), equals("token.actions.githubusercontent.com:repository", "octo/repo"), assume), map[string]any{"iss": github, "repository": "mallory/repo"}, notTo(assume)},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.provider(issuer, client, "other")
			w.provider(github, client)
			role := w.role(home, "web", c.trust, 3600)
			_, err := w.withToken(stsapi.AssumeRoleWithWebIdentityInput{RoleArn: role, WebIdentityToken: idToken(t, c.claims)})
			if got := refusal(err); got != c.want {
				t.Errorf("it came to %q, want %q", got, c.want)
			}
		})
	}
}

// TestPublishedClaims: which providers' tokens give more keys.
func TestPublishedClaims(t *testing.T) {
	for _, c := range []struct {
		iss, claim string
		want       bool
	}{
		{"https://token.actions.githubusercontent.com", "repository_owner_id", true},
		{"https://token.actions.githubusercontent.com", "run_id", false},
		{"https://token.actions.githubusercontent.com/octo", "repository", true},
		{"https://token.actions.githubusercontent.com/octo/x", "repository", false},
		{"https://token.actions.octo.ghe.com", "repository", true},
		{"https://token.actions.octo.ghe.com.mallory.example", "repository", false},
		{"https://gitlab.com", "project_id", true},
		{"https://gitlab.example.com", "project_id", false},
		{"https://agent.buildkite.com", "pipeline_slug", true},
		{"https://oidc.circleci.com/org/7", "oidc.circleci.com/project-id", true},
		{"https://issuer.example", "repository", false},
	} {
		w := newWorld(t)
		w.provider(c.iss, client)
		url := strings.TrimPrefix(c.iss, "https://")
		role := w.role(home, "web", webTrust("arn:aws:iam::"+home+":oidc-provider/"+url, `"StringEquals":{"`+url+":"+c.claim+`":"7"}`, "sts:AssumeRoleWithWebIdentity"), 3600)
		_, err := w.withToken(stsapi.AssumeRoleWithWebIdentityInput{RoleArn: role, WebIdentityToken: idToken(t, map[string]any{"iss": c.iss, c.claim: "7"})})
		if (err == nil) != c.want {
			t.Errorf("%s of %s: %v", c.claim, c.iss, err)
		}
	}
}

// TestSignedWebIdentity: whoever signs the request, the caller is whom the token says,
// and their own rights count for nothing.
func TestSignedWebIdentity(t *testing.T) {
	w := newWorld(t)
	w.provider(issuer, client)
	role := w.role(home, "web", trusts(home, "", "sts:AssumeRoleWithWebIdentity"), 3600)
	ada := w.user("ada", allow("*"))
	in := &stsapi.AssumeRoleWithWebIdentityInput{RoleArn: role, RoleSessionName: "one", WebIdentityToken: idToken(t, nil)}
	_, err := do[*stsapi.AssumeRoleWithWebIdentityOutput](w, ada, "AssumeRoleWithWebIdentity", in)
	if got := refusal(err); got != "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity" {
		t.Error(got)
	}
}
