package password

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
)

// message is what a refusal says, or "" for none.
func message(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *apierror.Error
	if !errors.As(err, &e) || !errors.Is(err, Violation) {
		t.Fatalf("%v is no %s", err, Violation)
	}
	return e.Message
}

func TestPolicy(t *testing.T) {
	all := Policy{MinimumLength: 6, RequireSymbols: true, RequireNumbers: true, RequireUppercase: true, RequireLowercase: true}
	for _, c := range []struct {
		name, password string
		policy         Policy
		want           string
	}{
		{"nothing required", "aaaaaa", Policy{MinimumLength: 6}, ""},
		{"all kinds", "aB3$ef", all, ""},
		{"short", "aB3$e", all, "Password should have a minimum length of 6"},
		{"length in characters", "éééééé", Policy{MinimumLength: 7}, "Password should have a minimum length of 7"},
		{"no upper case", "ab3$ef", all, "Password should have at least one uppercase letter"},
		{"no lower case", "AB3$EF", all, "Password should have at least one lowercase letter"},
		{"no number", "aBc$ef", all, "Password should have at least one number"},
		{"no symbol", "aB3def", all, "Password should have at least one symbol"},
		{"a sign that is not on the list", "aB3~ef", all, "Password should have at least one symbol"},
		{"letters beyond A to Z", "éÉ3$ÀÀ", all, "Password should have at least one uppercase letter, Password should have at least one lowercase letter"},
		{"longest", strings.Repeat("é", 128), Policy{MinimumLength: 6}, ""},
		{"too long", strings.Repeat("a", 129), Policy{MinimumLength: 6}, "Password should have a maximum length of 128"},
		{"not Latin-1", "aB3$efΩ", all, "Password has characters that are not allowed"},
		{"control character", "aB3$ef\x00", all, "Password has characters that are not allowed"},
		{"not UTF-8", "aB3$ef\xff", all, "Password has characters that are not allowed"},
		{"empty under the zero policy", "", Policy{}, "Password should have a minimum length of 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := message(t, c.policy.Check(c.password)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDefaultPolicy(t *testing.T) {
	for password, want := range map[string]string{
		"abcdEF12":    "",
		"abcd$$12":    "",
		"aB3$efg":     "Password should have a minimum length of 8",
		"abcdef12":    "Password should meet 1 more of the following requirements: Password should have at least one uppercase letter, Password should have at least one symbol",
		"éééééééé":    "Password should meet 3 more of the following requirements: Password should have at least one uppercase letter, Password should have at least one lowercase letter, Password should have at least one number, Password should have at least one symbol",
		"Example-1":   "Password should not be identical to the account name or email address",
		"example-1A":  "",
		"EXAMPLE-1":   "",
		"Example-1\t": "",
	} {
		names := []string{"Example-1", "root@example.com"}
		if password == "EXAMPLE-1" {
			names = nil
		}
		if got := message(t, CheckDefault(password, names...)); got != want {
			t.Errorf("%q: got %q, want %q", password, got, want)
		}
	}
	if CheckDefault("EXAMPLE-1a", "Example-1A") == nil {
		t.Error("the account's name in other case is allowed")
	}
}

func TestExpiry(t *testing.T) {
	set := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	end := set.Add(90 * 24 * time.Hour)
	for _, c := range []struct {
		policy        Policy
		now           time.Time
		expired, hard bool
	}{
		{Policy{}, end.AddDate(100, 0, 0), false, false},
		{Policy{HardExpiry: true}, end.AddDate(100, 0, 0), false, false},
		{Policy{MaxAge: 90}, end.Add(-1), false, false},
		{Policy{MaxAge: 90}, end, true, false},
		{Policy{MaxAge: 90, HardExpiry: true}, end.Add(-1), false, false},
		{Policy{MaxAge: 90, HardExpiry: true}, end, true, true},
	} {
		if got := c.policy.Expired(set, c.now); got != c.expired {
			t.Errorf("%+v at %v: expired is %v", c.policy, c.now, got)
		}
		if got := c.policy.HardExpired(set, c.now); got != c.hard {
			t.Errorf("%+v at %v: hard expired is %v", c.policy, c.now, got)
		}
	}
}
