package posture

import (
	"fmt"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/identity"
)

// Severity is how grave it is that a check fails.
type Severity int

// The severities, from the mildest on.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

var severities = map[Severity]string{Low: "low", Medium: "medium", High: "high", Critical: "critical"}

// String is the severity in lower case.
func (s Severity) String() string { return severities[s] }

// ParseSeverity reads what String writes.
func ParseSeverity(text string) (Severity, error) {
	for s, name := range severities {
		if name == text {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%q is none of low, medium, high and critical", text)
}

// Check is one thing that good practice asks for.
type Check struct {
	ID       string // "access-key-age"
	Title    string // what should be so
	Severity Severity
	Sources  []string // "CIS 1.14", "PCI DSS 8.6.3", "Security Hub IAM.3"
	Why      string   // what may happen otherwise

	find func(s *subject) []Finding
}

// Finding is something that does not comply with a check.
type Finding struct {
	Resource string // ARN
	Evidence string // what was seen
	Mend     string // the command that mends it, or what to do
}

// Result is a check with what it found.
type Result struct {
	*Check
	Findings []Finding
}

// Uses tells when something was last used, by the kind and the subject that the
// store counts uses by.
type Uses func(kind, subject string) (time.Time, bool)

// Of checks an account.
func Of(a identity.Account, now time.Time, uses Uses) []Result {
	s := &subject{Account: a, now: now, uses: uses}
	results := make([]Result, len(Checks))
	for i := range Checks {
		results[i] = Result{&Checks[i], Checks[i].find(s)}
	}
	return results
}

// subject is the account that is looked at.
type subject struct {
	identity.Account
	now  time.Time
	uses Uses
}

const day = 24 * time.Hour

// The ages that the benchmarks name.
const (
	rotated = 90 * day // CIS 1.14; PCI DSS 8.3.9
	unused  = 45 * day // CIS 1.12
	idle    = 90 * day // PCI DSS 7.2.5.1 and 8.2.6
)

// age is how many days ago something was.
func (s *subject) age(t time.Time) int { return int(s.now.Sub(t) / day) }

func (s *subject) olderThan(t time.Time, limit time.Duration) bool { return s.now.Sub(t) > limit }

// lastUse is when something was last used, or else made, and the words for it.
func (s *subject) lastUse(kind, id string, made time.Time) (time.Time, string) {
	if t, ok := s.uses(kind, id); ok && !t.Before(made) {
		return t, "was last used " + days(s.age(t)) + " ago"
	}
	return made, "was made " + days(s.age(made)) + " ago and never used"
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// list is "a", "a and b" or "a, b and 3 more".
func list(names []string) string {
	const shown = 3
	switch n := len(names); {
	case n > shown:
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more", n-shown)
	case n > 1:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}
