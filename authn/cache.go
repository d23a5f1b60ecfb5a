package authn

import (
	"sync"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/session"
)

// SessionCache keeps what opened session tokens say, for a token comes with each
// request of a session and opening one costs as much as all else that a request
// needs. It never makes a session live longer: the end of a session is looked at
// each time, and whether it still stands for somebody is asked in the world.
type SessionCache struct {
	open func(token, accessKeyID string, now time.Time) (session.Record, string, error)

	mu     sync.RWMutex
	opened map[sessionName]openedSession
}

type sessionName struct{ token, accessKeyID string }

type openedSession struct {
	record session.Record
	secret string
}

// maxOpened is how many sessions are kept; when there are more, all are opened
// anew.
const maxOpened = 20_000

// NewSessionCache keeps what open gives.
func NewSessionCache(open func(token, accessKeyID string, now time.Time) (session.Record, string, error)) *SessionCache {
	return &SessionCache{open: open, opened: map[sessionName]openedSession{}}
}

// Open is what open gives, whose refusals are not kept.
func (c *SessionCache) Open(token, accessKeyID string, now time.Time) (session.Record, string, error) {
	name := sessionName{token, accessKeyID}
	c.mu.RLock()
	o, ok := c.opened[name]
	c.mu.RUnlock()
	if ok {
		if !now.Before(o.record.ExpiresAt) {
			return session.Record{}, "", apierror.New(apierror.ExpiredToken, "The security token included in the request is expired")
		}
		return o.record, o.secret, nil
	}
	record, secret, err := c.open(token, accessKeyID, now)
	if err != nil {
		return record, secret, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.opened) >= maxOpened {
		clear(c.opened)
	}
	c.opened[name] = openedSession{record, secret}
	return record, secret, nil
}
