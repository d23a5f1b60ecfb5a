package server_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// openIDProvider is a provider that somebody else has written, as its makers show it:
// discovery, keys, sign-in page, authorization code.
type openIDProvider struct {
	*httptest.Server
	serving atomic.Pointer[http.Handler]
}

const openIDClient, openIDSecret = "keyreeve-test", "verysecret"

func newOpenIDProvider(t testing.TB) *openIDProvider {
	p := new(openIDProvider)
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*p.serving.Load()).ServeHTTP(w, r) }))
	t.Cleanup(p.Close)
	p.restart()
	return p
}

// restart begins with a new signing key, as nothing is kept.
func (p *openIDProvider) restart() {
	store := storage.NewStorageWithClients(storage.NewUserStore(p.URL), map[string]*storage.Client{
		openIDClient: storage.WebClient(openIDClient, openIDSecret, p.URL+"/done"),
	})
	handler := http.Handler(exampleop.SetupServer(p.URL, store, nil, false))
	p.serving.Store(&handler)
}

func (p *openIDProvider) thumbprint() string {
	sum := sha1.Sum(p.Certificate().Raw)
	return hex.EncodeToString(sum[:])
}

// token signs somebody in at the provider's page and gives the ID token.
func (p *openIDProvider) token(t testing.TB, user string) string {
	t.Helper()
	jar := must[*cookiejar.Jar](t)(cookiejar.New(nil))
	browser := *p.Client()
	browser.Jar = jar
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/done" || r.URL.Path == "/login/username" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	follow := func(r *http.Response, err error) *url.URL {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		location, err := r.Location()
		if err != nil {
			text, _ := io.ReadAll(r.Body)
			t.Fatalf("%s: %v: %s", r.Request.URL, err, text)
		}
		return location
	}
	page := follow(browser.Get(p.URL + "/auth?" + url.Values{
		"client_id": {openIDClient}, "response_type": {"code"}, "scope": {"openid email"}, "redirect_uri": {p.URL + "/done"}, "state": {"s"},
	}.Encode()))
	done := follow(browser.PostForm(p.URL+"/login/username", url.Values{"id": {page.Query().Get("authRequestID")}, "username": {user}, "password": {"verysecure"}}))
	r, err := http.NewRequest(http.MethodPost, p.URL+"/oauth/token", strings.NewReader(url.Values{
		"grant_type": {"authorization_code"}, "code": {done.Query().Get("code")}, "redirect_uri": {p.URL + "/done"},
	}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(openIDClient, openIDSecret)
	answer := must[*http.Response](t)(browser.Do(r))
	defer answer.Body.Close()
	var tokens struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&tokens); err != nil || tokens.IDToken == "" {
		t.Fatalf("no token at %s: %v", done, err)
	}
	return tokens.IDToken
}

// TestOpenIDProvider: a person signs in at a provider that is not ours and gets a
// session by its token; the provider's next key is found within seconds, and what it
// knows of the person counts.
func TestOpenIDProvider(t *testing.T) {
	w, p := start(t), newOpenIDProvider(t)
	ctx, c := context.Background(), w.As(w.Root)
	made := must[*iam.CreateOpenIDConnectProviderOutput](t)(c.IAM.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: &p.URL, ClientIDList: []string{openIDClient}, ThumbprintList: []string{p.thumbprint()},
	}))
	host := strings.TrimPrefix(p.URL, "https://")
	role := must[*iam.CreateRoleOutput](t)(c.IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("people"), AssumeRolePolicyDocument: new(`{"Version": "2012-10-17",
		"Statement": {"Effect": "Allow", "Principal": {"Federated": "` + *made.OpenIDConnectProviderArn + `"}, "Action": "sts:AssumeRoleWithWebIdentity",
		"Condition": {"StringEquals": {"` + host + `:aud": "` + openIDClient + `", "` + host + `:sub": "id2"}}}}`)})).Role
	must[*iam.PutRolePolicyOutput](t)(c.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role.RoleName, PolicyName: new("p"), PolicyDocument: new(allow("iam:ListUsers"))}))
	anonymous := sts.New(w.As(aws.Credentials{}).STS.Options(), func(o *sts.Options) { o.Credentials = aws.AnonymousCredentials{} })
	assume := func(token string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
		return anonymous.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{RoleArn: role.Arn, RoleSessionName: new("person"), WebIdentityToken: &token})
	}
	first := p.token(t, "test-user2")
	out := must[*sts.AssumeRoleWithWebIdentityOutput](t)(assume(first))
	if *out.SubjectFromWebIdentityToken != "id2" || *out.Audience != openIDClient || *out.Provider != *made.OpenIDConnectProviderArn {
		t.Errorf("the session is of %+v", out)
	}
	must[*iam.ListUsersOutput](t)(w.Session(out.Credentials).IAM.ListUsers(ctx, &iam.ListUsersInput{}))
	if _, err := assume(p.token(t, "test-user@127.0.0.1")); code(err) != "AccessDenied" {
		t.Errorf("somebody else: %v", err)
	}
	p.restart()
	w.clock.forward(6 * time.Second) // keys are asked for once in five seconds at most
	must[*sts.AssumeRoleWithWebIdentityOutput](t)(assume(p.token(t, "test-user2")))
	other := newOpenIDProvider(t)
	if _, err := assume(other.token(t, "test-user2")); code(err) != "InvalidIdentityToken" {
		t.Errorf("a provider that the account does not know: %v", err)
	}
}
