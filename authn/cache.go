package authn

import (
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/cache"
	"github.com/keyreeve/keyreeve/credential/session"
)

// SessionCache keeps what opened session tokens say, for a token comes with each
// request of a session and opening one costs as much as all else that a request
// needs. It never makes a session live longer: the end of a session is looked at
// each time, and whether it still stands for somebody is asked in the world.
type SessionCache struct {
	open   func(token, accessKeyID string, now time.Time) (session.Record, string, error)
	opened *cache.Map[string, *openedSession] // by token
}

type openedSession struct {
	record      session.Record
	accessKeyID string
	secret      string
}

// maxOpened is how many sessions are kept.
const maxOpened = 20_000

// NewSessionCache keeps what open gives.
func NewSessionCache(open func(token, accessKeyID string, now time.Time) (session.Record, string, error)) *SessionCache {
	return &SessionCache{open: open, opened: cache.New[string, *openedSession](maxOpened)}
}

// Open is what open gives, whose refusals are not kept.
func (c *SessionCache) Open(token, accessKeyID string, now time.Time) (session.Record, string, error) {
	if o, ok := c.opened.Get(token); ok && o.accessKeyID == accessKeyID {
		if !now.Before(o.record.ExpiresAt) {
			return session.Record{}, "", apierror.New(apierror.ExpiredToken, "The security token included in the request is expired")
		}
		return o.record, o.secret, nil
	}
	record, secret, err := c.open(token, accessKeyID, now)
	if err != nil {
		return record, secret, err
	}
	c.opened.Put(strings.Clone(token), &openedSession{record, strings.Clone(accessKeyID), secret})
	return record, secret, nil
}
