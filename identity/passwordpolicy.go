package identity

import (
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/password"
)

// The limits of a password policy, as the API model has them.
const (
	leastMinimumLength = 6
	mostReusePrevented = 24
)

// PasswordPolicy is the account's password policy, if it has set one.
func (a Account) PasswordPolicy() (*PasswordPolicy, bool) {
	return passwordPolicies.Get(a.snapshot(), "")
}

// NoPasswordPolicy is the error where an account has set none.
func (a Account) NoPasswordPolicy() error {
	return apierror.New(apierror.NoSuchEntity, "The Password Policy with domain name %s cannot be found.", a.ID)
}

// rules are those that the policy asks of a password.
func (p *PasswordPolicy) rules() password.Policy {
	return password.Policy{
		MinimumLength: p.MinimumLength, RequireSymbols: p.RequireSymbols, RequireNumbers: p.RequireNumbers,
		RequireUppercase: p.RequireUppercase, RequireLowercase: p.RequireLowercase, MaxAge: p.MaxAge, HardExpiry: p.HardExpiry,
	}
}

// UpdateAccountPasswordPolicy sets what the account asks of passwords, as a whole.
// Passwords that are set stay; their age counts at once.
func (e Editor) UpdateAccountPasswordPolicy(p *PasswordPolicy) {
	if p.MinimumLength == 0 {
		p.MinimumLength = leastMinimumLength // the API's default
	}
	passwordPolicies.Put(e.draft, e.aggregate, "", p)
}

// DeleteAccountPasswordPolicy goes back to the default policy.
func (e Editor) DeleteAccountPasswordPolicy() error {
	if _, ok := e.PasswordPolicy(); !ok {
		return e.NoPasswordPolicy()
	}
	passwordPolicies.Delete(e.draft, e.aggregate, "")
	return nil
}

// CheckPassword refuses a password that the account's policy does not allow, or the
// default policy where it has set none: that one refuses names, too, which are those
// that the account is known by.
// Root's is measured by the default policy: password policies are for users.
func (a Account) CheckPassword(ownerID, text string, names ...string) error {
	if p, ok := a.PasswordPolicy(); ok && ownerID != a.rootID() {
		return p.rules().Check(text)
	}
	return password.CheckDefault(text, names...)
}

// reusePrevention is how many passwords of an owner may not be used again.
func (a Account) reusePrevention(ownerID string) int {
	if p, ok := a.PasswordPolicy(); ok && ownerID != a.rootID() {
		return min(p.ReusePrevention, mostReusePrevented)
	}
	return 0
}
