package identity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/identity"
)

// TestIssuers: which URLs a provider may have.
func TestIssuers(t *testing.T) {
	for url, want := range map[string]bool{
		"https://issuer.example": true, "https://issuer.example/": true, "https://issuer.example/realms/dev": true,
		"https://issuer.example:8443": true, "https://localhost:8443": true, "https://10.1.2.3": true, "https://ISSUER.example": true,
		"https://issuer.example/a~b_c.d": true, "https://token.actions.githubusercontent.com/octo": true,

		"": false, "https://": false, "issuer.example": false, "http://issuer.example": false, "HTTPS://issuer.example": false,
		"https://user@issuer.example": false, "https://issuer.example?x": false, "https://issuer.example#x": false, "https://issuer.example/a b": false,
		"https://issuer.example\\@mallory.example": false, "https://issuer.example/*": false, "https://issuer.example/%2e%2e": false,
		"https://issuer.example/../x": false, "https://issuer.example/.": false, "https://issuer.example:": false, "https://issuer.example:0443": false,
		"https://[::1]": false, "https://-issuer.example": false, "https://issuer..example": false, "https://issuer.example.": false,
		"https://2130706433": false, "https://127.1": false, "https://0177.0.0.1": false, "https://issuer.example\n": false, "https://issuer.exämple": false,
	} {
		if err := identity.CheckIssuer(url); (err == nil) != want {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// TestProviderRules holds the rules about providers to AWS's codes and words, where
// they are known.
func TestProviderRules(t *testing.T) {
	const arn = "arn:aws:iam::" + account + ":oidc-provider/issuer.example"
	many := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprint("client", i))
		}
		return list
	}
	create := func(n identity.NewOIDCProvider) func(identity.Editor) error {
		return func(e identity.Editor) error { return second(e.CreateOIDCProvider(n)) }
	}
	sha1 := strings.Repeat("aB", 20)
	for _, c := range []struct {
		name string
		rule func(identity.Editor) error
		want string
	}{
		{"another", create(identity.NewOIDCProvider{URL: "https://other.example", ClientIDs: many(100), Thumbprints: []string{sha1}}), ""},
		{"the same", create(identity.NewOIDCProvider{URL: "https://issuer.example"}), "EntityAlreadyExists: Provider with url https://issuer.example already exists."},
		{"the same with a slash", create(identity.NewOIDCProvider{URL: "https://issuer.example/"}), ""},
		{"the same in another case", create(identity.NewOIDCProvider{URL: "https://Issuer.example"}), ""},
		{"101 clients", create(identity.NewOIDCProvider{URL: "https://other.example", ClientIDs: many(101)}), "LimitExceeded: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"},
		{"one client 101 times", create(identity.NewOIDCProvider{URL: "https://other.example", ClientIDs: strings.Split(strings.Repeat("x ", 100)+"x", " ")}), ""},
		{"six thumbprints", create(identity.NewOIDCProvider{URL: "https://other.example", Thumbprints: []string{sha1, sha1, sha1, sha1, sha1, sha1}}), "InvalidInput: Thumbprint list must contain fewer than 6 entries."},
		{"a thumbprint that is none", create(identity.NewOIDCProvider{URL: "https://other.example", Thumbprints: []string{strings.Repeat("x", 40)}}), "InvalidInput: Thumbprint " + strings.Repeat("x", 40) + " is not the SHA-1 digest of a certificate in hexadecimal."},
		{"reserved tag", create(identity.NewOIDCProvider{URL: "https://other.example", Tags: []identity.Tag{{Key: "aws:x"}}}), reserved},
		{"no URL", create(identity.NewOIDCProvider{URL: "issuer"}), "ValidationError: Invalid Open ID Connect Provider URL"},
		{"a client that is there", func(e identity.Editor) error { return e.AddClientID(arn, "one") }, ""},
		{"a client that is not", func(e identity.Editor) error { return e.RemoveClientID(arn, "two") }, ""},
		{"no such provider", func(e identity.Editor) error { return e.DeleteOIDCProvider(arn + "/") }, "NoSuchEntity: OpenIDConnect Provider not found for arn " + arn + "/"},
		{"a provider of another account", func(e identity.Editor) error {
			return e.DeleteOIDCProvider("arn:aws:iam::444455556666:oidc-provider/issuer.example")
		}, "NoSuchEntity: OpenIDConnect Provider not found for arn arn:aws:iam::444455556666:oidc-provider/issuer.example"},
		{"100 providers and another", func(e identity.Editor) error {
			for i := range 99 {
				must(t, create(identity.NewOIDCProvider{URL: fmt.Sprintf("https://issuer%d.example", i)})(e))
			}
			return create(identity.NewOIDCProvider{URL: "https://more.example"})(e)
		}, "LimitExceeded: Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100"},
		{"outbound federation twice", func(e identity.Editor) error { must(t, e.EnableOutbound(nil)); return e.EnableOutbound(nil) },
			"FeatureEnabled: Outbound web identity federation is already enabled for this account."},
		{"no outbound federation", func(e identity.Editor) error { return e.DisableOutbound() }, "FeatureDisabled: Outbound web identity federation is disabled for this account."},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, _ := accounts(t)
			_, err := e.CreateOIDCProvider(identity.NewOIDCProvider{URL: "https://issuer.example", ClientIDs: []string{"one"}})
			must(t, err)
			if got := refusal(c.rule(e)); got != c.want {
				t.Errorf("it came to\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestOutboundKeys: the keys of tokens, through disabling and enabling anew: the old
// ones sign no more, are published for another day, and their private parts are gone.
func TestOutboundKeys(t *testing.T) {
	e, _ := accounts(t)
	key := func(id string) []identity.NewOutboundKey {
		return []identity.NewOutboundKey{{ID: id, Algorithm: "ES384", Public: []byte(`{}`), Private: []byte("private " + id)}}
	}
	published := func() (ids []string) {
		for _, k := range e.OutboundKeys() {
			ids = append(ids, k.ID)
		}
		return ids
	}
	signs := func() string {
		k, _, ok := e.OutboundKey("ES384")
		if !ok {
			return ""
		}
		return k.ID
	}
	must(t, e.EnableOutbound(key("one")))
	must(t, e.DisableOutbound())
	if diff := cmp.Diff([]string{"one"}, published()); diff != "" || e.OutboundEnabled() {
		t.Error(diff)
	}
	must(t, e.EnableOutbound(key("two")))
	if diff := cmp.Diff([]string{"one", "two"}, published()); diff != "" || signs() != "two" {
		t.Error(diff, signs())
	}
	must(t, e.DisableOutbound())
	e.Now = e.Now.AddDate(0, 0, 2)
	must(t, e.EnableOutbound(key("three")))
	if diff := cmp.Diff([]string{"three", "two"}, published()); diff != "" || signs() != "three" {
		t.Error(diff, signs())
	}
	if _, _, ok := e.OutboundKey("RS256"); ok {
		t.Error("a key for another algorithm")
	}
}
