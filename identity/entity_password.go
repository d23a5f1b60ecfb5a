package identity

import (
	"time"

	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// LoginProfile says that a user, or the root user, whose OwnerID is the account's
// number, has a password.
type LoginProfile struct {
	OwnerID    string    `json:"owner"`
	CreateDate time.Time `json:"created"`
	Changed    time.Time `json:"changed"` // when the password was set
	// ResetRequired says that the password opens nothing but the choice of another.
	ResetRequired bool `json:"reset,omitempty"`
	// Stamp is drawn anew with each password. What was opened with a password
	// carries it, and is over when there is another one.
	Stamp string `json:"stamp"`
}

// Password is what is kept of the password of a login profile. It is an entity apart
// so that it stays out of history.
type Password struct {
	Hash string `json:"hash"`
	// Earlier are the hashes of the passwords before, the newest first: as many as
	// the password policy wants to be remembered.
	Earlier []string `json:"earlier,omitempty"`
}

// PasswordPolicy is what an account asks of its users' passwords.
type PasswordPolicy struct {
	MinimumLength    int  `json:"length"`
	RequireSymbols   bool `json:"symbols,omitempty"`
	RequireNumbers   bool `json:"numbers,omitempty"`
	RequireUppercase bool `json:"uppercase,omitempty"`
	RequireLowercase bool `json:"lowercase,omitempty"`
	UsersMayChange   bool `json:"change,omitempty"` // AllowUsersToChangePassword
	MaxAge           int  `json:"age,omitempty"`    // days
	ReusePrevention  int  `json:"reuse,omitempty"`  // passwords
	HardExpiry       bool `json:"hard,omitempty"`

	compiled compiled // of changeOwnPassword
}

// The kinds of passwords. A login profile and a password have the owner's id as key.
var (
	loginProfiles    = state.Define[LoginProfile](state.AccountAggregate, "login-profile", 1)
	passwords        = state.Define[Password](state.AccountAggregate, "password", 1).Secret()
	passwordPolicies = state.Define[PasswordPolicy](state.AccountAggregate, "password-policy", 1) // ""
)

// passwordKinds are the kinds of this file.
func passwordKinds() []*state.KindInfo {
	return []*state.KindInfo{loginProfiles.Info(), passwords.Info(), passwordPolicies.Info()}
}

// changeOwnPassword is what AllowUsersToChangePassword gives to every user of the
// account: to change the own password, and to read what is asked of passwords (API
// reference, PasswordPolicy). It is an identity-based policy that nobody attached:
// where a Deny, a permissions boundary or a session policy is in the way, it gives
// nothing. Only users have aws:username, so that nobody else is meant.
func (a Account) changeOwnPassword() *eval.Policy {
	p, ok := a.PasswordPolicy()
	if !ok || !p.UsersMayChange {
		return nil
	}
	return p.compiled.of(func() (string, eval.Source) {
		user := "arn:" + a.Partition + ":iam::" + a.ID + ":user/"
		return `{"Version":"2012-10-17","Statement":[` +
				`{"Sid":"ChangeOwnPassword","Effect":"Allow","Action":"iam:ChangePassword","Resource":["` + user + `${aws:username}","` + user + `*/${aws:username}"]},` +
				`{"Sid":"ReadPasswordPolicy","Effect":"Allow","Action":"iam:GetAccountPasswordPolicy","Resource":"*"}]}`,
			eval.Source{ID: "AccountPasswordPolicy", Type: policyType}
	})
}
