package authz_test

import (
	"testing"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// What an identity provider has said of a session, policies see, and no request can
// say otherwise, in whatever case it writes the key.
func TestKeysOfProviders(t *testing.T) {
	h, c := alice(t)
	h.now = h.change(t, func(e identity.Editor, _ *state.Draft) error {
		return e.PutInline("user", "alice", "own", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/${issuer.example:sub}/*",
			"Condition":{"StringEquals":{"issuer.example:aud":"client"}}}}`)
	})
	c.Session = &session.Record{Kind: session.User, UniqueID: c.UniqueID, IssuedAt: noon, Context: []session.Tag{
		{Key: "issuer.example:aud", Value: "client"}, {Key: "issuer.example:sub", Value: "bob"},
	}}
	put := func(key string, keys ...authz.Key) authz.Target {
		return authz.Target{Action: "s3:PutObject", Resource: "arn:aws:s3:::photos/" + key, Account: account, Keys: keys}
	}
	z := authz.New(site)
	decide := func(t authz.Target) (bool, bool) {
		d, check := z.Decide(h.view(), &c, t, noon), z.Check(h.view(), &c, t, noon)
		return d.Allowed(), check.Allowed()
	}
	for _, want := range []struct {
		name    string
		target  authz.Target
		allowed bool
	}{
		{"bob's", put("bob/1.jpg"), true},
		{"eve's", put("eve/1.jpg"), false},
		{"eve's, and the request says that it is her", put("eve/1.jpg", authz.Value("Issuer.Example:sub", "eve")), false},
		{"bob's, and the request says that it is eve", put("bob/1.jpg", authz.Value("issuer.example:SUB", "eve")), true},
	} {
		if d, check := decide(want.target); d != want.allowed || check != want.allowed {
			t.Errorf("%s: %t and %t", want.name, d, check)
		}
	}
	c.Session.Context = nil
	if d, check := decide(put("bob/1.jpg", authz.Value("issuer.example:sub", "bob"))); d || check {
		t.Error("a session without a provider's word")
	}
}

// Somebody whom a provider vouches for is allowed by a trust policy alone: what is
// attached to anybody, and what other resources say, does not count.
func TestFederatedIdentities(t *testing.T) {
	h, _ := alice(t)
	c := authn.Caller{Kind: authn.FederatedIdentity, Account: account, Federated: &authn.Federated{Provider: "arn:aws:iam::" + account + ":oidc-provider/issuer.example", Audience: "client", Subject: "bob"}}
	for _, target := range []authz.Target{
		{Action: "s3:PutObject", Resource: "arn:aws:s3:::photos/1.jpg", Account: account},
		{Action: "sts:AssumeRoleWithWebIdentity", Resource: "arn:aws:iam::" + account + ":role/none", Account: account, Role: true},
	} {
		d := authz.New(site).Decide(h.view(), &c, target, noon)
		if d.Allowed() {
			t.Errorf("%s was allowed", target.Action)
		}
		if err := authz.Denied(&c, target, d); err.Error() != "AccessDenied: Not authorized to perform "+target.Action {
			t.Error(err)
		}
	}
}
