package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Canonical gives the canonical request, for tests to show.
func Canonical(s *Signature, body []byte, rules Rules) []byte {
	sum := sha256.Sum256(body)
	payload, _ := s.payload([]byte(hex.EncodeToString(sum[:])), &rules)
	return s.appendCanonical(nil, variant{rawPath: rules.RawPath, withoutToken: s.tokenMayBeLate(&rules), payload: payload})
}

// ParseAuthorization is parseAuthorization, for a fuzz target.
func ParseAuthorization(authorization string) (credential, signedHeaders, signature string, err error) {
	p, err := parseAuthorization(authorization)
	return p.credential, p.signedHeaders, p.signature, err
}

// SignatureFor computes the signature that would be right.
func SignatureFor(s *Signature, secret string, body []byte) string {
	canonical := sha256.Sum256(Canonical(s, body, Rules{}))
	text := "AWS4-HMAC-SHA256\n" + s.timestamp + "\n" + s.Date + "/" + s.Region + "/" + s.Service + "/aws4_request\n" + hex.EncodeToString(canonical[:])
	key := deriveKey(secret, s.Date, s.Region, s.Service)
	sum := hmacSum(key[:], text)
	return hex.EncodeToString(sum[:])
}

// Authenticate is authenticate, for a test to compare with crypto/hmac.
func Authenticate(key [sha256.Size]byte, text []byte) [sha256.Size]byte {
	return authenticate(&key, text)
}

// ParseTime and IsCanonical are for tests to compare with packages time and
// net/textproto.
func ParseTime(text string) (time.Time, bool) { return parseTime(text) }
func IsCanonical(name string) bool            { return isCanonical(name) }
