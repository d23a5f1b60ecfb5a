package service

import (
	"errors"
	"sync"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/totp"
)

// CodeAttempts remembers wrong codes of MFA devices, so that guessing is slow. It
// is in memory: a wrong code changes nothing that is stored, and whoever can
// restart the server needs no code. There is an entry for each device, and user it
// is tried for, with a wrong code in the last day. The zero value is ready.
//
// Operations that take codes run one after the other in an account, so that
// between the look and the note of a failure no other code of a device is tried.
type CodeAttempts struct {
	mu      sync.Mutex
	devices map[string]codeAttempts
	swept   time.Time
}

type codeAttempts struct {
	totp.Attempts
	request string // that failed last: it may run again, and counts once
}

// until is the time from which on a device may be tried.
func (a *CodeAttempts) until(device string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.devices[device].Until()
}

func (a *CodeAttempts) failed(device, request string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sweep(now)
	before := a.devices[device]
	if before.Wrong > 0 && before.request == request {
		return
	}
	a.devices[device] = codeAttempts{before.Failed(now), request}
}

// sweep forgets what does not count any more, at most once an hour.
func (a *CodeAttempts) sweep(now time.Time) {
	if a.devices == nil {
		a.devices = map[string]codeAttempts{}
	}
	if now.Sub(a.swept) < time.Hour {
		return
	}
	a.swept = now
	for device, tried := range a.devices {
		if tried.Forgotten(now) {
			delete(a.devices, device)
		}
	}
}

func (a *CodeAttempts) succeeded(device string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.devices, device)
}

// ErrTooManyCodes is the cause of an error for a device that is refused for a while.
var ErrTooManyCodes = errors.New("too many wrong codes")

// TryCode carries out try, which takes codes of an MFA device for a user or root,
// unless too many wrong ones came before. Where try answers
// InvalidAuthenticationCode that counts as one more.
func (c *Call) TryCode(ownerID, serial string, try func() error) error {
	device := c.triedDevice(ownerID, serial)
	if until := c.Tools.Codes.until(device); c.Now.Before(until) {
		return apierror.New(apierror.InvalidAuthenticationCode,
			"Too many wrong authentication codes in a row; the device is refused until %s.", until.UTC().Format(time.RFC3339)).Because(ErrTooManyCodes)
	}
	err := try()
	if errors.Is(err, apierror.InvalidAuthenticationCode) {
		c.Tools.Codes.failed(device, c.RequestID, c.Now)
	}
	return err
}

// CodeUsed ends the row of wrong codes of a device: a right one was used.
func (c *Call) CodeUsed(ownerID, serial string) {
	c.Tools.Codes.succeeded(c.triedDevice(ownerID, serial))
}

// triedDevice names a device for whom it is tried, so that nobody learns what is
// tried on the devices of others. No id has a blank in it.
func (c *Call) triedDevice(ownerID, serial string) string {
	return c.Caller.Account + " " + ownerID + " " + serial
}

// begin counts an attempt as a wrong one, unless too many came before; until is then
// the time from which on the next may be made.
func (a *CodeAttempts) begin(what, request string, now time.Time) (until time.Time, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sweep(now)
	if until = a.devices[what].Until(); now.Before(until) {
		return until, false
	}
	a.makeRoom()
	a.devices[what] = codeAttempts{a.devices[what].Failed(now), request}
	return until, true
}

// takeBack uncounts an attempt that begin has counted.
func (a *CodeAttempts) takeBack(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	tried := a.devices[what]
	if tried.Wrong <= 1 {
		delete(a.devices, what)
		return
	}
	tried.Wrong--
	a.devices[what] = tried
}

// maxAttempts is how many names are remembered. They are whatever callers write, so
// that there must be a bound; when it is reached, any one is forgotten for each new one.
const maxAttempts = 100_000

func (a *CodeAttempts) makeRoom() {
	if len(a.devices) < maxAttempts {
		return
	}
	for name := range a.devices {
		delete(a.devices, name)
		return
	}
}
