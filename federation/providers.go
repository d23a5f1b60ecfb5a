package federation

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/keyreeve/keyreeve/credential/jwt"
)

const (
	// maxAge is how long keys are good without asking again. It is also how long a
	// key may stay good that a provider has taken back.
	maxAge = 10 * time.Minute
	// maxStale is how long keys stay good while the provider cannot be reached.
	maxStale = time.Hour
	// pause is how long after a question the next one may be put.
	pause = 5 * time.Second
	// maxProviders is how many providers' keys are kept; when there are more, all are
	// asked for anew.
	maxProviders = 10_000
)

// Why no keys were had.
var (
	// ErrUnreachable: the provider did not answer, or not in time.
	ErrUnreachable = errors.New("the identity provider could not be reached")
	// ErrUntrusted: nobody vouches for the certificate that the provider shows.
	ErrUntrusted = errors.New("the identity provider's certificate is trusted by neither roots nor thumbprint")
	// ErrAnswer: the provider answered with something other than it should have.
	ErrAnswer = errors.New("the identity provider has given no keys")
)

// Options are what an operator may choose.
type Options struct {
	// PublicOnly refuses providers on addresses that are not public.
	PublicOnly bool
	// Roots are the certificate authorities that are trusted; nil: the system's.
	Roots *x509.CertPool
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Providers asks identity providers and keeps their keys. It is safe for use by many
// goroutines.
type Providers struct {
	Options

	mu    sync.Mutex
	known map[providerName]*provider
	seen  seen
}

// New gives Providers of which none is known yet.
func New(o Options) *Providers {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Providers{Options: o, known: map[providerName]*provider{}, seen: newSeen()}
}

// provider is what is known of one.
type provider struct {
	issuer      string
	thumbprints []string

	mu      sync.Mutex
	keys    *jwt.KeySet
	pinned  bool          // a thumbprint vouched, not the roots
	fetched time.Time     // when keys were had
	tried   time.Time     // when they were last asked for
	failure error         // of the last question
	asking  chan struct{} // closed when the question that is being put is answered; or nil
}

// Verified is a token's claims, which its issuer has signed.
type Verified struct {
	*jwt.Claims
	// Pinned says that a thumbprint vouched for the provider's servers.
	Pinned bool
}

// Parse reads a token, as jwt.Parse does, whose errors it gives.
func (p *Providers) Parse(text string) (Token, error) { return p.seen.parse(text) }

// Verify finds out whether a token is signed by a provider. Errors are those of this
// package and of jwt; which ones, errors.Is tells.
func (p *Providers) Verify(ctx context.Context, issuer string, thumbprints []string, token Token) (Verified, error) {
	if token.Issuer() != issuer {
		return Verified{}, jwt.ErrNoKey
	}
	f := p.provider(issuer, thumbprints)
	keys, pinned, err := p.keysOf(ctx, f, time.Time{})
	if err != nil {
		return Verified{}, err
	}
	claims, err := p.seen.verify(token, keys)
	if errors.Is(err, jwt.ErrNoKey) || errors.Is(err, jwt.ErrSignature) {
		// There may be a new key; some providers give it the name of the old one.
		if keys, pinned, err = p.keysOf(ctx, f, p.Now()); err != nil {
			return Verified{}, err
		}
		claims, err = p.seen.verify(token, keys)
	}
	return Verified{claims, pinned}, err
}

// providerName is what tells a provider from others.
type providerName struct{ issuer, thumbprints string }

// provider gives what is known of a provider. What one account has fetched by its
// thumbprints is not for another account that has named others.
func (p *Providers) provider(issuer string, thumbprints []string) *provider {
	var room [5]string // as many as IAM allows
	folded := room[:0]
	for _, t := range thumbprints {
		folded = append(folded, strings.ToLower(t))
	}
	slices.Sort(folded)
	name := providerName{issuer, strings.Join(folded, "\n")}
	p.mu.Lock()
	defer p.mu.Unlock()
	f, ok := p.known[name]
	if !ok {
		if len(p.known) >= maxProviders {
			clear(p.known)
		}
		f = &provider{issuer: issuer, thumbprints: slices.Clone(folded)}
		p.known[name] = f
	}
	return f
}

// keysOf gives the keys of a provider, and asks for them if need be: if there are
// none, if they are old, or if others are wanted than those which there were at some
// time.
func (p *Providers) keysOf(ctx context.Context, f *provider, newerThan time.Time) (*jwt.KeySet, bool, error) {
	for {
		f.mu.Lock()
		now := p.Now()
		good := f.keys != nil && now.Sub(f.fetched) < maxAge && f.fetched.After(newerThan)
		resting := !f.tried.IsZero() && now.Sub(f.tried) < pause
		if f.asking == nil && (good || resting) {
			keys, pinned, failure := f.keys, f.pinned, f.failure
			usable := keys != nil && now.Sub(f.fetched) < maxStale
			f.mu.Unlock()
			if usable {
				return keys, pinned, nil
			}
			return nil, false, failure
		}
		if f.asking == nil {
			f.tried, f.asking = now, make(chan struct{})
			go p.ask(f)
		}
		asking := f.asking
		f.mu.Unlock()
		select {
		case <-asking:
		case <-ctx.Done():
			return nil, false, errors.Join(ErrUnreachable, ctx.Err())
		}
	}
}

// ask puts a question to a provider on behalf of all who wait. It goes on when the
// first of them has gone away.
func (p *Providers) ask(f *provider) {
	keys, pinned, err := p.guarded(f)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tried = p.Now() // an answer may have taken longer than the pause is
	if err == nil {
		f.keys, f.pinned, f.fetched = keys, pinned, f.tried
	}
	f.failure = err
	close(f.asking)
	f.asking = nil
}

// guarded turns a panic over somebody's answer into a failure: nobody above would
// catch it here.
func (p *Providers) guarded(f *provider) (keys *jwt.KeySet, pinned bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = answer("panic: %v", v)
		}
	}()
	return p.fetch(f.issuer, f.thumbprints)
}
