package totp

import "time"

const (
	// FreeAttempts is how many wrong codes in a row make no difference.
	FreeAttempts = 5
	firstWait    = time.Minute
	longestWait  = time.Hour
	// forgotten is how long after the last wrong code all of them are forgotten.
	forgotten = 24 * time.Hour
)

// Attempts are the wrong codes that were tried on a device in a row.
type Attempts struct {
	Wrong int
	Last  time.Time
}

// Until is the time from which on the device may be tried again: at once up to
// [FreeAttempts] wrong codes, then after a minute, which doubles with each further
// one up to an hour. Whoever goes on guessing gets some 30 guesses a day.
func (a Attempts) Until() time.Time {
	if a.Wrong < FreeAttempts {
		return time.Time{}
	}
	wait := longestWait
	if doublings := a.Wrong - FreeAttempts; doublings < 6 {
		wait = min(firstWait<<doublings, longestWait)
	}
	return a.Last.Add(wait)
}

// Failed is a with one more wrong code.
func (a Attempts) Failed(now time.Time) Attempts {
	if a.Forgotten(now) {
		a = Attempts{}
	}
	return Attempts{Wrong: a.Wrong + 1, Last: now}
}

// Forgotten tells whether it is so long ago that it does not count any more.
func (a Attempts) Forgotten(now time.Time) bool { return now.Sub(a.Last) >= forgotten }
