package jwt

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// MaxToken is how many bytes a token may have: as many as the API model of
// AssumeRoleWithWebIdentity allows.
const MaxToken = 20000

// Why a token is refused.
var (
	ErrMalformed = errors.New("not a JSON Web Token, or not as strict as it must be")
	ErrAlgorithm = errors.New("signed with an algorithm that is not accepted")
	ErrNoKey     = errors.New("the provider has no key that the token is signed with")
	ErrSignature = errors.New("the signature is wrong")
)

// algorithm is a way to sign.
type algorithm struct {
	name  jose.SignatureAlgorithm
	curve string // of ECDSA; "" for RSA
}

var algorithms = map[string]algorithm{
	"RS256": {jose.RS256, ""}, "RS384": {jose.RS384, ""}, "RS512": {jose.RS512, ""},
	"PS256": {jose.PS256, ""}, "PS384": {jose.PS384, ""}, "PS512": {jose.PS512, ""},
	"ES256": {jose.ES256, "P-256"}, "ES384": {jose.ES384, "P-384"}, "ES512": {jose.ES512, "P-521"},
}

// Token is a token that is well-formed. Nothing that it says is proven.
type Token struct {
	text      string
	algorithm algorithm
	keyID     string
	payload   []byte
	claims    map[string]any // of payload
	issuer    string
}

// Parse reads a token.
func Parse(token string) (*Token, error) {
	parts := strings.Split(token, ".")
	if len(token) > MaxToken || len(parts) != 3 {
		return nil, ErrMalformed
	}
	_, header, err := part(parts[0])
	if err != nil {
		return nil, err
	}
	t := new(Token)
	if t.payload, t.claims, err = part(parts[1]); err != nil {
		return nil, err
	}
	if err := t.readHeader(header); err != nil {
		return nil, err
	}
	if t.issuer, err = text(t.claims, "iss"); err != nil {
		return nil, err
	}
	t.text = strings.Clone(token) // tokens are kept for long, and this one is part of a larger request
	return t, nil
}

// base64url is as RFC 7515 has it: without padding, and one spelling for each text.
var base64url = base64.RawURLEncoding.Strict()

// part reads the header or the claims.
func part(text string) ([]byte, map[string]any, error) {
	data, err := base64url.DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, nil, ErrMalformed
	}
	o, err := object(data)
	if err != nil {
		return nil, nil, ErrMalformed
	}
	return data, o, nil
}

func (t *Token) readHeader(header map[string]any) error {
	name, ok := header["alg"].(string)
	if !ok {
		return ErrMalformed
	}
	if t.algorithm, ok = algorithms[name]; !ok {
		return ErrAlgorithm
	}
	if _, has := header["crit"]; has {
		return ErrMalformed // there is no extension that is understood here
	}
	if id, has := header["kid"]; has {
		if t.keyID, ok = id.(string); !ok || t.keyID == "" {
			return ErrMalformed
		}
	}
	return nil
}

// Issuer is the issuer that the token claims to be of.
func (t *Token) Issuer() string { return t.issuer }

// Text is what was parsed. Whoever has it may be let in: it must not be shown.
func (t *Token) Text() string { return t.text }

// Verify finds out whether one of the keys has signed the token, and gives the
// claims, which are then the provider's. ErrNoKey says that the set has no key that
// the token could be signed with: the provider may have made a new one since the set
// was read.
func (t *Token) Verify(keys *KeySet) (*Claims, error) {
	candidates := keys.candidates(t.keyID, t.algorithm)
	if len(candidates) == 0 {
		return nil, ErrNoKey
	}
	signed, err := jose.ParseSignedCompact(t.text, []jose.SignatureAlgorithm{t.algorithm.name})
	if err != nil {
		return nil, ErrMalformed
	}
	for _, k := range candidates {
		payload, err := signed.Verify(k.public)
		if err == nil && bytes.Equal(payload, t.payload) {
			return readClaims(t.claims, t.issuer)
		}
	}
	return nil, ErrSignature
}

// text is a claim that must be there and be a text.
func text(claims map[string]any, name string) (string, error) {
	v, has := claims[name]
	if !has {
		return "", MissingClaim(name)
	}
	s, ok := v.(string)
	if !ok || s == "" {
		return "", ErrMalformed
	}
	return s, nil
}

// MissingClaim is the error for a token without a claim that it must have.
type MissingClaim string

func (c MissingClaim) Error() string { return fmt.Sprintf("the claim %s is missing", string(c)) }
