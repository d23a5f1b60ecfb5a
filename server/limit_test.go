package server

import (
	"errors"
	"fmt"
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

// Mallory's address is slowed down. She has very many others, and fails once from
// each to make the server forget about the first.
func TestManyAddressesDoNotMakeForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		for range failureBurst + 50 {
			l.failed("192.0.2.1")
		}
		address := func(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255) }
		for i := range maxFailureBucket * 5 / 2 {
			if i%(maxFailureBucket/10) == 0 {
				time.Sleep(100 * time.Millisecond)
				l.failed("192.0.2.1")
			}
			l.failed(address(i))
		}
		if err := l.allow("192.0.2.1"); !errors.Is(err, apierror.Throttling) {
			t.Errorf("the address was forgotten: %v", err)
		}
		if len(l.buckets) > maxFailureBucket {
			t.Errorf("%d buckets, at most %d", len(l.buckets), maxFailureBucket)
		}
		for i := range maxFailureBucket + 1 { // all at once
			l.failed(address(1<<20 + i))
		}
		if len(l.buckets) > maxFailureBucket {
			t.Errorf("%d buckets, at most %d", len(l.buckets), maxFailureBucket)
		}
	})
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:db8:1:2::9": "2001:db8:1:2::/64", "2001:db8:1:2:ffff::": "2001:db8:1:2::/64",
		"2001:db8:1:3::": "2001:db8:1:3::/64", "": "", "@": "@",
	} {
		if got := network(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
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
