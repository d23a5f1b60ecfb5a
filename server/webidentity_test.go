package server_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/keyreeve/keyreeve/federation/issuertest"
)

// withToken calls AssumeRoleWithWebIdentity and signs it with credentials, or not.
func (w *world) withToken(t testing.TB, creds aws.Credentials, role, token string, params ...string) answer {
	t.Helper()
	return w.sts(t, creds, "AssumeRoleWithWebIdentity", append(params, "RoleArn", role, "RoleSessionName", "ci", "WebIdentityToken", token)...)
}

// TestWebIdentityIsRecorded: the record tells who the provider says it was, and the
// token is in no record and in no log, however it came out.
func TestWebIdentityIsRecorded(t *testing.T) {
	w, i := start(t), issuertest.New(t)
	role := webRole(t, w.Server, i, "web", allow("iam:ListUsers"))
	good, wrong := i.Token(t, nil), i.Token(t, map[string]any{"sub": "repo:mallory/x"})
	foreign := i.Token(t, map[string]any{"iss": "https://mallory.example"})
	w.withToken(t, aws.Credentials{}, role, good).want(t, "legal", "")
	w.withToken(t, aws.Credentials{}, role, wrong).want(t, "another subject", "AccessDenied")
	w.withToken(t, aws.Credentials{}, role, foreign).want(t, "another issuer", "InvalidIdentityToken")
	w.withToken(t, w.Root, role, wrong).want(t, "another subject, signed by root", "AccessDenied")
	w.withToken(t, w.Root, role, good).want(t, "legal, signed by root", "")

	type record struct {
		EventName          string
		ErrorCode          string
		RecipientAccountID string
		UserIdentity       struct{ Type, PrincipalID, UserName, IdentityProvider string }
		AdditionalData     map[string]string `json:"additionalEventData"`
	}
	outcomes := map[string]int{}
	for _, text := range w.events(t) {
		var r record
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if r.EventName != "AssumeRoleWithWebIdentity" {
			continue
		}
		outcomes[r.UserIdentity.Type+" "+r.RecipientAccountID+" "+r.ErrorCode]++
		provider := "arn:aws:iam::111122223333:oidc-provider/" + strings.TrimPrefix(i.URL, "https://")
		if r.UserIdentity.Type == "WebIdentityUser" && (r.UserIdentity.IdentityProvider != provider ||
			r.UserIdentity.PrincipalID != provider+":"+issuertest.Client+":"+r.UserIdentity.UserName || r.AdditionalData["identityProviderConnectionVerificationMethod"] != "Thumbprint" && r.ErrorCode == "") {
			t.Errorf("record %s", text)
		}
	}
	want := map[string]int{"WebIdentityUser 111122223333 ": 2, "WebIdentityUser 111122223333 AccessDenied": 2, "AWSAccount  InvalidIdentityToken": 1}
	for what, n := range want {
		if outcomes[what] != n {
			t.Errorf("%d records of %q, want %d; there are %v", outcomes[what], what, n, outcomes)
		}
	}
	for _, token := range []string{good, wrong, foreign} {
		signature := token[strings.LastIndexByte(token, '.')+1:]
		if strings.Contains(strings.Join(w.events(t), "\n"), signature) || strings.Contains(w.log.String(), signature) {
			t.Error("a token is in a record or in the log")
		}
	}
}

// TestWebIdentitySessions: what policies see of a session that an identity provider
// vouched for, and when it ends.
func TestWebIdentitySessions(t *testing.T) {
	w, i := start(t), issuertest.New(t)
	prefix := strings.TrimPrefix(i.URL, "https://")
	conditions := `{"StringEquals":{"aws:FederatedProvider":"arn:aws:iam::111122223333:oidc-provider/` + prefix + `","` + prefix + `:aud":"sts.amazonaws.com","aws:PrincipalTag/team":"red"},
		"StringLike":{"` + prefix + `:sub":"repo:octo-org/*"},"DateGreaterThan":{"aws:TokenIssueTime":"2020-01-01T00:00:00Z"}}`
	role := webRole(t, w.Server, i, "web", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":`+conditions+`}}`)
	tagged := func(team string) string {
		return i.Token(t, map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{team}}}})
	}
	red := w.withToken(t, aws.Credentials{}, role, tagged("red")).want(t, "red", "").credentials(t)
	blue := w.withToken(t, aws.Credentials{}, role, tagged("blue")).want(t, "blue", "").credentials(t)
	w.iam(t, red, "ListUsers").want(t, "the session tagged red", "")
	w.iam(t, blue, "ListUsers").want(t, "the session tagged blue", "AccessDenied")

	limited := w.withToken(t, aws.Credentials{}, role, tagged("red"), "Policy", allow("iam:ListRoles"), "DurationSeconds", "900").want(t, "with a session policy", "").credentials(t)
	w.iam(t, limited, "ListUsers").want(t, "a session whose policy does not allow it", "AccessDenied")
	w.clock.forward(16 * time.Minute)
	w.iam(t, limited, "ListUsers").want(t, "over", "ExpiredToken")
	w.iam(t, red, "ListUsers").want(t, "not over yet", "")
	w.iam(t, w.Root, "DeleteRolePolicy", "RoleName", "web", "PolicyName", "p0").want(t, "DeleteRolePolicy", "")
	w.iam(t, w.Root, "DeleteRole", "RoleName", "web").want(t, "DeleteRole", "")
	w.iam(t, red, "ListUsers").want(t, "the role is gone", "InvalidClientTokenId")
}

// TestProviderChanges: a provider that is deleted, or loses a client, lets nobody in
// any more, at once.
func TestProviderChanges(t *testing.T) {
	w, i := start(t), issuertest.New(t)
	role, token := webRole(t, w.Server, i, "web"), i.Token(t, nil)
	arn := "arn:aws:iam::111122223333:oidc-provider/" + strings.TrimPrefix(i.URL, "https://")
	change := func(action string, params ...string) {
		t.Helper()
		w.iam(t, w.Root, action, append(params, "OpenIDConnectProviderArn", arn)...).want(t, action, "")
	}
	w.withToken(t, aws.Credentials{}, role, token).want(t, "before", "")
	change("RemoveClientIDFromOpenIDConnectProvider", "ClientID", issuertest.Client)
	a := w.withToken(t, aws.Credentials{}, role, token).want(t, "without the client", "InvalidIdentityToken")
	if a.status != 400 || a.message != "Incorrect token audience" {
		t.Errorf("%d %s", a.status, a.message)
	}
	change("AddClientIDToOpenIDConnectProvider", "ClientID", issuertest.Client)
	w.withToken(t, aws.Credentials{}, role, token).want(t, "with it again", "")
	change("UpdateOpenIDConnectProviderThumbprint", "ThumbprintList.member.1", strings.Repeat("ab", 20))
	a = w.withToken(t, aws.Credentials{}, role, token).want(t, "another thumbprint", "InvalidIdentityToken")
	if a.message != "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint" {
		t.Error(a.message)
	}
	change("DeleteOpenIDConnectProvider")
	w.withToken(t, aws.Credentials{}, role, token).want(t, "no provider", "InvalidIdentityToken")
}

// TestProviderOfAnotherAccount: what one account trusts is nothing to another one.
func TestProviderOfAnotherAccount(t *testing.T) {
	w, i := start(t), issuertest.New(t)
	webRole(t, w.Server, i, "web")
	other := w.makeOtherAccount(t)
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/` + strings.TrimPrefix(i.URL, "https://") + `"},"Action":"sts:AssumeRoleWithWebIdentity"}}`
	w.iam(t, other, "CreateRole", "RoleName", "web", "AssumeRolePolicyDocument", trust).want(t, "CreateRole", "")
	w.withToken(t, aws.Credentials{}, "arn:aws:iam::"+otherAccount+":role/web", i.Token(t, nil)).want(t, "a role of another account", "InvalidIdentityToken")
}

// TestUnreachableProvider: what went wrong inside is for the log, not for whoever asks.
func TestUnreachableProvider(t *testing.T) {
	w, i := start(t), issuertest.New(t)
	role, token := webRole(t, w.Server, i, "web"), i.Token(t, nil)
	arn := "arn:aws:iam::111122223333:oidc-provider/127.0.0.1:1"
	w.iam(t, w.Root, "CreateOpenIDConnectProvider", "Url", "https://127.0.0.1:1", "ClientIDList.member.1", issuertest.Client, "ThumbprintList.member.1", strings.Repeat("ab", 20)).want(t, "CreateOpenIDConnectProvider", "")
	away := i.Token(t, map[string]any{"iss": "https://127.0.0.1:1"})
	a := w.withToken(t, aws.Credentials{}, role, away).want(t, arn, "IDPCommunicationError")
	if a.status != 400 || strings.Contains(a.message, "127.0.0.1") || !strings.Contains(w.log.String(), "connection refused") {
		t.Errorf("%d %s", a.status, a.message)
	}
	w.withToken(t, aws.Credentials{}, role, token).want(t, "the other one", "")
}

// TestTheSDKRefreshes: the SDK's own chain reads a token from a file, and again when
// the session is over; the provider's key has changed by then.
func TestTheSDKRefreshes(t *testing.T) {
	w, i := start(t), issuertest.New(t)
	role := webRole(t, w.Server, i, "web", allow("iam:ListUsers"))
	file := filepath.Join(t.TempDir(), "token")
	write := func() {
		t.Helper()
		if err := os.WriteFile(file, []byte(i.Token(t, nil)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write()
	client := sts.New(w.As(aws.Credentials{}).STS.Options(), func(o *sts.Options) { o.Credentials = aws.AnonymousCredentials{} })
	// ExpiryWindow is longer than the session: it is refreshed each time.
	provider := aws.NewCredentialsCache(
		stscreds.NewWebIdentityRoleProvider(client, role, stscreds.IdentityTokenFile(file)),
		func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 2 * time.Hour },
	)
	first, err := provider.Retrieve(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w.iam(t, first, "ListUsers").want(t, "the first session", "")
	i.Rotate(t)
	write()
	w.clock.forward(6 * time.Second) // the provider may be asked again
	second, err := provider.Retrieve(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if second.AccessKeyID == first.AccessKeyID {
		t.Error("it was not refreshed")
	}
	w.iam(t, second, "ListUsers").want(t, "the second session", "")
}
