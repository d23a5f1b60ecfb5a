package server_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/keyreeve/keyreeve/credential/jwt"
	"github.com/keyreeve/keyreeve/federation/issuertest"
	"github.com/keyreeve/keyreeve/server/servertest"
)

func storyOfOIDCProviders(t *testing.T, ctx context.Context, c *iam.Client) {
	i := issuertest.NewAt(t, "/realms/dev")
	created := must[*iam.CreateOpenIDConnectProviderOutput](t)(c.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: &i.URL, ClientIDList: []string{"one"}, Tags: []types.Tag{{Key: new("team"), Value: new("red")}},
	}))
	arn := created.OpenIDConnectProviderArn
	if *arn != "arn:aws:iam::111122223333:oidc-provider/"+strings.TrimPrefix(i.URL, "https://") || len(created.Tags) != 1 {
		t.Errorf("created %+v", created)
	}
	_, err := c.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: &i.URL})
	if code(err) != "EntityAlreadyExists" {
		t.Errorf("the same again: %v", err)
	}
	_, err = c.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: new("https://127.0.0.1:1")})
	if code(err) != "OpenIdIdpCommunicationError" {
		t.Errorf("nobody there: %v", err)
	}
	got := must[*iam.GetOpenIDConnectProviderOutput](t)(c.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))
	if *got.Url != i.URL || !slices.Equal(got.ThumbprintList, []string{i.Thumbprint()}) || !slices.Equal(got.ClientIDList, []string{"one"}) {
		t.Errorf("got %+v", got)
	}
	must[*iam.AddClientIDToOpenIDConnectProviderOutput](t)(c.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("two")}))
	must[*iam.RemoveClientIDFromOpenIDConnectProviderOutput](t)(c.RemoveClientIDFromOpenIDConnectProvider(ctx, &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("one")}))
	other := strings.Repeat("ab", 20)
	must[*iam.UpdateOpenIDConnectProviderThumbprintOutput](t)(c.UpdateOpenIDConnectProviderThumbprint(ctx, &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: arn, ThumbprintList: []string{other}}))
	must[*iam.TagOpenIDConnectProviderOutput](t)(c.TagOpenIDConnectProvider(ctx, &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, Tags: []types.Tag{{Key: new("cost"), Value: new("1")}}}))
	must[*iam.UntagOpenIDConnectProviderOutput](t)(c.UntagOpenIDConnectProvider(ctx, &iam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, TagKeys: []string{"team"}}))
	tags := must[*iam.ListOpenIDConnectProviderTagsOutput](t)(c.ListOpenIDConnectProviderTags(ctx, &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: arn})).Tags
	got = must[*iam.GetOpenIDConnectProviderOutput](t)(c.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))
	if len(tags) != 1 || *tags[0].Key != "cost" || !slices.Equal(got.ThumbprintList, []string{other}) || !slices.Equal(got.ClientIDList, []string{"two"}) {
		t.Errorf("changed to %+v, tags %+v", got, tags)
	}
	list := must[*iam.ListOpenIDConnectProvidersOutput](t)(c.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})).OpenIDConnectProviderList
	summary := must[*iam.GetAccountSummaryOutput](t)(c.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})).SummaryMap
	if len(list) != 1 || *list[0].Arn != *arn || summary["Providers"] != 1 {
		t.Errorf("list %+v, %d providers in the summary", list, summary["Providers"])
	}
	// AWS shows the URL without its scheme; one with a port AWS has not.
	plain := must[*iam.CreateOpenIDConnectProviderOutput](t)(c.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: new("https://gitlab.example.com"), ThumbprintList: []string{other}}))
	if got := must[*iam.GetOpenIDConnectProviderOutput](t)(c.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: plain.OpenIDConnectProviderArn})); *got.Url != "gitlab.example.com" {
		t.Errorf("the URL is shown as %s", *got.Url)
	}
	for _, arn := range []*string{arn, plain.OpenIDConnectProviderArn} {
		must[*iam.DeleteOpenIDConnectProviderOutput](t)(c.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))
	}
	_, err = c.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	if code(err) != "NoSuchEntity" {
		t.Errorf("deleted: %v", err)
	}
}

// webRole makes a provider of an issuer, which its thumbprint vouches for, and a role
// that trusts it, and gives the role's ARN.
func webRole(t testing.TB, s *servertest.Server, i *issuertest.Issuer, name string, policies ...string) string {
	t.Helper()
	ctx, c := context.Background(), s.As(s.Root).IAM
	provider := must[*iam.CreateOpenIDConnectProviderOutput](t)(c.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: &i.URL, ClientIDList: []string{issuertest.Client}, ThumbprintList: []string{i.Thumbprint()},
	}))
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"` + *provider.OpenIDConnectProviderArn +
		`"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{"StringLike":{"` + strings.TrimPrefix(i.URL, "https://") + `:sub":"repo:octo-org/*"}}}}`
	role := must[*iam.CreateRoleOutput](t)(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})).Role
	for n, document := range policies {
		must[*iam.PutRolePolicyOutput](t)(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: new("p" + string(rune('0'+n))), PolicyDocument: &document}))
	}
	return *role.Arn
}

func storyOfWebIdentity(t *testing.T, ctx context.Context, s *servertest.Server, seen *calls) {
	i := issuertest.New(t)
	role := webRole(t, s, i, "web", allow("iam:ListUsers"))
	anonymous := sts.New(s.As(aws.Credentials{}).STS.Options(), func(o *sts.Options) {
		o.Credentials, o.APIOptions = aws.AnonymousCredentials{}, append(o.APIOptions, seen.note)
	})
	out := must[*sts.AssumeRoleWithWebIdentityOutput](t)(anonymous.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &role, RoleSessionName: new("ci"), WebIdentityToken: new(i.Token(t, nil)),
	}))
	if *out.Audience != issuertest.Client || !strings.HasPrefix(*out.SubjectFromWebIdentityToken, "repo:octo-org/") || !strings.HasPrefix(*out.Provider, "arn:aws:iam::111122223333:oidc-provider/127.0.0.1:") || out.PackedPolicySize != nil {
		t.Errorf("answer %+v", out)
	}
	session := s.Session(out.Credentials)
	who := must[*sts.GetCallerIdentityOutput](t)(session.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	if *who.Arn != "arn:aws:sts::111122223333:assumed-role/web/ci" {
		t.Errorf("the session is %s", *who.Arn)
	}
	must[*iam.ListUsersOutput](t)(session.IAM.ListUsers(ctx, &iam.ListUsersInput{}))
	_, err := session.IAM.ListRoles(ctx, &iam.ListRolesInput{})
	if code(err) != "AccessDenied" {
		t.Errorf("what the role may not: %v", err)
	}
}

func storyOfOutboundFederation(t *testing.T, ctx context.Context, s *servertest.Server, seen *calls, c *iam.Client) {
	_, err := c.GetOutboundWebIdentityFederationInfo(ctx, &iam.GetOutboundWebIdentityFederationInfoInput{})
	if code(err) != "FeatureDisabled" {
		t.Errorf("before: %v", err)
	}
	ada := s.User(t, "outbound", allow("sts:*"))
	st := sts.New(ada.STS.Options(), func(o *sts.Options) { o.APIOptions = append(o.APIOptions, seen.note) })
	in := &sts.GetWebIdentityTokenInput{Audience: []string{"https://api.example.com"}, SigningAlgorithm: new("ES384"), Tags: []ststypes.Tag{{Key: new("job"), Value: new("7")}}}
	if _, err := st.GetWebIdentityToken(ctx, in); code(err) != "OutboundWebIdentityFederationDisabledException" {
		t.Errorf("a token before: %v", err)
	}
	enabled := must[*iam.EnableOutboundWebIdentityFederationOutput](t)(c.EnableOutboundWebIdentityFederation(ctx, &iam.EnableOutboundWebIdentityFederationInput{}))
	if _, err := c.EnableOutboundWebIdentityFederation(ctx, &iam.EnableOutboundWebIdentityFederationInput{}); code(err) != "FeatureEnabled" {
		t.Errorf("enabled again: %v", err)
	}
	info := must[*iam.GetOutboundWebIdentityFederationInfoOutput](t)(c.GetOutboundWebIdentityFederationInfo(ctx, &iam.GetOutboundWebIdentityFederationInfoInput{}))
	if *info.IssuerIdentifier != *enabled.IssuerIdentifier || !info.JwtVendingEnabled {
		t.Errorf("info %+v", info)
	}
	for _, algorithm := range []string{"ES384", "RS256"} {
		in.SigningAlgorithm = &algorithm
		out := must[*sts.GetWebIdentityTokenOutput](t)(st.GetWebIdentityToken(ctx, in))
		claims := verifyOutbound(t, *info.IssuerIdentifier, *out.WebIdentityToken)
		own, _ := claims.Value("https://sts.amazonaws.com/")
		if claims.Subject != "arn:aws:iam::111122223333:user/outbound" || !slices.Equal(claims.Audience, in.Audience) ||
			claims.Expires.Sub(claims.IssuedAt) != 5*time.Minute || !claims.Expires.Equal(*out.Expiration) {
			t.Errorf("claims %+v", claims)
		}
		if m, ok := own.(map[string]any); !ok || m["aws_account"] != "111122223333" || m["request_tags"].(map[string]any)["job"] != "7" {
			t.Errorf("claims of AWS's own: %v", own)
		}
	}
	must[*iam.DisableOutboundWebIdentityFederationOutput](t)(c.DisableOutboundWebIdentityFederation(ctx, &iam.DisableOutboundWebIdentityFederationInput{}))
	if _, err := c.DisableOutboundWebIdentityFederation(ctx, &iam.DisableOutboundWebIdentityFederationInput{}); code(err) != "FeatureDisabled" {
		t.Errorf("disabled again: %v", err)
	}
}

// published fetches one of the documents that anybody may read.
func published(t testing.TB, url string) []byte {
	t.Helper()
	resp := must[*http.Response](t)(http.Get(url))
	defer resp.Body.Close()
	body := must[[]byte](t)(io.ReadAll(resp.Body))
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", url, resp.StatusCode, body)
	}
	return body
}

// verifyOutbound does what a service elsewhere does: it finds the issuer's keys by its
// discovery document and verifies the token with them.
func verifyOutbound(t testing.TB, issuer, text string) *jwt.Claims {
	t.Helper()
	var d struct {
		Issuer string
		JWKS   string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(published(t, issuer+"/.well-known/openid-configuration"), &d); err != nil || d.Issuer != issuer {
		t.Fatalf("discovery %+v, %v", d, err)
	}
	keys := must[*jwt.KeySet](t)(jwt.ParseKeySet(published(t, d.JWKS)))
	token := must[*jwt.Token](t)(jwt.Parse(text))
	if token.Issuer() != issuer {
		t.Errorf("issuer %s, want %s", token.Issuer(), issuer)
	}
	return must[*jwt.Claims](t)(token.Verify(keys))
}
