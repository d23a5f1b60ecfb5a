package identity

import (
	"sync/atomic"
	"time"

	"github.com/keyreeve/keyreeve/credential/saml"
	"github.com/keyreeve/keyreeve/state"
)

// SAMLProvider is an identity provider that speaks SAML 2.0, as an account knows it.
type SAMLProvider struct {
	Name       string    `json:"name"`
	ID         string    `json:"id"` // SAMLSP...
	Metadata   string    `json:"metadata"`
	CreateDate time.Time `json:"created"`
	ValidUntil time.Time `json:"validUntil"`
	Tags       []Tag     `json:"tags,omitempty"`

	// MustEncrypt refuses assertions that are not encrypted.
	MustEncrypt bool `json:"mustEncrypt,omitempty"`
	// PrivateKeys are the keys that open encrypted assertions.
	PrivateKeys []SAMLKey `json:"keys,omitempty"`

	parsed atomic.Pointer[saml.Metadata] // Metadata, once it was asked for
}

// SAMLKey is a private key of a provider; the key itself is a SAMLPrivateKey.
type SAMLKey struct {
	ID      string    `json:"id"` // SAMLPK...
	AddDate time.Time `json:"added"`
}

// SAMLPrivateKey is a key that opens encrypted assertions, sealed. It is an entity
// apart so that it stays out of history.
type SAMLPrivateKey struct {
	Sealed []byte `json:"sealed"`
}

// SAMLRedemption says that an assertion which may be used once was used. It is kept
// for as long as the assertion would be valid.
type SAMLRedemption struct {
	Until time.Time `json:"until"`
}

// The kinds of SAML federation.
var (
	samlProviders   = state.Define[SAMLProvider](state.AccountAggregate, "saml-provider", 1)               // folded name
	samlPrivateKeys = state.Define[SAMLPrivateKey](state.AccountAggregate, "saml-private-key", 1).Secret() // key id
	samlRedemptions = state.Define[SAMLRedemption](state.AccountAggregate, "saml-redemption", 1).Secret()  // digest
)

// samlKinds are the kinds of this file.
func samlKinds() []*state.KindInfo {
	return []*state.KindInfo{samlProviders.Info(), samlPrivateKeys.Info(), samlRedemptions.Info()}
}
