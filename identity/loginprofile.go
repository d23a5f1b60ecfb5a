package identity

import (
	"encoding/hex"
	"io"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/password"
)

// NewPassword is a password that is to be set. Hashing takes long, and rules must
// not: it is done before, over an earlier state of the account. A rule refuses what
// was found out about another state than the one that it sees.
type NewPassword struct {
	Text string
	Hash password.Hash
	// Same tells of stored hashes whether they are of this password.
	Same Compared
}

// Compared tells of stored hashes whether they are of the password that was
// presented.
type Compared map[string]bool

// LoginProfile is the login profile of a user, or of root where the id is the
// account's number.
func (a Account) LoginProfile(ownerID string) (*LoginProfile, bool) {
	return loginProfiles.Get(a.snapshot(), ownerID)
}

// NoLoginProfile is the error for an owner without a password; name is as it is shown.
func NoLoginProfile(name string) error {
	return apierror.New(apierror.NoSuchEntity, "Login Profile for User %s cannot be found.", name)
}

// LoginProfileExists is the error for an owner that has a password already.
func LoginProfileExists(name string) error {
	return apierror.New(apierror.EntityAlreadyExists, "Login Profile for user %s already exists.", name)
}

// PasswordHash is the hash of an owner's password; the zero Hash if it has none.
func (a Account) PasswordHash(ownerID string) password.Hash {
	p, ok := passwords.Get(a.snapshot(), ownerID)
	if !ok {
		return password.Hash{}
	}
	h, err := password.Parse(p.Hash)
	if err != nil {
		return password.Hash{} // which no password matches
	}
	return h
}

// HasPassword tells whether an owner has a password. The login profile of root may be
// without one, see [Editor.AllowRootPassword].
func (a Account) HasPassword(ownerID string) bool { return passwords.Has(a.snapshot(), ownerID) }

// RememberedHashes are the hashes of the passwords that an owner may not use again,
// the one in use first.
func (a Account) RememberedHashes(ownerID string) []string {
	p, ok := passwords.Get(a.snapshot(), ownerID)
	n := a.reusePrevention(ownerID)
	if !ok || n == 0 {
		return nil
	}
	all := append([]string{p.Hash}, p.Earlier...)
	return all[:min(n, len(all))]
}

// CreateLoginProfile gives an owner that has no password one.
func (e Editor) CreateLoginProfile(ownerID, name string, p NewPassword, resetRequired bool, names ...string) (*LoginProfile, error) {
	if loginProfiles.Has(e.snapshot(), ownerID) {
		return nil, LoginProfileExists(name)
	}
	l := &LoginProfile{OwnerID: ownerID, CreateDate: e.Now, ResetRequired: resetRequired}
	return l, e.setPassword(l, p, names)
}

// AllowRootPassword gives root a login profile without a password: nobody can sign in by
// it until the password is set in another way (IAM User Guide, "Perform a privileged
// task on an AWS Organizations member account": allow password recovery).
func (e Editor) AllowRootPassword() (*LoginProfile, error) {
	if loginProfiles.Has(e.snapshot(), e.rootID()) {
		return nil, LoginProfileExists("root")
	}
	l := &LoginProfile{OwnerID: e.rootID(), CreateDate: e.Now}
	loginProfiles.Put(e.draft, e.aggregate, l.OwnerID, l)
	return l, nil
}

// UpdateLoginProfile gives an owner another password, requires one to be chosen, or
// both. What is nil stays.
func (e Editor) UpdateLoginProfile(ownerID, name string, p *NewPassword, resetRequired *bool, names ...string) error {
	l, ok := e.LoginProfile(ownerID)
	if !ok {
		return NoLoginProfile(name)
	}
	next := *l
	if resetRequired != nil {
		next.ResetRequired = *resetRequired
	}
	if p != nil {
		return e.setPassword(&next, *p, names)
	}
	loginProfiles.Put(e.draft, e.aggregate, ownerID, &next)
	return nil
}

// DeleteLoginProfile takes an owner's password away, with all that is remembered of
// earlier ones.
func (e Editor) DeleteLoginProfile(ownerID, name string) error {
	if !loginProfiles.Has(e.snapshot(), ownerID) {
		return NoLoginProfile(name)
	}
	loginProfiles.Delete(e.draft, e.aggregate, ownerID)
	passwords.Delete(e.draft, e.aggregate, ownerID)
	return nil
}

// ChangePassword replaces a password by its owner, who has shown the old one.
func (e Editor) ChangePassword(ownerID, name string, old Compared, p NewPassword, names ...string) error {
	l, ok := e.LoginProfile(ownerID)
	if !ok {
		return NoLoginProfile(name)
	}
	stored, ok := passwords.Get(e.snapshot(), ownerID)
	if !ok {
		return NoLoginProfile(name)
	}
	same, compared := old[stored.Hash]
	if !compared {
		return passwordMoved(name)
	}
	if !same {
		return WrongOldPassword()
	}
	next := *l
	next.ResetRequired = false
	return e.setPassword(&next, p, names)
}

// WrongOldPassword is the error for whoever does not know the password that is to be
// replaced.
func WrongOldPassword() error {
	return apierror.New(apierror.AccessDenied, "The old password was incorrect.")
}

// passwordMoved is the error where a password was set while another was being
// hashed: whoever tries again meets the new one.
func passwordMoved(name string) error {
	return apierror.New(apierror.EntityTemporarilyUnmodifiable, "Login Profile for User %s cannot be modified while login profile is being created.", name)
}

// setPassword puts a login profile with a new password.
func (e Editor) setPassword(l *LoginProfile, p NewPassword, names []string) error {
	if err := e.CheckPassword(l.OwnerID, p.Text, names...); err != nil {
		return err
	}
	for _, h := range e.RememberedHashes(l.OwnerID) {
		same, compared := p.Same[h]
		if !compared {
			return passwordMoved(l.OwnerID)
		}
		if same {
			return apierror.New(password.Violation, "Password has been used before")
		}
	}
	var stamp [16]byte
	if _, err := io.ReadFull(e.Random, stamp[:]); err != nil {
		return err
	}
	l.Changed, l.Stamp = e.Now, hex.EncodeToString(stamp[:])
	loginProfiles.Put(e.draft, e.aggregate, l.OwnerID, l)
	next := &Password{Hash: p.Hash.String()}
	if n := e.reusePrevention(l.OwnerID); n > 1 {
		earlier := e.RememberedHashes(l.OwnerID)
		next.Earlier = earlier[:min(n-1, len(earlier))]
	}
	passwords.Put(e.draft, e.aggregate, l.OwnerID, next)
	return nil
}

// PasswordState is what a right password opens at a time.
type PasswordState uint8

// The states of a password. The zero value opens nothing.
const (
	PasswordRefused  PasswordState = iota // there is none, or it is so old that an administrator must replace it
	PasswordValid                         // it opens a session
	PasswordReplaced                      // another one must be chosen before: it is too old, or its first use was this
)

// PasswordStateOf is the state of an owner's password. Root's does not expire:
// password policies are for users (IAM User Guide, "Set an account password policy").
func (a Account) PasswordStateOf(ownerID string, now time.Time) PasswordState {
	l, ok := a.LoginProfile(ownerID)
	if !ok {
		return PasswordRefused
	}
	if p, ok := a.PasswordPolicy(); ok && ownerID != a.rootID() {
		if p.rules().HardExpired(l.Changed, now) {
			return PasswordRefused
		}
		if p.rules().Expired(l.Changed, now) {
			return PasswordReplaced
		}
	}
	if l.ResetRequired {
		return PasswordReplaced
	}
	return PasswordValid
}

// SetRootPassword gives root a password, whether it had one or not.
func (e Editor) SetRootPassword(p NewPassword, names ...string) error {
	l := &LoginProfile{OwnerID: e.rootID(), CreateDate: e.Now}
	if before, ok := e.LoginProfile(e.rootID()); ok {
		l.CreateDate = before.CreateDate
	}
	return e.setPassword(l, p, names)
}
