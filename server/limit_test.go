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

func TestCallsOfAnAccountAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &accountRates{perSec: 10}
		for range 20 {
			if err := a.allow("111122223333"); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.allow("111122223333"); !errors.Is(err, apierror.Throttling) {
			t.Errorf("the 21st call at once: %v, want Throttling", err)
		}
		if err := a.allow("444455556666"); err != nil {
			t.Errorf("another account: %v", err)
		}
		time.Sleep(time.Second)
		if err := a.allow("111122223333"); err != nil {
			t.Errorf("a second later: %v", err)
		}
	})
}
