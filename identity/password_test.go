package identity_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/password"
	"github.com/keyreeve/keyreeve/identity"
)

// newPassword is a password as rules get it, compared with what is stored now.
func newPassword(t *testing.T, e identity.Editor, owner, text string) identity.NewPassword {
	t.Helper()
	h, err := password.Parameters{Memory: 8, Passes: 1, Lanes: 1}.Hash(text, bytes.NewReader(make([]byte, 64)))
	must(t, err)
	p := identity.NewPassword{Text: text, Hash: h, Same: identity.Compared{}}
	for _, stored := range e.RememberedHashes(owner) {
		known, err := password.Parse(stored)
		must(t, err)
		p.Same[stored] = known.Matches(text)
	}
	return p
}

// TestPasswordRefusals: what is refused, and in which words.
func TestPasswordRefusals(t *testing.T) {
	e := furnished(t)
	ada, err := e.User("ada")
	must(t, err)
	fresh := func(text string) identity.NewPassword { return newPassword(t, e, ada.ID, text) }
	create := func(text string, names ...string) error {
		_, err := e.CreateLoginProfile(ada.ID, "ada", fresh(text), false, names...)
		return err
	}
	current := func() string { return e.PasswordHash(ada.ID).String() }
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"none to delete", e.DeleteLoginProfile(ada.ID, "ada"), "NoSuchEntity: Login Profile for User ada cannot be found."},
		{"none to change", e.ChangePassword(ada.ID, "ada", identity.Compared{}, fresh("Correct-1")), "NoSuchEntity: Login Profile for User ada cannot be found."},
		{"empty", create(""), "PasswordPolicyViolation: Password should have a minimum length of 8"},
		{"the account's name", create("Example-1", "example-1"), "PasswordPolicyViolation: Password should not be identical to the account name or email address"},
		{"good", create("Correct-1", "example"), ""},
		{"twice", create("Correct-1"), "EntityAlreadyExists: Login Profile for user ada already exists."},
		{"deleted user", e.DeleteUser("ada"), "DeleteConflict: Cannot delete entity, must delete login profile first."},
		{"wrong old one", e.ChangePassword(ada.ID, "ada", identity.Compared{current(): false}, fresh("Correct-2")), "AccessDenied: The old password was incorrect."},
		{"old one compared with what was there before", e.ChangePassword(ada.ID, "ada", identity.Compared{"$argon2id$": true}, fresh("Correct-2")), "EntityTemporarilyUnmodifiable: Login Profile for User ada cannot be modified while login profile is being created."},
		{"no policy to delete", e.DeleteAccountPasswordPolicy(), "NoSuchEntity: The Password Policy with domain name 111122223333 cannot be found."},
	} {
		if got := refusal(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	e.UpdateAccountPasswordPolicy(&identity.PasswordPolicy{ReusePrevention: 24})
	stale := identity.NewPassword{Text: "Correct-2", Hash: fresh("Correct-2").Hash, Same: identity.Compared{}}
	if got := refusal(e.UpdateLoginProfile(ada.ID, "ada", &stale, nil)); got[:29] != "EntityTemporarilyUnmodifiable" {
		t.Errorf("not compared with what may not be used again: %q", got)
	}
	if p, ok := e.PasswordPolicy(); !ok || p.MinimumLength != 6 {
		t.Errorf("the least length is %+v, want the API's default of 6", p)
	}
}

// TestPasswordState: what a right password opens, by its age.
func TestPasswordState(t *testing.T) {
	e := furnished(t)
	ada, err := e.User("ada")
	must(t, err)
	_, err = e.CreateLoginProfile(ada.ID, "ada", newPassword(t, e, ada.ID, "Correct-1"), false)
	must(t, err)
	must(t, e.SetRootPassword(newPassword(t, e, e.ID, "Correct-1")))
	day := 24 * time.Hour
	for _, c := range []struct {
		name   string
		policy *identity.PasswordPolicy
		owner  string
		after  time.Duration
		want   identity.PasswordState
	}{
		{"without an age", &identity.PasswordPolicy{}, ada.ID, 10000 * day, identity.PasswordValid},
		{"on the last day", &identity.PasswordPolicy{MaxAge: 90}, ada.ID, 90*day - 1, identity.PasswordValid},
		{"after it", &identity.PasswordPolicy{MaxAge: 90}, ada.ID, 90 * day, identity.PasswordReplaced},
		{"after it, hard", &identity.PasswordPolicy{MaxAge: 90, HardExpiry: true}, ada.ID, 90 * day, identity.PasswordRefused},
		{"hard without an age", &identity.PasswordPolicy{HardExpiry: true}, ada.ID, 10000 * day, identity.PasswordValid},
		{"root's", &identity.PasswordPolicy{MaxAge: 90, HardExpiry: true}, e.ID, 90 * day, identity.PasswordValid},
		{"nobody's", &identity.PasswordPolicy{}, "AIDANOBODY", 0, identity.PasswordRefused},
	} {
		e.UpdateAccountPasswordPolicy(c.policy)
		if got := e.PasswordStateOf(c.owner, now.Add(c.after)); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
