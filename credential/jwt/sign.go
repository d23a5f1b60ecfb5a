package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-jose/go-jose/v4"
)

// SigningAlgorithms are what tokens of our own are signed with.
var SigningAlgorithms = []string{"RS256", "ES384"}

// SigningKey signs tokens of our own.
type SigningKey struct {
	ID        string // the kid: the key's thumbprint by RFC 7638
	Algorithm string
	private   crypto.Signer
}

// NewSigningKey makes a key for one of SigningAlgorithms.
func NewSigningKey(algorithm string, random io.Reader) (*SigningKey, error) {
	switch algorithm {
	case "RS256":
		key, err := rsa.GenerateKey(random, minRSABits)
		if err != nil {
			return nil, err
		}
		return signingKey(algorithm, key)
	case "ES384":
		key, err := ecdsa.GenerateKey(elliptic.P384(), random)
		if err != nil {
			return nil, err
		}
		return signingKey(algorithm, key)
	}
	return nil, fmt.Errorf("no tokens are signed with %q", algorithm)
}

func signingKey(algorithm string, key crypto.Signer) (*SigningKey, error) {
	public := jose.JSONWebKey{Key: key.Public()}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return &SigningKey{ID: base64.RawURLEncoding.EncodeToString(thumbprint), Algorithm: algorithm, private: key}, nil
}

// ReadSigningKey reads a key that Private has written.
func ReadSigningKey(algorithm string, private []byte) (*SigningKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, errors.New("not a private key") // the cause might show some of it
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("not a key that signs")
	}
	return signingKey(algorithm, signer)
}

// Private is the private key, in PKCS #8.
func (k *SigningKey) Private() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(k.private) }

// Public is the public key as it stands in a key set.
func (k *SigningKey) Public() ([]byte, error) {
	return jose.JSONWebKey{Key: k.private.Public(), KeyID: k.ID, Algorithm: k.Algorithm, Use: "sig"}.MarshalJSON()
}

// Sign makes a token of claims.
func (k *SigningKey) Sign(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	key := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.Algorithm), Key: jose.JSONWebKey{Key: k.private, KeyID: k.ID}}
	signer, err := jose.NewSigner(key, new(jose.SignerOptions).WithType("JWT"))
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
