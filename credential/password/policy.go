package password

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/keyreeve/keyreeve/apierror"
)

// Violation is the code of a password that a policy refuses.
const Violation apierror.Code = "PasswordPolicyViolation"

// Policy is an account's password policy, as UpdateAccountPasswordPolicy sets it.
// It replaces the default policy as a whole: what is not asked for is not needed.
type Policy struct {
	MinimumLength    int // 6 to 128
	RequireSymbols   bool
	RequireNumbers   bool
	RequireUppercase bool
	RequireLowercase bool
	MaxAge           int // days, 1 to 1095; 0 is without end
	HardExpiry       bool
}

// MaximumLength is the most characters that a password may have.
const MaximumLength = 128

// defaultLength is the least that an account without a policy of its own asks for.
const defaultLength = 8

// A kind of character, and what is said where it is missing.
type kind struct {
	characters, missing string
}

// The kinds that the documentation of the password policy names. The symbols are
// its list: another character that is no letter and no digit is not counted. The
// wording for upper case and symbols is what AWS was seen to answer (a pull
// request of redhat-cop/agnosticd, number 6594); the others are worded alike.
var (
	uppercase = kind{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "Password should have at least one uppercase letter"}
	lowercase = kind{"abcdefghijklmnopqrstuvwxyz", "Password should have at least one lowercase letter"}
	number    = kind{"0123456789", "Password should have at least one number"}
	symbol    = kind{"!@#$%^&*()_+-=[]{}|'", "Password should have at least one symbol"}
)

// without lists what is said of the kinds that a password has no character of.
func without(password string, kinds ...kind) []string {
	var missing []string
	for _, k := range kinds {
		if !strings.ContainsAny(password, k.characters) {
			missing = append(missing, k.missing)
		}
	}
	return missing
}

// Check refuses a password that the policy does not allow.
func (p Policy) Check(password string) error {
	if err := checkForm(password, p.MinimumLength); err != nil {
		return err
	}
	var kinds []kind
	for _, r := range []struct {
		required bool
		kind     kind
	}{{p.RequireUppercase, uppercase}, {p.RequireLowercase, lowercase}, {p.RequireNumbers, number}, {p.RequireSymbols, symbol}} {
		if r.required {
			kinds = append(kinds, r.kind)
		}
	}
	if missing := without(password, kinds...); missing != nil {
		return apierror.New(Violation, "%s", strings.Join(missing, ", "))
	}
	return nil
}

// CheckDefault refuses a password that the default policy does not allow, which
// an account has that set none: eight characters, three of the four kinds, and
// not the same as one of names, the account's name and e-mail address. Case is
// ignored there, which is stricter than the documentation says.
func CheckDefault(password string, names ...string) error {
	if err := checkForm(password, defaultLength); err != nil {
		return err
	}
	missing := without(password, uppercase, lowercase, number, symbol)
	if more := len(missing) - 1; more > 0 {
		return apierror.New(Violation, "Password should meet %d more of the following requirements: %s", more, strings.Join(missing, ", "))
	}
	for _, name := range names {
		if strings.EqualFold(password, name) {
			return apierror.New(Violation, "Password should not be identical to the account name or email address")
		}
	}
	return nil
}

// checkForm refuses what is too short, too long, or has characters that the
// pattern of passwords in the API model does not name. No policy allows an empty
// password, not even the zero Policy.
func checkForm(password string, minimum int) error {
	length := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsFunc(password, notAllowed):
		return apierror.New(Violation, "Password has characters that are not allowed")
	case length < max(minimum, 1):
		return apierror.New(Violation, "%s", "Password should have a minimum length of "+strconv.Itoa(max(minimum, 1)))
	case length > MaximumLength:
		return apierror.New(Violation, "%s", "Password should have a maximum length of "+strconv.Itoa(MaximumLength))
	}
	return nil
}

func notAllowed(r rune) bool {
	return r > 0xFF || r < 0x20 && r != '\t' && r != '\n' && r != '\r'
}

// Expired says that a password that was set at a time is too old to sign in with.
func (p Policy) Expired(set, now time.Time) bool {
	return p.MaxAge > 0 && !now.Before(set.Add(time.Duration(p.MaxAge)*24*time.Hour))
}

// HardExpired says that it is so old that its user may not replace it either; an
// administrator has to.
func (p Policy) HardExpired(set, now time.Time) bool { return p.HardExpiry && p.Expired(set, now) }
