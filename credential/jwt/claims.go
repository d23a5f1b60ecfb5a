package jwt

import (
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Why claims are refused that are signed as they should be.
var (
	ErrExpired = errors.New("the token has expired")
	ErrNotYet  = errors.New("the token is not valid yet")
)

// Skew is how much the provider's clock may be ahead of ours. It gives no token a
// longer life: the end is the end.
const Skew = 5 * time.Minute

// Claims are what a provider says of somebody, whose signature was found right.
type Claims struct {
	Issuer  string
	Subject string
	// Audience is whom the token is meant for: one or several client ids.
	Audience []string
	// AuthorizedParty is the client id that the token was issued to (azp); it may be
	// empty.
	AuthorizedParty string
	// Methods are how the subject has authenticated (amr).
	Methods []string

	IssuedAt, Expires, NotBefore time.Time // NotBefore may be zero

	all  map[string]any
	urls []string // names of all that are URLs, in order
}

// readClaims reads the claims that a token must have (IAM User Guide, "Create an
// OpenID Connect identity provider in IAM") and those of fixed meaning.
func readClaims(all map[string]any, issuer string) (_ *Claims, err error) {
	c := &Claims{Issuer: issuer, all: all}
	for name := range all {
		if strings.Contains(name, "://") {
			c.urls = append(c.urls, name)
		}
	}
	slices.Sort(c.urls)
	if c.Subject, err = text(all, "sub"); err != nil {
		return nil, err
	}
	if c.Audience, err = texts(all, "aud"); err != nil {
		return nil, err
	}
	if len(c.Audience) == 0 {
		return nil, MissingClaim("aud")
	}
	if c.Methods, err = texts(all, "amr"); err != nil {
		return nil, err
	}
	if _, has := all["azp"]; has {
		if c.AuthorizedParty, err = text(all, "azp"); err != nil {
			return nil, err
		}
	}
	return c, c.readTimes()
}

func (c *Claims) readTimes() (err error) {
	for name, to := range map[string]*time.Time{"exp": &c.Expires, "iat": &c.IssuedAt, "nbf": &c.NotBefore} {
		v, has := c.all[name]
		if !has {
			continue
		}
		if *to, err = instant(v); err != nil {
			return err
		}
	}
	for _, name := range []string{"exp", "iat"} {
		if _, has := c.all[name]; !has {
			return MissingClaim(name)
		}
	}
	return nil
}

// lastSecond is the end of the year 9999.
const lastSecond = 253402300799

// instant reads a NumericDate, which is to be a whole number (STS API reference,
// AssumeRoleWithWebIdentity).
func instant(v any) (time.Time, error) {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, ErrMalformed
	}
	s, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil || s < 0 || s > lastSecond {
		return time.Time{}, ErrMalformed
	}
	return time.Unix(s, 0).UTC(), nil
}

// texts is a claim that is a text or a list of texts; it is nil if it is not there.
func texts(claims map[string]any, name string) ([]string, error) {
	switch v := claims[name].(type) {
	case nil:
		if _, has := claims[name]; has {
			return nil, ErrMalformed
		}
		return nil, nil
	case string:
		if v == "" {
			return nil, ErrMalformed
		}
		return []string{v}, nil
	case []any:
		list := make([]string, 0, len(v))
		for _, e := range v {
			s, ok := e.(string)
			if !ok || s == "" {
				return nil, ErrMalformed
			}
			list = append(list, s)
		}
		return list, nil
	}
	return nil, ErrMalformed
}

// Check refuses claims that are not of now: ErrExpired from the second on in which
// they end, ErrNotYet if they begin, or were issued, later than the provider's
// clock may be ahead.
func (c *Claims) Check(now time.Time) error {
	if !now.Before(c.Expires) {
		return ErrExpired
	}
	if latest := now.Add(Skew); c.IssuedAt.After(latest) || c.NotBefore.After(latest) {
		return ErrNotYet
	}
	return nil
}

// Text is a claim that is a text.
func (c *Claims) Text(name string) (string, bool) {
	s, ok := c.all[name].(string)
	return s, ok && s != ""
}

// Value is a claim as it was read: a string, json.Number, bool, nil, []any or
// map[string]any, which are not to be changed.
func (c *Claims) Value(name string) (any, bool) {
	v, ok := c.all[name]
	return v, ok
}

// ByURL ranges over the claims whose names begin with a URL, in order of names. That is
// how claims are named that are for one party (RFC 7519, section 4.2); most tokens have
// none.
func (c *Claims) ByURL(url string) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, name := range c.urls {
			if strings.HasPrefix(name, url) && !yield(name, c.all[name]) {
				return
			}
		}
	}
}
