package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/credential/jwt"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// keys of the provider in these tests. They are made once: RSA keys take a while.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	otherKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	p256     = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	p384     = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) })
	p521     = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// keySet writes a key set of JWKs.
func keySet(t testing.TB, keys ...jose.JSONWebKey) *jwt.KeySet {
	t.Helper()
	set, err := jwt.ParseKeySet(must(json.Marshal(jose.JSONWebKeySet{Keys: keys})))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func public(k crypto.Signer, id, alg string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.Public(), KeyID: id, Algorithm: alg, Use: "sig"}
}

// everyKey is a set with a key for each algorithm.
func everyKey(t testing.TB) *jwt.KeySet {
	return keySet(t, public(rsaKey(), "rsa", ""), public(p256(), "p256", ""), public(p384(), "p384", ""), public(p521(), "p521", ""))
}

// good are the claims of a token that is right.
func good() map[string]any {
	return map[string]any{
		"iss": "https://issuer.example", "sub": "alice", "aud": "client",
		"exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
	}
}

func with(claims map[string]any) map[string]any {
	c := good()
	maps.Copy(c, claims)
	return c
}

func without(names ...string) map[string]any {
	c := good()
	for _, n := range names {
		delete(c, n)
	}
	return c
}

// sign makes a token as a provider does.
func sign(t testing.TB, k any, alg jose.SignatureAlgorithm, header map[string]any, claims any) string {
	t.Helper()
	o := &jose.SignerOptions{}
	for name, v := range header {
		o.WithHeader(jose.HeaderKey(name), v)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: k}, o)
	if err != nil {
		t.Fatal(err)
	}
	payload, ok := claims.(string)
	if !ok {
		payload = string(must(json.Marshal(claims)))
	}
	return must(must(s.Sign([]byte(payload))).CompactSerialize())
}

// forged puts a token together by hand, with whatever signature.
func forged(header string, claims any, signature []byte) string {
	b := base64.RawURLEncoding.EncodeToString
	return b([]byte(header)) + "." + b(must(json.Marshal(claims))) + "." + b(signature)
}

// accept parses, verifies and checks a token.
func accept(token string, set *jwt.KeySet) (*jwt.Claims, error) {
	t, err := jwt.Parse(token)
	if err != nil {
		return nil, err
	}
	c, err := t.Verify(set)
	if err != nil {
		return nil, err
	}
	return c, c.Check(now)
}

func TestEveryAlgorithm(t *testing.T) {
	for _, c := range []struct {
		alg jose.SignatureAlgorithm
		key any
		kid string
	}{
		{jose.RS256, rsaKey(), "rsa"}, {jose.RS384, rsaKey(), "rsa"}, {jose.RS512, rsaKey(), "rsa"},
		{jose.PS256, rsaKey(), "rsa"}, {jose.PS384, rsaKey(), "rsa"}, {jose.PS512, rsaKey(), "rsa"},
		{jose.ES256, p256(), "p256"}, {jose.ES384, p384(), "p384"}, {jose.ES512, p521(), "p521"},
	} {
		claims, err := accept(sign(t, c.key, c.alg, map[string]any{"kid": c.kid, "typ": "JWT"}, good()), everyKey(t))
		if err != nil || claims.Subject != "alice" {
			t.Errorf("%s: %+v, %v", c.alg, claims, err)
		}
	}
}

func TestClaims(t *testing.T) {
	token := sign(t, rsaKey(), jose.RS256, nil, with(map[string]any{
		"aud": []string{"one", "two"}, "azp": "two", "amr": []string{"pwd", "otp"}, "nbf": now.Unix(),
		"email": "alice@issuer.example", "groups": []any{"a"},
	}))
	c, err := accept(token, keySet(t, public(rsaKey(), "", "")))
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Issuer, c.Subject, c.Audience, c.AuthorizedParty, c.Methods, c.IssuedAt, c.NotBefore, c.Expires}
	want := []any{"https://issuer.example", "alice", []string{"one", "two"}, "two", []string{"pwd", "otp"}, now, now, now.Add(time.Hour)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if email, ok := c.Text("email"); !ok || email != "alice@issuer.example" {
		t.Error(email, ok)
	}
	if _, ok := c.Text("groups"); ok {
		t.Error("a list is no text")
	}
	if v, ok := c.Value("groups"); !ok || len(v.([]any)) != 1 {
		t.Error(v, ok)
	}
}

// TestRefusedClaims: each of these tokens is signed as it should be.
func TestRefusedClaims(t *testing.T) {
	hour := func(h int) int64 { return now.Add(time.Duration(h) * time.Hour).Unix() }
	for name, c := range map[string]struct {
		claims any
		want   error
	}{
		"legal":                                  {good(), nil},
		"no iss":                                 {without("iss"), jwt.MissingClaim("iss")},
		"no sub":                                 {without("sub"), jwt.MissingClaim("sub")},
		"no aud":                                 {without("aud"), jwt.MissingClaim("aud")},
		"no exp":                                 {without("exp"), jwt.MissingClaim("exp")},
		"no iat":                                 {without("iat"), jwt.MissingClaim("iat")},
		"empty list of audiences":                {with(map[string]any{"aud": []string{}}), jwt.MissingClaim("aud")},
		"an empty audience":                      {with(map[string]any{"aud": ""}), jwt.ErrMalformed},
		"null as audience":                       {with(map[string]any{"aud": nil}), jwt.ErrMalformed},
		"a number among audiences":               {with(map[string]any{"aud": []any{"client", 1}}), jwt.ErrMalformed},
		"an object as audience":                  {with(map[string]any{"aud": map[string]any{}}), jwt.ErrMalformed},
		"empty subject":                          {with(map[string]any{"sub": ""}), jwt.ErrMalformed},
		"a number as subject":                    {with(map[string]any{"sub": 1}), jwt.ErrMalformed},
		"a list as azp":                          {with(map[string]any{"azp": []string{"client"}}), jwt.ErrMalformed},
		"amr of one text":                        {with(map[string]any{"amr": "pwd"}), nil},
		"ends now":                               {with(map[string]any{"exp": hour(0)}), jwt.ErrExpired},
		"ends in a second":                       {with(map[string]any{"exp": now.Unix() + 1}), nil},
		"ended":                                  {with(map[string]any{"exp": hour(-1)}), jwt.ErrExpired},
		"issued in an hour":                      {with(map[string]any{"iat": hour(1)}), jwt.ErrNotYet},
		"issued by a clock four minutes ahead":   {with(map[string]any{"iat": now.Unix() + 240}), nil},
		"begins in an hour":                      {with(map[string]any{"nbf": hour(1)}), jwt.ErrNotYet},
		"begins by a clock five minutes ahead":   {with(map[string]any{"nbf": now.Unix() + 300}), nil},
		"begins in five minutes and a second":    {with(map[string]any{"nbf": now.Unix() + 301}), jwt.ErrNotYet},
		"a time with a fraction":                 {with(map[string]any{"exp": json.Number("1e12")}), jwt.ErrMalformed},
		"a time as text":                         {with(map[string]any{"exp": "4000000000"}), jwt.ErrMalformed},
		"a time before 1970":                     {with(map[string]any{"nbf": -1}), jwt.ErrMalformed},
		"a time that no clock shows":             {with(map[string]any{"exp": json.Number("99999999999999999999")}), jwt.ErrMalformed},
		"a claim twice":                          {`{"iss":"https://issuer.example","sub":"alice","sub":"root","aud":"client","exp":4000000000,"iat":1}`, jwt.ErrMalformed},
		"a claim twice, once escaped":            {`{"iss":"https://issuer.example","sub":"alice","\u0073ub":"root","aud":"client","exp":4000000000,"iat":1}`, jwt.ErrMalformed},
		"a claim twice within another":           {`{"iss":"https://issuer.example","sub":"alice","x":{"a":1,"a":2},"aud":"client","exp":4000000000,"iat":1}`, jwt.ErrMalformed},
		"a claim in another case is another":     {`{"iss":"https://issuer.example","sub":"alice","SUB":"root","aud":"client","exp":4000000000,"iat":1}`, nil},
		"something after the end":                {`{"iss":"https://issuer.example","sub":"alice","aud":"client","exp":4000000000,"iat":1}{}`, jwt.ErrMalformed},
		"invalid UTF-8":                          {"{\"iss\":\"https://issuer.example\",\"sub\":\"al\xffice\",\"aud\":\"client\",\"exp\":4000000000,\"iat\":1}", jwt.ErrMalformed},
		"a list":                                 {`[]`, jwt.ErrMalformed},
		"nested deeper than anything in use":     {`{"iss":"https://issuer.example","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, jwt.ErrMalformed},
		"a billion nested lists, or the attempt": {`{"iss":"https://issuer.example","x":` + strings.Repeat("[", 9000), jwt.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := accept(sign(t, rsaKey(), jose.RS256, nil, c.claims), keySet(t, public(rsaKey(), "", "")))
			if !errors.Is(err, c.want) {
				t.Errorf("it came to %v, want %v", err, c.want)
			}
		})
	}
}

// TestForgedTokens are the ways in which tokens are forged, as they were published
// for other libraries, each beside what is legal.
func TestForgedTokens(t *testing.T) {
	set := keySet(t, public(rsaKey(), "one", "RS256"), public(p256(), "two", ""))
	kid := func(id string) map[string]any { return map[string]any{"kid": id} }
	if _, err := accept(sign(t, rsaKey(), jose.RS256, kid("one"), good()), set); err != nil {
		t.Fatalf("what is legal: %v", err)
	}

	// Mallory leaves the signature out and says that there is no algorithm.
	for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
		token := forged(fmt.Sprintf(`{"alg":%q,"kid":"one"}`, alg), good(), nil)
		if _, err := accept(token, set); !errors.Is(err, jwt.ErrAlgorithm) {
			t.Errorf("alg %q: %v", alg, err)
		}
	}
	if _, err := accept(forged(`{"kid":"one"}`, good(), nil), set); !errors.Is(err, jwt.ErrMalformed) {
		t.Errorf("no alg: %v", err)
	}

	// She signs with HMAC and takes the public key, in each way of writing it, as the
	// password.
	der := must(x509.MarshalPKIXPublicKey(rsaKey().Public()))
	for _, password := range [][]byte{
		der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), rsaKey().N.Bytes(),
		must(public(rsaKey(), "one", "RS256").MarshalJSON()),
	} {
		token := forged(`{"alg":"HS256","kid":"one"}`, good(), nil)
		mac := hmac.New(sha256.New, password)
		mac.Write([]byte(strings.TrimSuffix(token, ".")))
		if _, err := accept(forged(`{"alg":"HS256","kid":"one"}`, good(), mac.Sum(nil)), set); !errors.Is(err, jwt.ErrAlgorithm) {
			t.Errorf("HS256: %v", err)
		}
	}

	// She signs with a key of her own, and brings it along.
	mallory := otherKey()
	own := jose.JSONWebKey{Key: mallory.Public(), KeyID: "one"}
	for name, header := range map[string]map[string]any{
		"kid only": kid("one"), "jwk": {"kid": "one", "jwk": own}, "no kid, jwk": {"jwk": own},
		"jku": {"kid": "one", "jku": "https://mallory.example/keys"}, "x5u": {"kid": "one", "x5u": "https://mallory.example/cert"},
	} {
		_, err := accept(sign(t, mallory, jose.RS256, header, good()), set)
		if !errors.Is(err, jwt.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The same headers in a token of the provider do no harm.
	if _, err := accept(sign(t, rsaKey(), jose.RS256, map[string]any{"kid": "one", "jku": "https://mallory.example/keys", "jwk": own}, good()), set); err != nil {
		t.Errorf("a legal token with headers that are not looked at: %v", err)
	}

	// She asks for another key than the one that she has, or for one of a file.
	for _, id := range []string{"two", "three", "../../dev/null", "one' OR 1=1", "ONE"} {
		_, err := accept(sign(t, rsaKey(), jose.RS256, kid(id), good()), set)
		if !errors.Is(err, jwt.ErrNoKey) {
			t.Errorf("kid %s: %v", id, err)
		}
	}
	for _, header := range []string{`{"alg":"RS256","kid":1}`, `{"alg":"RS256","kid":""}`, `{"alg":"RS256","kid":null}`, `{"alg":"RS256","crit":["exp"]}`, `{"alg":["RS256"]}`, `{"alg":"RS256","alg":"none"}`} {
		if _, err := accept(forged(header, good(), []byte("x")), set); !errors.Is(err, jwt.ErrMalformed) {
			t.Errorf("%s: %v", header, err)
		}
	}

	// She uses a key with an algorithm that it is not for.
	if _, err := accept(sign(t, rsaKey(), jose.PS256, kid("one"), good()), set); !errors.Is(err, jwt.ErrNoKey) {
		t.Errorf("PS256 with a key for RS256: %v", err)
	}

	// She changes the claims of a token that she has been given.
	given := strings.Split(sign(t, rsaKey(), jose.RS256, kid("one"), good()), ".")
	given[1] = base64.RawURLEncoding.EncodeToString(must(json.Marshal(with(map[string]any{"sub": "root"}))))
	if _, err := accept(strings.Join(given, "."), set); !errors.Is(err, jwt.ErrSignature) {
		t.Errorf("other claims: %v", err)
	}
	// She signs an ECDSA token with zeros (CVE-2022-21449).
	if _, err := accept(forged(`{"alg":"ES256","kid":"two"}`, good(), make([]byte, 64)), set); !errors.Is(err, jwt.ErrSignature) {
		t.Errorf("zeros: %v", err)
	}
}

// TestWithoutKid: one key that fits is the key; among several nobody guesses.
func TestWithoutKid(t *testing.T) {
	token := sign(t, rsaKey(), jose.RS256, nil, good())
	if _, err := accept(token, keySet(t, public(rsaKey(), "one", ""), public(p256(), "two", ""))); err != nil {
		t.Error(err)
	}
	if _, err := accept(token, keySet(t, public(rsaKey(), "one", ""), public(otherKey(), "two", ""))); !errors.Is(err, jwt.ErrNoKey) {
		t.Error(err)
	}
}

// TestForm: one token has one spelling.
func TestForm(t *testing.T) {
	set := keySet(t, public(rsaKey(), "", ""))
	token := sign(t, rsaKey(), jose.RS256, nil, good())
	parts := strings.Split(token, ".")
	for name, text := range map[string]string{
		"empty": "", "two parts": parts[0] + "." + parts[1], "four parts": token + ".", "space before": " " + token,
		"line feed": parts[0] + "\n." + parts[1] + "." + parts[2], "padding": parts[0] + "=." + parts[1] + "." + parts[2],
		"JSON serialization": `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"too long":           sign(t, rsaKey(), jose.RS256, nil, with(map[string]any{"x": strings.Repeat("x", jwt.MaxToken)})),
	} {
		if _, err := accept(text, set); !errors.Is(err, jwt.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeySets: which keys of a set count.
func TestKeySets(t *testing.T) {
	weak := must(rsa.GenerateKey(rand.Reader, 1024))
	one := string(must(public(rsaKey(), "one", "").MarshalJSON()))
	edit := func(old, new string) string { return strings.Replace(one, old, new, 1) }
	for name, c := range map[string]struct {
		set  string
		want int // usable keys; -1: refused as a whole
	}{
		"one":                      {`{"keys":[` + one + `]}`, 1},
		"none":                     {`{"keys":[]}`, 0},
		"no list":                  {`{}`, -1},
		"a text":                   {`"keys"`, -1},
		"keys twice":               {`{"keys":[],"keys":[` + one + `]}`, -1},
		"a member twice":           {`{"keys":[` + edit(`"kid":"one"`, `"kid":"one","kid":"two"`) + `]}`, -1},
		"for encryption":           {`{"keys":[` + edit(`"use":"sig"`, `"use":"enc"`) + `]}`, 0},
		"without use":              {`{"keys":[` + edit(`"use":"sig",`, ``) + `]}`, 1},
		"of a new type beside":     {`{"keys":[{"kty":"AKP","alg":"ML-DSA-44","pub":"x"},` + one + `]}`, 1},
		"HMAC":                     {`{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`, 0},
		"private":                  {`{"keys":[` + string(must(jose.JSONWebKey{Key: rsaKey(), KeyID: "one"}.MarshalJSON())) + `]}`, 0},
		"1024 bits":                {`{"keys":[` + string(must(public(weak, "one", "").MarshalJSON())) + `]}`, 0},
		"exponent 1":               {`{"keys":[` + edit(`"e":"AQAB"`, `"e":"AQ"`) + `]}`, 0},
		"not on the curve":         {`{"keys":[{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}]}`, 0},
		"with certificates of air": {`{"keys":[` + edit(`"kid"`, `"x5c":["YWly"],"kid"`) + `]}`, 1},
		"a number as key":          {`{"keys":[1,` + one + `]}`, 1},
		"101 keys":                 {`{"keys":[` + strings.Repeat("1,", 100) + `1]}`, -1},
		"too large":                {`{"keys":[` + strings.Repeat(" ", jwt.MaxKeySet) + `]}`, -1},
	} {
		set, err := jwt.ParseKeySet([]byte(c.set))
		switch {
		case (err != nil) != (c.want < 0):
			t.Errorf("%s: %v", name, err)
		case err == nil && set.Len() != c.want:
			t.Errorf("%s: %d keys, want %d", name, set.Len(), c.want)
		}
	}
}

// FuzzParse: whatever the text, a token is accepted only with a signature of the
// key, which no text of the fuzzer has but the ones it was given.
func FuzzParse(f *testing.F) {
	set := keySet(f, public(rsaKey(), "", ""))
	legal := sign(f, rsaKey(), jose.RS256, nil, good())
	f.Add(legal)
	f.Add(forged(`{"alg":"none"}`, good(), nil))
	f.Add(sign(f, otherKey(), jose.RS256, map[string]any{"kid": "x"}, good()))
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := accept(text, set)
		if err == nil && (text != legal || c.Subject != "alice") {
			t.Errorf("accepted: %q", text)
		}
	})
}

// FuzzParseKeySet: a set is refused or can be used.
func FuzzParseKeySet(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`))
	f.Add(must(json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public(rsaKey(), "one", "RS256"), public(p256(), "", "")}})))
	token, err := jwt.Parse(sign(f, otherKey(), jose.RS256, nil, good()))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := jwt.ParseKeySet(data)
		if err != nil {
			return
		}
		if _, err := token.Verify(set); err == nil {
			t.Errorf("a key of nobody has signed: %q", data)
		}
	})
}
