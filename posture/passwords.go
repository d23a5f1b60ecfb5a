package posture

import (
	"strconv"

	"github.com/keyreeve/keyreeve/identity"
)

// What the benchmarks ask of a password policy.
const (
	longEnough = 14 // CIS 1.7
	remembered = 24 // CIS 1.8
)

// withPasswords visits the users who can sign in with a password.
func (s *subject) withPasswords(each func(*identity.User, *identity.LoginProfile)) {
	for _, u := range s.Users("/", "") {
		if l, ok := s.LoginProfile(u.ID); ok {
			each(u, l)
		}
	}
}

func passwordsWithoutMFA(s *subject) (found []Finding) {
	s.withPasswords(func(u *identity.User, _ *identity.LoginProfile) {
		if len(s.MFADevicesOf(u.ID)) == 0 {
			found = append(found, Finding{
				Resource: s.UserARN(u), Evidence: "a password, no MFA device",
				Mend: "aws iam create-virtual-mfa-device --virtual-mfa-device-name " + u.Name + " --bootstrap-method QRCodePNG --outfile " + u.Name + ".png, then aws iam enable-mfa-device --user-name " + u.Name,
			})
		}
	})
	return found
}

func oldPasswords(s *subject) (found []Finding) {
	s.withPasswords(func(u *identity.User, l *identity.LoginProfile) {
		if s.olderThan(l.Changed, rotated) {
			found = append(found, Finding{
				Resource: s.UserARN(u), Evidence: "the password was set " + days(s.age(l.Changed)) + " ago",
				Mend: "aws iam update-login-profile --password-reset-required --user-name " + u.Name,
			})
		}
	})
	return found
}

func unusedPasswords(s *subject) (found []Finding) {
	s.withPasswords(func(u *identity.User, l *identity.LoginProfile) {
		if last, words := s.lastUse("password", u.ID, l.CreateDate); s.olderThan(last, unused) {
			found = append(found, Finding{
				Resource: s.UserARN(u), Evidence: "the password " + words,
				Mend: "aws iam delete-login-profile --user-name " + u.Name,
			})
		}
	})
	return found
}

// The commands set the one thing that they are about: the others that the policy has
// are to be named with it, as it is set as a whole.
const setPolicy = "aws iam update-account-password-policy "

func shortPasswords(s *subject) []Finding {
	evidence := "no password policy: 8 characters are enough"
	if p, ok := s.PasswordPolicy(); ok {
		if p.MinimumLength >= longEnough {
			return nil
		}
		evidence = strconv.Itoa(p.MinimumLength) + " characters are enough"
	}
	return []Finding{{Resource: s.RootARN(), Evidence: evidence, Mend: setPolicy + "--minimum-password-length " + strconv.Itoa(longEnough) + ", with what else the policy has"}}
}

func reusedPasswords(s *subject) []Finding {
	evidence := "no password policy: no password is remembered"
	if p, ok := s.PasswordPolicy(); ok {
		if p.ReusePrevention >= remembered {
			return nil
		}
		evidence = strconv.Itoa(p.ReusePrevention) + " passwords are remembered"
	}
	return []Finding{{Resource: s.RootARN(), Evidence: evidence, Mend: setPolicy + "--password-reuse-prevention " + strconv.Itoa(remembered) + ", with what else the policy has"}}
}
