package federation_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/jwt"
	"github.com/keyreeve/keyreeve/federation"
	"github.com/keyreeve/keyreeve/federation/issuertest"
)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// verify asks whether a token is an issuer's.
func verify(t *testing.T, p *federation.Providers, i *issuertest.Issuer, token string, thumbprints ...string) error {
	t.Helper()
	return verifyOf(t, p, i.URL, token, thumbprints...)
}

func verifyOf(t *testing.T, p *federation.Providers, issuer, token string, thumbprints ...string) error {
	t.Helper()
	parsed, err := p.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Verify(context.Background(), issuer, thumbprints, parsed)
	return err
}

func want(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: it came to %v, want %v", what, got, want)
	}
}

// TestRotation: a new key is found by the first token that is signed with it, one
// that was taken back is good for ten minutes more at most.
func TestRotation(t *testing.T) {
	i, c := issuertest.New(t), newClock()
	p := federation.New(federation.Options{Roots: i.Roots(), Now: c.Now})
	old := i.Token(t, nil)
	for range 3 {
		want(t, "the first key", verify(t, p, i, old), nil)
	}
	if i.Asked() != 1 {
		t.Errorf("the keys were asked for %d times", i.Asked())
	}
	i.Rotate(t)
	fresh := i.Token(t, nil)
	want(t, "the new key, at once after the last question", verify(t, p, i, fresh), jwt.ErrNoKey)
	c.move(5 * time.Second)
	want(t, "the new key five seconds later", verify(t, p, i, fresh), nil)
	want(t, "the old key, once the new ones are known", verify(t, p, i, old), jwt.ErrNoKey)

	i.Rotate(t)
	c.move(9 * time.Minute)
	want(t, "a key that was taken back nine minutes ago", verify(t, p, i, fresh), nil)
	c.move(time.Minute)
	want(t, "ten minutes ago", verify(t, p, i, fresh), jwt.ErrNoKey)
}

// TestSameNameForAnotherKey: some providers give each of their keys the same kid.
func TestSameNameForAnotherKey(t *testing.T) {
	i, c := issuertest.New(t), newClock()
	p := federation.New(federation.Options{Roots: i.Roots(), Now: c.Now})
	old := i.Token(t, nil)
	want(t, "before", verify(t, p, i, old), nil)
	i.RotateAs(t, "1")
	c.move(5 * time.Second)
	want(t, "another key of the name", verify(t, p, i, i.Token(t, nil)), nil)
	want(t, "the old one", verify(t, p, i, old), jwt.ErrSignature)
}

// TestFlood: whatever tokens are sent, the provider is hardly bothered, and those
// with good tokens notice nothing.
func TestFlood(t *testing.T) {
	i, other, c := issuertest.New(t), issuertest.New(t), newClock()
	p := federation.New(federation.Options{Roots: i.Roots(), Now: c.Now})
	good := i.Token(t, nil)
	other.Rotate(t)
	bad := other.Token(t, map[string]any{"iss": i.URL}) // of key 2, which i has not
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			for range 20 {
				want(t, "a token of an unknown key", verify(t, p, i, bad), jwt.ErrNoKey)
				want(t, "a good one", verify(t, p, i, good), nil)
			}
		})
	}
	wait.Wait()
	if n := i.Asked(); n > 1 {
		t.Errorf("the keys were asked for %d times by 2,000 tokens of one moment", n)
	}
	for range 12 {
		c.move(5 * time.Second)
		for range 20 {
			want(t, "a token of an unknown key", verify(t, p, i, bad), jwt.ErrNoKey)
		}
	}
	if n := i.Asked(); n > 13 {
		t.Errorf("the keys were asked for %d times in a minute", n)
	}
}

// TestOutage: keys of the last hour stay good while the provider is away, and it is
// found again when it is back.
func TestOutage(t *testing.T) {
	i, c := issuertest.New(t), newClock()
	p := federation.New(federation.Options{Roots: i.Roots(), Now: c.Now})
	token := i.Token(t, nil)
	away := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	i.Replace(away)
	want(t, "away from the start", verify(t, p, i, token), federation.ErrUnreachable)
	i.Replace(nil)
	want(t, "back, but just asked", verify(t, p, i, token), federation.ErrUnreachable)
	c.move(5 * time.Second)
	want(t, "back", verify(t, p, i, token), nil)
	i.Replace(away)
	c.move(59 * time.Minute)
	want(t, "away for an hour", verify(t, p, i, token), nil)
	c.move(time.Minute)
	want(t, "away for more than that", verify(t, p, i, token), federation.ErrUnreachable)
}

// TestAnswers: what the provider's servers may not answer.
func TestAnswers(t *testing.T) {
	inside := issuertest.New(t) // where nobody outside may lead us
	document := func(v map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(v) }
	}
	for name, c := range map[string]struct {
		answer func(i *issuertest.Issuer) http.HandlerFunc
		want   error
	}{
		"legal": {func(i *issuertest.Issuer) http.HandlerFunc { return i.Serve }, nil},
		"redirected to the same server": {func(i *issuertest.Issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/moved") {
					r.URL.Path = strings.TrimPrefix(r.URL.Path, "/moved")
					i.Serve(w, r)
					return
				}
				http.Redirect(w, r, "/moved"+r.URL.Path, http.StatusFound)
			}
		}, nil},
		"redirected to plain HTTP": {func(i *issuertest.Issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, strings.Replace(i.URL, "https", "http", 1)+r.URL.Path, http.StatusFound)
			}
		}, federation.ErrAnswer},
		"redirected to another server": {func(*issuertest.Issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, inside.URL+r.URL.Path, http.StatusFound)
			}
		}, federation.ErrAnswer},
		"redirected for ever": {func(*issuertest.Issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }
		}, federation.ErrAnswer},
		"another issuer": {func(i *issuertest.Issuer) http.HandlerFunc {
			return document(map[string]any{"issuer": inside.URL, "jwks_uri": i.URL + "/keys"})
		}, federation.ErrAnswer},
		"the issuer with a slash": {func(i *issuertest.Issuer) http.HandlerFunc {
			return document(map[string]any{"issuer": i.URL + "/", "jwks_uri": i.URL + "/keys"})
		}, federation.ErrAnswer},
		"no issuer": {func(i *issuertest.Issuer) http.HandlerFunc {
			return document(map[string]any{"jwks_uri": i.URL + "/keys"})
		}, federation.ErrAnswer},
		"keys over plain HTTP": {func(i *issuertest.Issuer) http.HandlerFunc {
			return document(map[string]any{"issuer": i.URL, "jwks_uri": strings.Replace(i.URL, "https", "http", 1) + "/keys"})
		}, federation.ErrAnswer},
		"keys in a file": {func(i *issuertest.Issuer) http.HandlerFunc {
			return document(map[string]any{"issuer": i.URL, "jwks_uri": "file:///etc/passwd"})
		}, federation.ErrAnswer},
		"no address of keys": {func(i *issuertest.Issuer) http.HandlerFunc {
			return document(map[string]any{"issuer": i.URL})
		}, federation.ErrAnswer},
		"keys on the address of machine credentials": {func(i *issuertest.Issuer) http.HandlerFunc {
			return document(map[string]any{"issuer": i.URL, "jwks_uri": "https://169.254.169.254/latest"})
		}, federation.ErrAnswer},
		"not found": {func(*issuertest.Issuer) http.HandlerFunc { return http.NotFound }, federation.ErrAnswer},
		"no JSON": {func(*issuertest.Issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }
		}, federation.ErrAnswer},
		"without end": {func(*issuertest.Issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				for range 10_000 {
					if _, err := w.Write(make([]byte, 4096)); err != nil {
						return
					}
				}
			}
		}, federation.ErrAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			i := issuertest.New(t)
			roots := i.Roots()
			roots.AddCert(inside.Root)
			p := federation.New(federation.Options{Roots: roots, Now: newClock().Now})
			i.Replace(c.answer(i))
			want(t, name, verify(t, p, i, i.Token(t, nil)), c.want)
		})
	}
	if inside.Asked() != 0 {
		t.Error("somebody has led us inside")
	}
}

// TestTrust: who vouches for the certificate of a provider's servers.
func TestTrust(t *testing.T) {
	i, other := issuertest.New(t), issuertest.New(t)
	nobody := x509.NewCertPool()
	for _, c := range []struct {
		name        string
		roots       *x509.CertPool
		thumbprints []string
		want        error
	}{
		{"the roots", i.Roots(), nil, nil},
		{"the roots, whatever the thumbprint", i.Roots(), []string{other.Thumbprint()}, nil},
		{"nobody", nobody, nil, federation.ErrUntrusted},
		{"the system's roots, which do not know it", nil, nil, federation.ErrUntrusted},
		{"the thumbprint", nobody, []string{i.Thumbprint()}, nil},
		{"the thumbprint in capitals, among others", nobody, []string{other.Thumbprint(), strings.ToUpper(i.Thumbprint())}, nil},
		{"another thumbprint", nobody, []string{other.Thumbprint()}, federation.ErrUntrusted},
	} {
		p := federation.New(federation.Options{Roots: c.roots, Now: newClock().Now})
		want(t, c.name, verify(t, p, i, i.Token(t, nil), c.thumbprints...), c.want)
	}
	// What was fetched by one account's thumbprint is not there for those who have
	// named none.
	p := federation.New(federation.Options{Roots: nobody, Now: newClock().Now})
	want(t, "the thumbprint", verify(t, p, i, i.Token(t, nil), i.Thumbprint()), nil)
	want(t, "no thumbprint, afterwards", verify(t, p, i, i.Token(t, nil)), federation.ErrUntrusted)
	// A certificate is good for the name of its server only.
	elsewhere := strings.Replace(i.URL, "127.0.0.1", "localhost", 1)
	want(t, "another name", verifyOf(t, p, elsewhere, i.Token(t, map[string]any{"iss": elsewhere}), i.Thumbprint()), federation.ErrUntrusted)
}

// TestThumbprint: that of the top certificate that the server shows.
func TestThumbprint(t *testing.T) {
	i := issuertest.New(t)
	p := federation.New(federation.Options{})
	if got, err := p.Thumbprint(context.Background(), i.URL); err != nil || got != i.Thumbprint() {
		t.Errorf("%s, %v; want %s", got, err, i.Thumbprint())
	}
	_, err := federation.New(federation.Options{PublicOnly: true}).Thumbprint(context.Background(), i.URL)
	want(t, "public only", err, federation.ErrAnswer)
}

// TestPublicOnly: with the setting no provider may live inside, under whatever name.
func TestPublicOnly(t *testing.T) {
	i := issuertest.New(t)
	for _, url := range []string{i.URL, strings.Replace(i.URL, "127.0.0.1", "localhost", 1)} {
		token := i.Token(t, map[string]any{"iss": url})
		p := federation.New(federation.Options{Roots: i.Roots(), PublicOnly: true})
		want(t, url, verifyOf(t, p, url, token), federation.ErrAnswer)
	}
	if i.Asked() != 0 {
		t.Error("it was asked")
	}
}

// TestIssuerOfTheToken: the token must be of the very issuer.
func TestIssuerOfTheToken(t *testing.T) {
	i := issuertest.New(t)
	p := federation.New(federation.Options{Roots: i.Roots()})
	want(t, "another issuer", verify(t, p, i, i.Token(t, map[string]any{"iss": i.URL + "/"})), jwt.ErrNoKey)
	if i.Asked() != 0 {
		t.Error("it was asked")
	}
}

// TestSeenTokens: what was read of a token is remembered once its signature was found right;
// not before, and not of another token.
func TestSeenTokens(t *testing.T) {
	i := issuertest.New(t)
	p := federation.New(federation.Options{Roots: i.Roots()})
	text := i.Token(t, nil)
	parse := func(text string) federation.Token {
		token, err := p.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	first := parse(text)
	if parse(text).Token == first.Token {
		t.Error("a token is remembered that nobody has vouched for")
	}
	want(t, "the first time", verify(t, p, i, text), nil)
	kept := parse(text)
	if parse(text).Token != kept.Token {
		t.Error("a token that was found right is not remembered")
	}
	want(t, "the second time", verify(t, p, i, text), nil)
	forged := text[:len(text)-8] + "AAAAAAAA"
	if parse(forged).Token == kept.Token {
		t.Error("another token is taken for it")
	}
	want(t, "another signature", verify(t, p, i, forged), jwt.ErrSignature)
	want(t, "the signature once more", verify(t, p, i, text), nil)
}

// TestWaitingEnds: who has gone away does not wait.
func TestWaitingEnds(t *testing.T) {
	i := issuertest.New(t)
	release := make(chan struct{})
	i.Replace(func(w http.ResponseWriter, r *http.Request) { <-release; i.Serve(w, r) })
	t.Cleanup(func() { close(release) })
	p := federation.New(federation.Options{Roots: i.Roots()})
	token, err := p.Parse(i.Token(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = p.Verify(ctx, i.URL, nil, token)
	want(t, "gone", err, context.Canceled)
}
