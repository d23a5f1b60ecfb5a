// Package issuertest is an identity provider of OpenID Connect for tests: a conforming
// one, on https and a loopback address. It shows a certificate of an authority of its
// own, which nobody trusts: a test hands [Issuer.Roots] to whoever is to trust it, or
// [Issuer.Thumbprint]. It issues tokens to whomever the test says, can make itself
// another signing key, and counts how often it was asked for its keys; its answers can
// be replaced by such as no provider should give. It ends with the test.
package issuertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Client is the client id that tokens are issued to if nothing else is said.
const Client = "sts.amazonaws.com"

// Issuer is a running issuer.
type Issuer struct {
	URL  string
	Root *x509.Certificate // of the authority, which the server does not show
	// Intermediate has signed the server's certificate and is shown with it.
	Intermediate *x509.Certificate

	mu        sync.Mutex
	keys      []jose.JSONWebKey // the last one signs
	asked     map[string]int    // by path
	replaced  http.HandlerFunc
	signing   crypto.Signer
	signingID string
}

// New starts an issuer that ends with the test.
func New(t testing.TB) *Issuer { return NewAt(t, "") }

// NewAt starts an issuer whose URL has a path.
func NewAt(t testing.TB, path string) *Issuer {
	t.Helper()
	i := &Issuer{asked: map[string]int{}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(i.serve))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{i.certificates(t)}}
	server.StartTLS()
	t.Cleanup(server.Close)
	i.URL = server.URL + path
	i.Rotate(t)
	return i
}

func check[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// certificates makes an authority, an intermediate one, and a certificate for the
// server; the latter two are shown.
func (i *Issuer) certificates(t testing.TB) tls.Certificate {
	t.Helper()
	make := func(n int64, name string, issuer *x509.Certificate, by crypto.Signer) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		check(t, key, err)
		c := &x509.Certificate{
			SerialNumber: big.NewInt(n), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
			BasicConstraintsValid: true, IsCA: n < 3, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		}
		if n == 3 {
			c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}
		if issuer == nil {
			issuer, by = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, issuer, key.Public(), by)
		check(t, der, err)
		made, err := x509.ParseCertificate(der)
		return check(t, made, err), key
	}
	root, rootKey := make(1, "root", nil, nil)
	between, betweenKey := make(2, "intermediate", root, rootKey)
	leaf, leafKey := make(3, "issuer", between, betweenKey)
	i.Root, i.Intermediate = root, between
	return tls.Certificate{Certificate: [][]byte{leaf.Raw, between.Raw}, PrivateKey: leafKey}
}

// RootPEM is the authority's certificate as a file of it has it.
func (i *Issuer) RootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Root.Raw})
}

// Roots is a pool that trusts the issuer.
func (i *Issuer) Roots() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(i.Root)
	return p
}

// Thumbprint is that of the intermediate authority, the top one that is shown.
func (i *Issuer) Thumbprint() string {
	sum := sha1.Sum(i.Intermediate.Raw)
	return hex.EncodeToString(sum[:])
}

// Rotate makes a new signing key and forgets the old ones.
func (i *Issuer) Rotate(t testing.TB) {
	t.Helper()
	i.mu.Lock()
	n, _ := strconv.Atoi(i.signingID)
	i.mu.Unlock()
	i.RotateAs(t, strconv.Itoa(n+1))
}

// RotateAs makes a new signing key with an id, which the old one may have had, too.
func (i *Issuer) RotateAs(t testing.TB, id string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, key, err)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signing, i.signingID = key, id
	i.keys = []jose.JSONWebKey{{Key: key.Public(), KeyID: id, Algorithm: "RS256", Use: "sig"}}
}

// Token issues a token. The claims that it must have are there if claims does not
// say otherwise; one that is nil is left out.
func (i *Issuer) Token(t testing.TB, claims map[string]any) string {
	t.Helper()
	all := map[string]any{
		"iss": i.URL, "sub": "repo:octo-org/octo-repo:ref:refs/heads/main", "aud": Client,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	i.mu.Lock()
	key := jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: i.signing, KeyID: i.signingID}}
	i.mu.Unlock()
	signer, err := jose.NewSigner(key, new(jose.SignerOptions).WithType("JWT"))
	check(t, signer, err)
	payload, err := json.Marshal(all)
	signed, err := signer.Sign(check(t, payload, err))
	text, err := check(t, signed, err).CompactSerialize()
	return check(t, text, err)
}

// Replace lets another handler answer, until it is nil.
func (i *Issuer) Replace(h http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.replaced = h
}

// Asked is how often the key set was asked for.
func (i *Issuer) Asked() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked["/keys"]
}

func (i *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.asked[r.URL.Path]++
	h := i.replaced
	i.mu.Unlock()
	if h == nil {
		h = i.Serve
	}
	h(w, r)
}

// Serve answers as a conforming issuer does.
func (i *Issuer) Serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var v any
	switch "https://" + r.Host + r.URL.Path {
	case i.URL + "/.well-known/openid-configuration":
		v = map[string]any{"issuer": i.URL, "jwks_uri": "https://" + r.Host + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}}
	case "https://" + r.Host + "/keys":
		v = jose.JSONWebKeySet{Keys: i.keys}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
