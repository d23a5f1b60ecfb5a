package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/signin/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// program is a program that wants to act for somebody, as aws login is.
type program struct {
	*world
	key      *ecdsa.PrivateKey
	verifier string
	client   string
	redirect string
}

const (
	sameDevice  = "arn:aws:signin:::devtools/same-device"
	crossDevice = "arn:aws:signin:::devtools/cross-device"
	loopback    = "http://127.0.0.1:43210/oauth/callback"
)

func (w *world) program(t testing.TB) *program {
	t.Helper()
	return &program{w, must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), rand.Text() + rand.Text(), sameDevice, loopback}
}

// query is the authorization that it asks for; change bends it.
func (p *program) query(change ...string) string {
	digest := sha256.Sum256([]byte(p.verifier))
	v := url.Values{
		"response_type": {"code"}, "client_id": {p.client}, "state": {"state-1"}, "code_challenge_method": {"SHA-256"}, "scope": {"openid"},
		"redirect_uri": {p.redirect}, "code_challenge": {base64.RawURLEncoding.EncodeToString(digest[:])},
	}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v.Encode()
}

// proof is a DPoP proof by its key.
func (p *program) proof(t testing.TB, id string) string {
	t.Helper()
	point := must[[]byte](t)(p.key.PublicKey.Bytes())
	text := base64.RawURLEncoding.EncodeToString
	signed := text(fmt.Appendf(nil, `{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":%q,"y":%q}}`, text(point[1:33]), text(point[33:]))) + "." +
		text(fmt.Appendf(nil, `{"htm":"POST","htu":%q,"iat":%d,"jti":%q}`, p.URL+"/v1/token", p.clock.now().Unix(), id))
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + text(signature[:])
}

// ask calls CreateOAuth2Token by the SDK.
func (p *program) ask(t testing.TB, in *types.CreateOAuth2TokenRequestBody, proof string) (*types.CreateOAuth2TokenResponseBody, error) {
	t.Helper()
	c := signin.New(signin.Options{BaseEndpoint: &p.URL, Region: "us-east-1", Retryer: aws.NopRetryer{}})
	out, err := c.CreateOAuth2Token(context.Background(), &signin.CreateOAuth2TokenInput{TokenInput: in}, func(o *signin.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Finalize.Add(middleware.FinalizeMiddlewareFunc("dpop", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				in.Request.(*smithyhttp.Request).Header.Set("DPoP", proof)
				return next.HandleFinalize(ctx, in)
			}), middleware.Before)
		})
	})
	if err != nil {
		return nil, err
	}
	return out.TokenOutput, nil
}

func (p *program) redeem(t testing.TB, code string) (*types.CreateOAuth2TokenResponseBody, error) {
	t.Helper()
	return p.ask(t, &types.CreateOAuth2TokenRequestBody{
		ClientId: &p.client, GrantType: new("authorization_code"), Code: &code, RedirectUri: &p.redirect, CodeVerifier: &p.verifier,
	}, p.proof(t, rand.Text()))
}

func (p *program) refresh(t testing.TB, token string) (*types.CreateOAuth2TokenResponseBody, error) {
	t.Helper()
	return p.ask(t, &types.CreateOAuth2TokenRequestBody{ClientId: &p.client, GrantType: new("refresh_token"), RefreshToken: &token}, p.proof(t, rand.Text()))
}

// refusal is the OAuth code of an error.
func refusal(err error) string {
	if e, ok := errors.AsType[*types.AccessDeniedException](err); ok {
		return string(e.Error_)
	}
	if e, ok := errors.AsType[*types.ValidationException](err); ok {
		return string(e.Error_)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// allow lets a program act for whoever sits at the browser, and gives the code.
func (b *browser) allow(t testing.TB, p *program) string {
	t.Helper()
	ask := b.get(t, "/v1/authorize?"+p.query())
	answer := b.post(t, "/v1/authorize", "authorize", ask.field(t, "authorize"))
	to, err := url.Parse(answer.header.Get("Location"))
	if err != nil || answer.status != http.StatusSeeOther {
		t.Fatalf("allowing it: %d %s", answer.status, answer.body)
	}
	if got := to.Query().Get("state"); got != "state-1" || !strings.HasPrefix(to.String(), loopback+"?") {
		t.Errorf("the browser is sent to %s", to)
	}
	return to.Query().Get("code")
}

const local = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListUsers","signin:AuthorizeOAuth2Access","signin:CreateOAuth2Token"],"Resource":"*"}]}`

// TestLogin: aws login from the first page to credentials that the SDK refreshes.
func TestLogin(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, local)
	b, p := w.browser(t), w.program(t)
	form := b.get(t, "/v1/authorize?"+p.query())
	answer := b.signIn(t, "Lena", lens, "authorize", form.field(t, "authorize")).in(t, "her password", true)
	if got := answer.header.Get("Location"); got != "/v1/authorize?"+p.query() {
		t.Errorf("the form leads to %s", got)
	}
	out := must[*types.CreateOAuth2TokenResponseBody](t)(p.redeem(t, b.allow(t, p)))
	if *out.TokenType != "aws_sigv4" || *out.ExpiresIn < 890 || *out.ExpiresIn > 900 {
		t.Errorf("token %s for %d seconds", *out.TokenType, *out.ExpiresIn)
	}
	claims := must[[]byte](t)(base64.RawURLEncoding.DecodeString(strings.Split(*out.IdToken, ".")[1]))
	if !strings.Contains(string(claims), `"sub":"arn:aws:iam::111122223333:user/Lena"`) {
		t.Errorf("id token %s", claims)
	}
	creds := aws.Credentials{AccessKeyID: *out.AccessToken.AccessKeyId, SecretAccessKey: *out.AccessToken.SecretAccessKey, SessionToken: *out.AccessToken.SessionToken}
	w.iam(t, creds, "ListUsers").want(t, "what she may", "")

	der := must[[]byte](t)(x509.MarshalECPrivateKey(p.key))
	cached := must[[]byte](t)(json.Marshal(map[string]any{
		"accessToken": map[string]any{
			"accessKeyId": creds.AccessKeyID, "secretAccessKey": creds.SecretAccessKey, "sessionToken": creds.SessionToken,
			"accountId": servertest.Account, "expiresAt": time.Now().Add(-time.Minute).UTC().Format(time.RFC3339),
		},
		"tokenType": "aws_sigv4", "refreshToken": *out.RefreshToken, "identityToken": *out.IdToken, "clientId": sameDevice,
		"dpopKey": string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})),
	}))
	file := filepath.Join(t.TempDir(), "token.json")
	if err := os.WriteFile(file, cached, 0o600); err != nil {
		t.Fatal(err)
	}
	provider := logincreds.New(signin.New(signin.Options{BaseEndpoint: &w.URL, Region: "us-east-1"}), file)
	fresh := must[aws.Credentials](t)(provider.Retrieve(context.Background()))
	if fresh.AccessKeyID == creds.AccessKeyID {
		t.Error("the SDK has not refreshed the credentials")
	}
	w.iam(t, fresh, "ListUsers").want(t, "with refreshed credentials", "")
	w.record(t, `"eventName":"AuthorizeOAuth2Access"`, `"client_id":"`+sameDevice+`"`, `"userName":"Lena"`)
	for _, e := range w.events(t) {
		if strings.Contains(e, *out.RefreshToken) || strings.Contains(e, creds.SecretAccessKey) {
			t.Errorf("a secret is in a record: %s", e)
		}
	}
}

// TestLoginOnAnotherDevice: the page shows the code, and nothing is sent anywhere.
func TestLoginOnAnotherDevice(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, local)
	b, p := w.browser(t), w.program(t)
	p.client, p.redirect = crossDevice, w.URL+"/v1/sessions/confirmation"
	b.signIn(t, "Lena", lens).in(t, "her password", true)
	answer := b.post(t, "/v1/authorize", "authorize", p.query())
	_, rest, _ := strings.Cut(answer.body, `<code id="code">`)
	code, _, _ := strings.Cut(rest, "</code>")
	shown := must[url.Values](t)(url.ParseQuery(string(must[[]byte](t)(base64.StdEncoding.DecodeString(strings.ReplaceAll(code, "&#43;", "+"))))))
	if answer.header.Get("Location") != "" || shown.Get("state") != "state-1" {
		t.Fatalf("%d %s", answer.status, answer.body)
	}
	must[*types.CreateOAuth2TokenResponseBody](t)(p.redeem(t, shown.Get("code")))
}

// TestAttackLogin: codes and refresh tokens in the hands of somebody else, and programs
// that want a code sent elsewhere.
func TestAttackLogin(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, local)
	b, p, thief := w.browser(t), w.program(t), w.program(t)
	b.signIn(t, "Lena", lens).in(t, "her password", true)

	code := b.allow(t, p)
	if _, err := thief.redeem(t, code); refusal(err) != "AUTHCODE_EXPIRED" {
		t.Errorf("a stolen code, without its verifier: %v", err)
	}
	if _, err := p.redeem(t, code); refusal(err) != "AUTHCODE_EXPIRED" {
		t.Errorf("the code after that: %v", err)
	}
	code = b.allow(t, p)
	elsewhere := *p
	elsewhere.redirect = "http://127.0.0.1:1/oauth/callback"
	if _, err := elsewhere.redeem(t, code); refusal(err) != "AUTHCODE_EXPIRED" {
		t.Errorf("a code for another redirect URI: %v", err)
	}
	code = b.allow(t, p)
	w.clock.forward(6 * time.Minute)
	if _, err := p.redeem(t, code); refusal(err) != "AUTHCODE_EXPIRED" {
		t.Errorf("a code of six minutes ago: %v", err)
	}
	code = b.allow(t, p)
	out := must[*types.CreateOAuth2TokenResponseBody](t)(p.redeem(t, code))
	if _, err := p.redeem(t, code); refusal(err) != "AUTHCODE_EXPIRED" {
		t.Errorf("a code twice: %v", err)
	}

	if _, err := thief.refresh(t, *out.RefreshToken); refusal(err) != "TOKEN_EXPIRED" {
		t.Errorf("a stolen refresh token, without its key: %v", err)
	}
	body := &types.CreateOAuth2TokenRequestBody{ClientId: &p.client, GrantType: new("refresh_token"), RefreshToken: out.RefreshToken}
	once := p.proof(t, "once")
	must[*types.CreateOAuth2TokenResponseBody](t)(p.ask(t, body, once))
	for what, proof := range map[string]string{"a proof twice": once, "no proof": "", "a cookie as proof": "x.y.z"} {
		if _, err := p.ask(t, body, proof); refusal(err) != "INVALID_REQUEST" {
			t.Errorf("%s: %v", what, err)
		}
	}
	must[*types.CreateOAuth2TokenResponseBody](t)(p.refresh(t, *out.RefreshToken))

	for what, query := range map[string]string{
		"another host":       p.query("redirect_uri", "https://evil.example/oauth/callback"),
		"a look-alike host":  p.query("redirect_uri", "http://127.0.0.1.evil.example/oauth/callback"),
		"a host after @":     p.query("redirect_uri", "http://127.0.0.1:80@evil.example/oauth/callback"),
		"another path":       p.query("redirect_uri", "http://127.0.0.1:80/other"),
		"a script":           p.query("redirect_uri", "javascript:alert(1)//127.0.0.1/oauth/callback"),
		"no challenge":       p.query("code_challenge", ""),
		"a plain challenge":  p.query("code_challenge_method", "plain"),
		"another program":    p.query("client_id", "arn:aws:signin:::devtools/other"),
		"a token at once":    p.query("response_type", "token"),
		"two redirect URIs":  p.query() + "&redirect_uri=https%3A%2F%2Fevil.example%2F",
		"a page of a device": p.query("client_id", crossDevice, "redirect_uri", "https://evil.example/collect"),
	} {
		if got := b.get(t, "/v1/authorize?"+query); got.status != http.StatusBadRequest {
			t.Errorf("%s, asked: %d", what, got.status)
		}
		if got := b.post(t, "/v1/authorize", "authorize", query); got.status != http.StatusBadRequest || got.header.Get("Location") != "" {
			t.Errorf("%s, allowed: %d to %q", what, got.status, got.header.Get("Location"))
		}
	}

	w.iam(t, w.Root, "PutUserPolicy", "UserName", "Lena", "PolicyName", "p", "PolicyDocument", onlyOwner).want(t, "PutUserPolicy", "")
	if got := b.post(t, "/v1/authorize", "authorize", p.query()); got.status != http.StatusForbidden || !strings.Contains(got.body, "signin:AuthorizeOAuth2Access") {
		t.Errorf("somebody who may not: %d %s", got.status, got.body)
	}
	if _, err := p.refresh(t, *out.RefreshToken); refusal(err) != "INSUFFICIENT_PERMISSIONS" {
		t.Errorf("a refresh of somebody who may not any more: %v", err)
	}
	w.iam(t, w.Root, "PutUserPolicy", "UserName", "Lena", "PolicyName", "p", "PolicyDocument", local).want(t, "PutUserPolicy", "")
	out = must[*types.CreateOAuth2TokenResponseBody](t)(p.refresh(t, *out.RefreshToken))
	w.iam(t, w.Root, "UpdateLoginProfile", "UserName", "Lena", "Password", lens+"2").want(t, "UpdateLoginProfile", "")
	if _, err := p.refresh(t, *out.RefreshToken); refusal(err) != "USER_CREDENTIALS_CHANGED" {
		t.Errorf("a refresh after another password: %v", err)
	}
	again := w.browser(t)
	again.signIn(t, "Lena", lens+"2").in(t, "her new password", true)
	out = must[*types.CreateOAuth2TokenResponseBody](t)(p.redeem(t, again.allow(t, p)))
	w.clock.forward(12*time.Hour + time.Second)
	if _, err := p.refresh(t, *out.RefreshToken); refusal(err) != "TOKEN_EXPIRED" {
		t.Errorf("a refresh after twelve hours: %v", err)
	}
}
