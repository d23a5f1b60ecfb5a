package service_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/password"
	"github.com/keyreeve/keyreeve/service"
)

// TestHasherBound: of a hundred hashes that are asked for at once, one is computed at a
// time, if that is the bound: that is what bounds memory.
func TestHasherBound(t *testing.T) {
	h := service.NewHasher(1)
	stored, err := password.Parameters{Memory: 4096, Passes: 1, Lanes: 1}.Hash("Correct-1", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			same, err := h.Matches(stored, fmt.Sprint("Correct-", i))
			if err != nil || same != (i == 1) {
				t.Errorf("guess %d: %v, %v", i, same, err)
			}
		})
	}
	all.Wait()
	if computed, atOnce := h.Computed(); computed != 100 || atOnce != 1 {
		t.Errorf("%d computed, %d at once; want 100, one at a time", computed, atOnce)
	}
}

// TestTryPassword: a row of wrong passwords, alone and a hundred at once, and what ends it.
func TestTryPassword(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var tools service.Tools
	tried := 0
	try := func(who string, right bool) error {
		got, err := tools.TryPassword(who, "request", now, func() (bool, error) { tried++; return right, nil })
		if err == nil && got != right {
			t.Errorf("%v came back as %v", right, got)
		}
		return err
	}
	ada := service.PasswordOf("111122223333", "ada")
	for range 4 {
		try(ada, false)
	}
	if err := try(ada, true); err != nil || tried != 5 {
		t.Errorf("the fifth, which is right: %v after %d", err, tried)
	}
	for range 5 {
		if err := try(ada, false); err != nil {
			t.Errorf("one of five in a row: %v", err)
		}
	}
	if err := try(ada, true); !errors.Is(err, service.ErrTooManyPasswords) || tried != 10 {
		t.Errorf("a right one after five wrong ones: %v after %d", err, tried)
	}
	if err := try(service.PasswordOf("111122223333", "bob"), true); err != nil {
		t.Errorf("another user: %v", err)
	}
	tools.PasswordSet("111122223333", "ada")
	if err := try(ada, true); err != nil {
		t.Errorf("after another password was set: %v", err)
	}

	var mu sync.Mutex
	at := 0
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			tools.TryPassword("eve", "request", now, func() (bool, error) { mu.Lock(); at++; mu.Unlock(); return false, nil })
		})
	}
	all.Wait()
	if at != 5 {
		t.Errorf("%d of a hundred at once were tried, want 5", at)
	}
	failed := errors.New("no")
	for range 7 {
		if _, err := tools.TryPassword("gus", "request", now, func() (bool, error) { return false, failed }); err != failed {
			t.Errorf("what could not be tried: %v", err)
		}
	}
}

// BenchmarkGuesses is a hundred guesses at once, as a server takes them.
func BenchmarkGuesses(b *testing.B) {
	h := service.NewHasher(service.HashesAtOnce())
	for b.Loop() {
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { h.Matches(password.Dummy(), "Wrong-Horse-1") })
		}
		all.Wait()
	}
	_, atOnce := h.Computed()
	b.ReportMetric(float64(atOnce*int64(password.Default.Memory))/1024, "MiB")
}
