package certificate

import (
	"crypto"
	"crypto/x509"
	"errors"
)

// ErrKey says that a text is no private key that can be used.
var ErrKey = errors.New("not an unencrypted private key in PEM")

// maxKey bounds the DER form of a private key; an RSA key of maxBits has 4.7 KB.
const maxKey = 6 << 10

// ParseKey reads a text that holds one private key, in the forms that openssl
// writes: PKCS #1 for RSA, SEC 1 for elliptic curves, and PKCS #8.
func ParseKey(text string) (crypto.Signer, error) {
	blocks, err := blocksOf(text, 1)
	if err != nil || len(blocks[0].Bytes) > maxKey {
		return nil, ErrKey
	}
	var key any
	switch der := blocks[0].Bytes; blocks[0].Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(der)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(der)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(der)
	default:
		return nil, ErrKey
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, ErrKey // the reason is left out: it may tell of the key
	}
	return signer, nil
}

// Belongs reports whether a private key is that of a certificate.
func Belongs(key crypto.Signer, c *x509.Certificate) bool {
	public, ok := c.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(key.Public())
}
