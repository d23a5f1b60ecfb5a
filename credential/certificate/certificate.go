package certificate

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"time"
)

// Why a certificate is refused.
var (
	ErrPEM         = errors.New("not PEM, or more or other than what is asked for")
	ErrCertificate = errors.New("not an X.509 certificate that can be used here")
	ErrExpired     = errors.New("the certificate has expired")
	ErrNotYet      = errors.New("the certificate is not yet valid")
)

const (
	// maxBits bounds RSA keys: an operation with a key of a million bits would take
	// minutes. It is the limit that crypto/tls has for the same reason.
	maxBits = 8192
	// maxChain bounds chains. Those of public authorities have four at most.
	maxChain = 16
)

// Parse reads a text that holds one certificate.
func Parse(text string) (*x509.Certificate, error) {
	chain, err := parseAll(text, 1)
	if err != nil {
		return nil, err
	}
	return chain[0], nil
}

// ParseChain reads a text that holds one or more certificates.
func ParseChain(text string) ([]*x509.Certificate, error) { return parseAll(text, maxChain) }

func parseAll(text string, most int) ([]*x509.Certificate, error) {
	blocks, err := blocksOf(text, most)
	if err != nil {
		return nil, err
	}
	list := make([]*x509.Certificate, len(blocks))
	for i, b := range blocks {
		if b.Type != "CERTIFICATE" {
			return nil, ErrPEM
		}
		if list[i], err = x509.ParseCertificate(b.Bytes); err != nil || !usable(list[i]) {
			return nil, ErrCertificate
		}
	}
	return list, nil
}

// usable refuses keys of algorithms that are not known, and large ones.
func usable(c *x509.Certificate) bool {
	if k, ok := c.PublicKey.(*rsa.PublicKey); ok {
		return k.N.BitLen() <= maxBits
	}
	return c.PublicKey != nil
}

// blocksOf reads a text that is made of PEM blocks alone. A decoder passes over what
// it does not understand; so the blocks are counted.
func blocksOf(text string, most int) ([]*pem.Block, error) {
	const begin = "-----BEGIN "
	n := strings.Count(text, begin)
	if n == 0 || n > most {
		return nil, ErrPEM
	}
	blocks := make([]*pem.Block, 0, n)
	for rest := bytes.TrimSpace([]byte(text)); len(rest) > 0; rest = bytes.TrimSpace(rest) {
		if !bytes.HasPrefix(rest, []byte(begin)) {
			return nil, ErrPEM
		}
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil || len(b.Headers) > 0 {
			return nil, ErrPEM
		}
		blocks = append(blocks, b)
	}
	if len(blocks) != n {
		return nil, ErrPEM
	}
	return blocks, nil
}

// ValidAt refuses a certificate whose time has not come yet or is over.
func ValidAt(c *x509.Certificate, now time.Time) error {
	switch {
	case now.Before(c.NotBefore):
		return ErrNotYet
	case now.After(c.NotAfter):
		return ErrExpired
	}
	return nil
}

// CheckChain reports whether each certificate was issued by the one after it: body
// by the first of the chain, that by the second, and so on. If not, index is the
// place in the chain of the certificate whose issuer does not come next; it is -1
// for the body.
func CheckChain(body *x509.Certificate, chain []*x509.Certificate) (index int, ok bool) {
	for i, issuer := range chain {
		if !bytes.Equal(body.RawIssuer, issuer.RawSubject) || body.CheckSignatureFrom(issuer) != nil {
			return i - 1, false
		}
		body = issuer
	}
	return 0, true
}
