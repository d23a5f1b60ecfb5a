package identity

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

func dumpFederation(all map[string]string, s *state.Snapshot) {
	dumpKind(all, s, oidcProviders)
	dumpKind(all, s, outboundFederations)
	dumpKind(all, s, outboundKeys)
	dumpKind(all, s, outboundKeySecrets)
}

// federationQuotas are low enough to be met by chance.
var federationQuotas = map[string]int{
	"OpenIDConnectProvidersQuota": 2, "ClientIDsPerOpenIDConnectProviderQuota": 2, "ThumbprintsPerOpenIDConnectProviderQuota": 5,
}

// TestFederationAgainstAModel runs random rules about providers and outbound federation
// beside a plain model: which providers there are with which clients, and whether
// tokens are given out.
func TestFederationAgainstAModel(t *testing.T) {
	maps.Copy(smallQuotas, federationQuotas)
	// Upper and lower case, and a slash at the end, make other URLs.
	urls := rapid.SampledFrom([]string{"https://a.example", "https://A.example", "https://a.example/", "http://a.example"})
	clients := rapid.SampledFrom([]string{"one", "two", "Two"})
	rapid.Check(t, func(t *rapid.T) {
		m, providers, enabled, keys := newMachine(), map[string]map[string]bool{}, false, 0
		arn := func(url string) string {
			e, _ := m.editor()
			return e.NewOIDCProviderARN(url)
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				e, _ := m.editor()
				got := map[string]map[string]bool{}
				for _, p := range e.OIDCProviders() {
					got[p.Issuer()] = map[string]bool{}
					for _, id := range p.ClientIDs {
						got[p.Issuer()][id] = true
					}
				}
				if diff := cmp.Diff(providers, got); diff != "" || e.OutboundEnabled() != enabled || e.Counts()["Providers"] != len(providers) {
					t.Fatalf("the account is not as the model (-model +account):\n%s", diff)
				}
				if n := outboundKeySecrets.Count(e.snapshot()); n > 1 || (keys > 0) != (n == 1) {
					t.Fatalf("%d private keys after %d times enabled", n, keys)
				}
			},
			"create": func(t *rapid.T) {
				url := urls.Draw(t, "url")
				want := first(url == "http://a.example", apierror.ValidationError, providers[url] != nil, apierror.EntityAlreadyExists,
					len(providers) >= 2, apierror.LimitExceeded)
				if m.run(t, want, func(e Editor) error { _, err := e.CreateOIDCProvider(NewOIDCProvider{URL: url}); return err }) {
					providers[url] = map[string]bool{}
				}
			},
			"delete": func(t *rapid.T) {
				url := urls.Draw(t, "url")
				if m.run(t, first(providers[url] == nil, apierror.NoSuchEntity), func(e Editor) error { return e.DeleteOIDCProvider(arn(url)) }) {
					delete(providers, url)
				}
			},
			"add client": func(t *rapid.T) {
				url, id := urls.Draw(t, "url"), clients.Draw(t, "client")
				want := first(providers[url] == nil, apierror.NoSuchEntity, !providers[url][id] && len(providers[url]) >= 2, apierror.LimitExceeded)
				if m.run(t, want, func(e Editor) error { return e.AddClientID(arn(url), id) }) {
					providers[url][id] = true
				}
			},
			"remove client": func(t *rapid.T) {
				url, id := urls.Draw(t, "url"), clients.Draw(t, "client")
				if m.run(t, first(providers[url] == nil, apierror.NoSuchEntity), func(e Editor) error { return e.RemoveClientID(arn(url), id) }) {
					delete(providers[url], id)
				}
			},
			"enable": func(t *rapid.T) {
				key := []NewOutboundKey{{ID: fmt.Sprint(keys), Algorithm: "ES384", Public: []byte("{}"), Private: []byte("p")}}
				if m.run(t, first(enabled, apierror.FeatureEnabled), func(e Editor) error { return e.EnableOutbound(slices.Clone(key)) }) {
					enabled, keys = true, keys+1
				}
			},
			"disable": func(t *rapid.T) {
				if m.run(t, first(!enabled, apierror.FeatureDisabled), func(e Editor) error { return e.DisableOutbound() }) {
					enabled = false
				}
			},
		})
	})
}
