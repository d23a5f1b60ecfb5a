package authn_test

import (
	"errors"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/session"
)

func TestSessionCacheOpensOnceAndKeepsTheEnd(t *testing.T) {
	start := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	opened := 0
	c := authn.NewSessionCache(func(token, accessKeyID string, now time.Time) (session.Record, string, error) {
		opened++
		if token != "genuine" || accessKeyID != "ASIA1" {
			return session.Record{}, "", apierror.InvalidClientTokenId
		}
		return session.Record{SessionName: "one", ExpiresAt: start.Add(time.Hour)}, "secret of " + accessKeyID, nil
	})
	for range 3 {
		r, secret, err := c.Open("genuine", "ASIA1", start)
		if err != nil || r.SessionName != "one" || secret != "secret of ASIA1" {
			t.Fatalf("%+v %q %v", r, secret, err)
		}
	}
	if opened != 1 {
		t.Errorf("opened %d times, want once", opened)
	}
	if _, secret, err := c.Open("genuine", "ASIA2", start); !errors.Is(err, apierror.InvalidClientTokenId) {
		t.Errorf("another key id got %q, %v", secret, err)
	}
	if _, _, err := c.Open("genuine", "ASIA1", start.Add(time.Hour)); !errors.Is(err, apierror.ExpiredToken) {
		t.Errorf("after its end: %v, want ExpiredToken", err)
	}
	for range 2 {
		if _, _, err := c.Open("forged", "ASIA1", start); !errors.Is(err, apierror.InvalidClientTokenId) {
			t.Errorf("a forged token: %v", err)
		}
	}
	if opened != 4 {
		t.Errorf("opened %d times, want 4: refusals are not kept", opened)
	}
}
