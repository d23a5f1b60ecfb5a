package server

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
)

func TestFailuresOfOneAddressAreSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		for range failureBurst {
			if err := l.allow("192.0.2.1"); err != nil {
				t.Fatal(err)
			}
			l.failed("192.0.2.1")
		}
		if err := l.allow("192.0.2.1"); !errors.Is(err, apierror.Throttling) {
			t.Errorf("after %d failures: %v, want Throttling", failureBurst, err)
		}
		if err := l.allow("192.0.2.2"); err != nil {
			t.Errorf("another address: %v", err)
		}
		time.Sleep(2 * time.Second / failuresASecond)
		if err := l.allow("192.0.2.1"); err != nil {
			t.Errorf("after a pause: %v", err)
		}
	})
}
