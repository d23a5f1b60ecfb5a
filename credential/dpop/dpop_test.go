package dpop_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/dpop"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// sign makes a proof of any header and payload.
func sign(t testing.TB, k *ecdsa.PrivateKey, header, payload string) string {
	t.Helper()
	signed := text([]byte(header)) + "." + text([]byte(payload))
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, k, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + text(signature)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func point(t testing.TB, k *ecdsa.PrivateKey) []byte {
	t.Helper()
	p, err := k.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func headerOf(t testing.TB, k *ecdsa.PrivateKey) string {
	p := point(t, k)
	return fmt.Sprintf(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":%q,"y":%q}}`, text(p[1:33]), text(p[33:]))
}

func payloadAt(at time.Time) string {
	return fmt.Sprintf(`{"htm":"POST","htu":"https://signin.example.com/v1/token","iat":%d,"jti":"one"}`, at.Unix())
}

// TestVerify: a proof, and what forgers make of it.
func TestVerify(t *testing.T) {
	k, other := newKey(t), newKey(t)
	good := sign(t, k, headerOf(t, k), payloadAt(noon))
	parts := strings.Split(good, ".")
	proof, err := dpop.Verify(good, "POST", "/v1/token", noon)
	if err != nil || proof.ID != "one" {
		t.Fatalf("%+v, %v", proof, err)
	}
	again, err := dpop.Verify(sign(t, k, headerOf(t, k), payloadAt(noon.Add(time.Minute))), "POST", "/v1/token", noon)
	if err != nil || again.Key != proof.Key {
		t.Errorf("the same key again: %+v, %v", again, err)
	}
	for name, forged := range map[string]string{
		"empty":                  "",
		"no signature":           parts[0] + "." + parts[1] + ".",
		"algorithm none":         text([]byte(strings.Replace(headerOf(t, k), "ES256", "none", 1))) + "." + parts[1] + ".",
		"HS256":                  sign(t, k, strings.Replace(headerOf(t, k), "ES256", "HS256", 1), payloadAt(noon)),
		"another type":           sign(t, k, strings.Replace(headerOf(t, k), "dpop+jwt", "jwt", 1), payloadAt(noon)),
		"signed by another":      sign(t, other, headerOf(t, k), payloadAt(noon)),
		"another payload":        parts[0] + "." + text([]byte(payloadAt(noon.Add(time.Second)))) + "." + parts[2],
		"off the curve":          sign(t, k, fmt.Sprintf(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":%q,"y":%q}}`, text([]byte{1}), text([]byte{1})), payloadAt(noon)),
		"another method":         sign(t, k, headerOf(t, k), strings.Replace(payloadAt(noon), "POST", "GET", 1)),
		"another address":        sign(t, k, headerOf(t, k), strings.Replace(payloadAt(noon), "/v1/token", "/v1/tokens", 1)),
		"of the day before":      sign(t, k, headerOf(t, k), payloadAt(noon.Add(-24*time.Hour))),
		"of the day after":       sign(t, k, headerOf(t, k), payloadAt(noon.Add(24*time.Hour))),
		"without an id":          sign(t, k, headerOf(t, k), strings.Replace(payloadAt(noon), "one", "", 1)),
		"two values":             sign(t, k, headerOf(t, k)+headerOf(t, k), payloadAt(noon)),
		"padding in the payload": parts[0] + "." + parts[1] + "=." + parts[2],
		"too long":               good + strings.Repeat("A", 4096),
	} {
		if got, err := dpop.Verify(forged, "POST", "/v1/token", noon); !errors.Is(err, dpop.ErrProof) {
			t.Errorf("%s: %+v, %v; want ErrProof", name, got, err)
		}
	}
}

// FuzzVerify: nothing but what was signed with the key is a proof of it.
func FuzzVerify(f *testing.F) {
	k := newKey(f)
	good := sign(f, k, headerOf(f, k), payloadAt(noon))
	want, err := dpop.Verify(good, "POST", "/v1/token", noon)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(strings.Replace(good, ".", "", 1))
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := dpop.Verify(text, "POST", "/v1/token", noon)
		if err == nil && got.Key == want.Key && text[:strings.LastIndexByte(text, '.')] != good[:strings.LastIndexByte(good, '.')] {
			t.Errorf("%q is a proof of a key that has not signed it", text)
		}
		if err != nil && got != (dpop.Proof{}) {
			t.Errorf("%q was refused with %+v", text, got)
		}
	})
}
