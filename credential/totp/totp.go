package totp

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	// SeedLength is the length of a seed in bytes: AWS's base32 seeds have 64
	// characters.
	SeedLength = 40
	// Period is how long a step lasts.
	Period = 30 * time.Second
	// Window is how many steps before and after the device's own a code may be of.
	Window = 1
	// SyncWindow is how many steps two successive codes may be off: ten minutes.
	SyncWindow = 20

	digits  = 6
	modulus = 1_000_000
)

// Seed is the secret of a device.
type Seed []byte

// NewSeed draws a seed.
func NewSeed(random io.Reader) (Seed, error) {
	s := make(Seed, SeedLength)
	if _, err := io.ReadFull(random, s); err != nil {
		return nil, fmt.Errorf("reading randomness for a seed: %w", err)
	}
	return s, nil
}

// shortestSeed is the length of the shared secret that RFC 4226, section 4, requires.
const shortestSeed = 16

// ParseSeed reads the seed of a hardware token in base32, as its maker tells it. Case,
// spaces, hyphens and padding make no difference.
func ParseSeed(text string) (Seed, error) {
	text = strings.TrimRight(strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(text)), "=")
	s, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil {
		return nil, errors.New("the seed is not in base32") // where exactly would tell a part of it
	}
	if len(s) < shortestSeed {
		return nil, fmt.Errorf("the seed has %d bits, and should have at least %d", 8*len(s), 8*shortestSeed)
	}
	return s, nil
}

// Base32 is the seed as it is typed into a device.
func (s Seed) Base32() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(s)
}

// Step counts periods since 1970.
type Step int64

// StepAt is the step of a time.
func StepAt(t time.Time) Step { return Step(t.Unix() / int64(Period/time.Second)) }

// Code is the code of a step (RFC 4226, section 5.3, with the step as counter).
func (s Seed) Code(step Step) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac := hmac.New(sha1.New, s)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", digits, n%modulus)
}

// State is what is remembered of a device.
type State struct {
	// Drift is by how many steps the device's clock is ahead of ours.
	Drift Step `json:"drift,omitempty"`
	// Last is the last step whose code was used.
	Last Step `json:"last,omitempty"`
}

// Verify checks a code and gives the state in which it is used up.
func (s Seed) Verify(state State, code string, now time.Time) (State, bool) {
	middle, used := StepAt(now)+state.Drift, Step(-1)
	// Where two steps have the same code the later one counts, so that the code
	// is used up in both.
	for step := middle - Window; step <= middle+Window; step++ {
		if s.is(step, code) && step > state.Last {
			used = step
		}
	}
	if used < 0 {
		return state, false
	}
	state.Last = used
	return state, true
}

// Synchronize checks the codes of two successive steps, and gives the state with
// the drift that they tell and with both used up.
func (s Seed) Synchronize(state State, first, second string, now time.Time) (State, bool) {
	middle, used := StepAt(now), Step(-1)
	was := false // whether the step before has the first code and is not used up
	for step := middle - SyncWindow - 1; step <= middle+SyncWindow; step++ {
		if s.is(step, second) && was {
			used = step
		}
		was = s.is(step, first) && step > state.Last
	}
	if used < 0 {
		return state, false
	}
	return State{Drift: used - middle, Last: used}, true
}

// is tells whether a code is that of a step.
func (s Seed) is(step Step, code string) bool {
	return subtle.ConstantTimeCompare([]byte(s.Code(step)), []byte(code)) == 1
}
