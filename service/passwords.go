package service

import (
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/password"
	"github.com/keyreeve/keyreeve/identity"
)

// Hasher computes hashes of passwords, at most so many at once: each takes much
// memory, and whoever guesses must not take all of it. Those beyond wait for their
// turn, and those beyond the queue are refused.
type Hasher struct {
	slots   chan struct{}
	waiting atomic.Int64

	running, most atomic.Int64 // at this moment, and ever
	computed      atomic.Int64
}

// maxWaiting is how many may wait for their turn.
const maxWaiting = 1024

// NewHasher makes a Hasher that computes n hashes at once.
func NewHasher(n int) *Hasher { return &Hasher{slots: make(chan struct{}, n)} }

// HashesAtOnce is how many hashes a server computes at once: one a processor, and
// two at least, so that a single slow one holds nobody up.
func HashesAtOnce() int { return max(2, runtime.GOMAXPROCS(0)) }

// Computed tells how many hashes were computed, and how many at once at most.
func (h *Hasher) Computed() (all, atOnce int64) { return h.computed.Load(), h.most.Load() }

// compute runs do when it is its turn.
func (h *Hasher) compute(do func()) error {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > maxWaiting {
		return apierror.New(apierror.Throttling, "Rate exceeded")
	}
	h.slots <- struct{}{}
	defer func() { <-h.slots }()
	running := h.running.Add(1)
	defer h.running.Add(-1)
	for most := h.most.Load(); running > most && !h.most.CompareAndSwap(most, running); most = h.most.Load() {
	}
	h.computed.Add(1)
	do()
	return nil
}

// Hash hashes a password.
func (h *Hasher) Hash(text string, random io.Reader) (hash password.Hash, err error) {
	refused := h.compute(func() { hash, err = password.New(text, random) })
	return hash, errors.Join(refused, err)
}

// Matches tells whether a hash is that of a password.
func (h *Hasher) Matches(hash password.Hash, text string) (same bool, err error) {
	err = h.compute(func() { same = hash.Matches(text) })
	return same, err
}

// Compare tells of each hash whether it is that of a password.
func (h *Hasher) Compare(hashes []string, text string) (identity.Compared, error) {
	compared := identity.Compared{}
	for _, stored := range hashes {
		hash, err := password.Parse(stored)
		if err != nil {
			return nil, err
		}
		if compared[stored], err = h.Matches(hash, text); err != nil {
			return nil, err
		}
	}
	return compared, nil
}

// NewPassword makes ready what is to be the password of an owner: it is measured by
// the account's policy, compared with those that may not be used again, and hashed.
func (c *Call) NewPassword(a identity.Account, ownerID, text string) (identity.NewPassword, error) {
	p := identity.NewPassword{Text: text}
	err := a.CheckPassword(ownerID, text, c.AccountNames(a.ID)...)
	if err != nil {
		return p, err
	}
	if p.Same, err = c.Tools.Hasher.Compare(a.RememberedHashes(ownerID), text); err != nil {
		return p, err
	}
	p.Hash, err = c.Tools.Hasher.Hash(text, c.Random)
	return p, err
}

// AccountNames are the names that an account is known by.
func (c *Call) AccountNames(account string) []string {
	var names []string
	if known, ok := c.Deployment().Account(account); ok {
		names = append(names, known.Name)
	}
	if alias := c.Deployment().Alias(account); alias != "" {
		names = append(names, alias)
	}
	return names
}

// ErrTooManyPasswords is the cause of an error for an owner whose passwords are
// refused for a while.
var ErrTooManyPasswords = errors.New("too many wrong passwords")

// TryPassword carries out try, which tells whether a password is right, unless too
// many wrong ones came before. who names whose it is. So many guesses a day are as
// many as of codes.
//
// A guess is counted as wrong before it is looked at, and a right one ends the row: of a
// hundred guesses at once no more are tried than of a hundred one after the other.
func (t *Tools) TryPassword(who, request string, now time.Time, try func() (bool, error)) (bool, error) {
	if until, ok := t.Passwords.begin(who, request, now); !ok {
		return false, apierror.New(apierror.AccessDenied,
			"Too many wrong passwords in a row; passwords are refused until %s.", until.UTC().Format(time.RFC3339)).Because(ErrTooManyPasswords)
	}
	right, err := try()
	switch {
	case err != nil:
		t.Passwords.takeBack(who)
	case right:
		t.Passwords.succeeded(who)
	}
	return right, err
}

// PasswordOf names whose password is tried. No id has a blank in it.
func PasswordOf(account, ownerID string) string { return account + " " + ownerID }

// PasswordSet ends the row of wrong passwords of an owner that has another one.
func (t *Tools) PasswordSet(account, ownerID string) {
	t.Passwords.succeeded(PasswordOf(account, ownerID))
}
