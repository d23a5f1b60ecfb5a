package jwt

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

const (
	// MaxKeySet is how many bytes a key set may have. Those of large providers have
	// about ten thousand.
	MaxKeySet = 256 << 10
	// maxKeys is how many keys of a set are read.
	maxKeys = 100

	// RSA keys of less bits can be broken; those of more take long to verify with.
	minRSABits = 2048
	maxRSABits = 8192
)

// KeySet is the keys that a provider signs with: a JSON Web Key Set (RFC 7517). The
// zero value has none.
type KeySet struct{ keys []key }

// key is a public key that signatures are verified with.
type key struct {
	id        string
	algorithm string // the only one that it is for, or ""
	public    any    // *rsa.PublicKey or *ecdsa.PublicKey
}

// ParseKeySet reads a key set. Keys that are not for signatures, or of a sort that
// is not known here, are passed over, as RFC 7517 asks for. So is a key that was
// published with its private part: whoever has read it can sign with it.
func ParseKeySet(data []byte) (*KeySet, error) {
	if len(data) > MaxKeySet {
		return nil, fmt.Errorf("a key set of more than %d bytes", MaxKeySet)
	}
	set, err := object(data)
	if err != nil {
		return nil, err
	}
	list, ok := set["keys"].([]any)
	if !ok || len(list) > maxKeys {
		return nil, fmt.Errorf("a key set has a list \"keys\" with at most %d of them", maxKeys)
	}
	s := new(KeySet)
	for _, v := range list {
		if o, ok := v.(map[string]any); ok {
			if k, err := readKey(o); err == nil {
				s.keys = append(s.keys, k)
			}
		}
	}
	return s, nil
}

var errKey = errors.New("not a key that signatures are verified with")

// readKey reads a key of a set.
func readKey(o map[string]any) (key, error) {
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, has := o[private]; has {
			return key{}, errKey
		}
	}
	if use, has := o["use"]; has && use != "sig" {
		return key{}, errKey
	}
	// Only what makes the key: certificates that come with it are nobody's proof
	// here, and so may be whatever they are.
	bare := map[string]any{}
	for _, name := range []string{"kty", "n", "e", "crv", "x", "y"} {
		if v, has := o[name]; has {
			bare[name] = v
		}
	}
	text, err := json.Marshal(bare)
	if err != nil {
		return key{}, err
	}
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(text); err != nil {
		return key{}, err
	}
	k := key{public: jwk.Key}
	k.id, _ = o["kid"].(string)
	if a, has := o["alg"]; has {
		if k.algorithm, _ = a.(string); k.algorithm == "" {
			return key{}, errKey
		}
	}
	if !k.usable() {
		return key{}, errKey
	}
	return k, nil
}

// usable refuses keys of other sorts, and RSA keys that are too short, too long or
// have an exponent with which there is no signature to speak of.
func (k key) usable() bool {
	switch p := k.public.(type) {
	case *rsa.PublicKey:
		return p.N.BitLen() >= minRSABits && p.N.BitLen() <= maxRSABits && p.E >= 3 && p.E&1 == 1
	case *ecdsa.PublicKey:
		return true // of a known curve and on it, else it would not have been read
	}
	return false
}

// fits tells whether a key may have made a signature of an algorithm.
func (k key) fits(a algorithm) bool {
	if k.algorithm != "" && k.algorithm != string(a.name) {
		return false
	}
	switch p := k.public.(type) {
	case *rsa.PublicKey:
		return a.curve == ""
	case *ecdsa.PublicKey:
		return a.curve == p.Curve.Params().Name
	}
	return false
}

// Len is how many usable keys the set has.
func (s *KeySet) Len() int { return len(s.keys) }

// candidates are the keys that may have signed a token.
func (s *KeySet) candidates(keyID string, a algorithm) []key {
	var list []key
	for _, k := range s.keys {
		if k.fits(a) && (keyID == "" || k.id == keyID) {
			list = append(list, k)
		}
	}
	if keyID == "" && len(list) > 1 {
		// OpenID Connect Core, 10.1: with several keys there must be a kid.
		return nil
	}
	return list
}
