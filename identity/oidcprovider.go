package identity

import (
	"encoding/hex"
	"encoding/json"
	"iter"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// OIDCProvider is an identity provider that speaks OpenID Connect and whose tokens
// the account's roles may trust.
type OIDCProvider struct {
	URL         string    `json:"url"` // without https://, which each has
	ClientIDs   []string  `json:"clients,omitempty"`
	Thumbprints []string  `json:"thumbprints,omitempty"` // SHA-1 of a certificate, in hexadecimal
	CreateDate  time.Time `json:"created"`
	Tags        []Tag     `json:"tags,omitempty"`

	made struct{ issuer, aud, oaud, sub string } // of the URL; see complete
}

// complete makes what each token of a provider needs.
func (p *OIDCProvider) complete() {
	m := &p.made
	m.issuer, m.aud, m.oaud, m.sub = "https://"+p.URL, p.URL+":aud", p.URL+":oaud", p.URL+":sub"
}

// UnmarshalJSON reads the stored form.
func (p *OIDCProvider) UnmarshalJSON(stored []byte) error {
	type form OIDCProvider
	if err := json.Unmarshal(stored, (*form)(p)); err != nil {
		return err
	}
	p.complete()
	return nil
}

// oidcProviders are found by their URL, in which case and a slash at the end count:
// what a token names as its issuer must be the very same text.
var oidcProviders = state.Define[OIDCProvider](state.AccountAggregate, "oidc-provider", 1)

// Issuer is the URL of a provider, which its tokens name as their issuer.
func (p *OIDCProvider) Issuer() string { return p.made.issuer }

// ConditionKeys are the names of the condition keys that every provider's tokens give: the
// client, the audience as the token names it, and the subject (IAM User Guide, "Available keys
// for AWS OIDC federation").
func (p *OIDCProvider) ConditionKeys() (aud, oaud, sub string) {
	return p.made.aud, p.made.oaud, p.made.sub
}

// OIDCProviders ranges over the OpenID Connect providers of the account in order of
// their URLs.
func (a Account) OIDCProviders() iter.Seq2[string, *OIDCProvider] {
	return oidcProviders.All(a.snapshot())
}

// OIDCProviderOf finds the provider with an issuer.
func (a Account) OIDCProviderOf(issuer string) (*OIDCProvider, bool) {
	url, ok := strings.CutPrefix(issuer, "https://")
	if !ok {
		return nil, false
	}
	return oidcProviders.Get(a.snapshot(), url)
}

// OIDCProvider finds a provider by its ARN.
func (a Account) OIDCProvider(arn string) (*OIDCProvider, error) {
	if url, ok := strings.CutPrefix(arn, a.arn("oidc-provider", "/", "")); ok {
		if p, ok := oidcProviders.Get(a.snapshot(), url); ok {
			return p, nil
		}
	}
	return nil, apierror.New(apierror.NoSuchEntity, "OpenIDConnect Provider not found for arn %s", arn)
}

// OIDCProviderARN is a provider's ARN.
func (a Account) OIDCProviderARN(p *OIDCProvider) string {
	return a.arn("oidc-provider", "/", p.URL)
}

// NewOIDCProviderARN is the ARN that a provider with a URL would have.
func (a Account) NewOIDCProviderARN(url string) string {
	return a.arn("oidc-provider", "/", strings.TrimPrefix(url, "https://"))
}

// issuerURL is a URL of host, port and path and of nothing else, without its scheme. AWS
// refuses ports, too; see docs/divergences.md.
var issuerURL = regexp.MustCompile(`^([0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?(\.[0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?)*)(:[1-9][0-9]{0,4})?(/[0-9A-Za-z_.~!$&'()+,;=:@-]*)*$`)

// CheckIssuer refuses what is no URL of an issuer (OpenID Connect Discovery 1.0,
// section 3): it begins with https:// and has neither user, query nor fragment.
// Dots as a part of the path are refused because those who fetch it take them away.
func CheckIssuer(url string) error {
	rest, ok := strings.CutPrefix(url, "https://")
	if !ok || !issuerURL.MatchString(rest) || strings.Contains(rest+"/", "/./") || strings.Contains(rest+"/", "/../") {
		return apierror.New(apierror.ValidationError, "Invalid Open ID Connect Provider URL")
	}
	host, _, _ := strings.Cut(rest, "/")
	if host, _, _ = strings.Cut(host, ":"); strings.Trim(host, "0123456789.") == "" {
		// Of numbers there are more spellings than one; this one all read alike.
		if _, err := netip.ParseAddr(host); err != nil {
			return apierror.New(apierror.ValidationError, "Invalid Open ID Connect Provider URL")
		}
	}
	return nil
}

// NewOIDCProvider is what a provider is made of.
type NewOIDCProvider struct {
	URL                    string
	ClientIDs, Thumbprints []string
	Tags                   []Tag
}

// CreateOIDCProvider makes a provider.
func (e Editor) CreateOIDCProvider(n NewOIDCProvider) (*OIDCProvider, error) {
	if err := CheckIssuer(n.URL); err != nil {
		return nil, err
	}
	if err := checkTags(n.Tags, asWritten); err != nil {
		return nil, err
	}
	if _, there := e.OIDCProviderOf(n.URL); there {
		return nil, apierror.New(apierror.EntityAlreadyExists, "Provider with url %s already exists.", n.URL)
	}
	if err := e.within(oidcProviders.Count(e.snapshot()), "OpenIDConnectProvidersQuota", "OpenIdConnectProvidersPerAccount"); err != nil {
		return nil, err
	}
	p := &OIDCProvider{URL: strings.TrimPrefix(n.URL, "https://"), CreateDate: e.Now, Tags: n.Tags}
	for _, id := range n.ClientIDs {
		if err := e.addClientID(p, id); err != nil {
			return nil, err
		}
	}
	if err := e.setThumbprints(p, n.Thumbprints); err != nil {
		return nil, err
	}
	e.putOIDCProvider(p)
	return p, nil
}

func (e Editor) putOIDCProvider(p *OIDCProvider) {
	p.complete()
	oidcProviders.Put(e.draft, e.aggregate, p.URL, p)
}

// editOIDCProvider changes a copy of a provider and puts it.
func (e Editor) editOIDCProvider(arn string, change func(*OIDCProvider) error) error {
	p, err := e.OIDCProvider(arn)
	if err != nil {
		return err
	}
	next := *p
	if err := change(&next); err != nil {
		return err
	}
	e.putOIDCProvider(&next)
	return nil
}

// addClientID adds a client id; one that is there already is no error.
func (e Editor) addClientID(p *OIDCProvider, id string) error {
	if slices.Contains(p.ClientIDs, id) {
		return nil
	}
	if err := e.within(len(p.ClientIDs), "ClientIDsPerOpenIDConnectProviderQuota", "ClientIdsPerOpenIdConnectProvider"); err != nil {
		return err
	}
	p.ClientIDs = append(slices.Clone(p.ClientIDs), id)
	return nil
}

// setThumbprints replaces all thumbprints.
func (e Editor) setThumbprints(p *OIDCProvider, list []string) error {
	if limit := e.Quotas("ThumbprintsPerOpenIDConnectProviderQuota"); len(list) > limit {
		return apierror.New(apierror.InvalidInput, "Thumbprint list must contain fewer than %d entries.", limit+1)
	}
	for _, t := range list {
		if b, err := hex.DecodeString(t); err != nil || len(b) != 20 {
			return apierror.New(apierror.InvalidInput, "Thumbprint %s is not the SHA-1 digest of a certificate in hexadecimal.", t)
		}
	}
	p.Thumbprints = slices.Clone(list)
	return nil
}

// AddClientID adds a client id to a provider. To add one that it has is no error
// (IAM API reference, AddClientIDToOpenIDConnectProvider).
func (e Editor) AddClientID(arn, id string) error {
	return e.editOIDCProvider(arn, func(p *OIDCProvider) error { return e.addClientID(p, id) })
}

// RemoveClientID takes a client id away from a provider. To take one away that it
// has not is no error (IAM API reference, RemoveClientIDFromOpenIDConnectProvider).
func (e Editor) RemoveClientID(arn, id string) error {
	return e.editOIDCProvider(arn, func(p *OIDCProvider) error {
		p.ClientIDs = slices.DeleteFunc(slices.Clone(p.ClientIDs), func(has string) bool { return has == id })
		return nil
	})
}

// UpdateThumbprints replaces the thumbprints of a provider.
func (e Editor) UpdateThumbprints(arn string, list []string) error {
	return e.editOIDCProvider(arn, func(p *OIDCProvider) error { return e.setThumbprints(p, list) })
}

// DeleteOIDCProvider removes a provider. Roles that trust it stay as they are; they
// cannot be assumed with its tokens any more.
func (e Editor) DeleteOIDCProvider(arn string) error {
	p, err := e.OIDCProvider(arn)
	if err != nil {
		return err
	}
	oidcProviders.Delete(e.draft, e.aggregate, p.URL)
	return nil
}

// TagOIDCProvider puts tags on a provider.
func (e Editor) TagOIDCProvider(arn string, tags []Tag) error {
	return e.editOIDCProvider(arn, func(p *OIDCProvider) (err error) {
		p.Tags, err = withTags(p.Tags, tags, asWritten)
		return err
	})
}

// UntagOIDCProvider takes tags off a provider.
func (e Editor) UntagOIDCProvider(arn string, keys []string) error {
	return e.editOIDCProvider(arn, func(p *OIDCProvider) error {
		p.Tags = withoutTags(p.Tags, keys, asWritten)
		return nil
	})
}
