package identity

import (
	"math/rand/v2"
	"slices"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/password"
	"github.com/keyreeve/keyreeve/state"
)

func dumpPasswords(all map[string]string, s *state.Snapshot) {
	dumpKind(all, s, loginProfiles)
	dumpKind(all, s, passwords)
	dumpKind(all, s, passwordPolicies)
}

// modelPasswords are passwords to choose from: the first is too short for the policies
// of the model, the second for the default alone.
var modelPasswords = []string{"short", "simple-word", "Correct-1", "Correct-2", "Correct-3"}

// modelHashes are the hashes of modelPasswords.
var modelHashes = func() (hashes []password.Hash) {
	for i, text := range modelPasswords {
		h, err := password.Parameters{Memory: 8, Passes: 1, Lanes: 1}.Hash(text, rand.NewChaCha8([32]byte{byte(i)}))
		if err != nil {
			panic(err)
		}
		hashes = append(hashes, h)
	}
	return hashes
}()

// presented is a password of modelPasswords as rules get it.
func presented(i int) (NewPassword, Compared) {
	same := Compared{}
	for k, h := range modelHashes {
		same[h.String()] = k == i
	}
	return NewPassword{Text: modelPasswords[i], Hash: modelHashes[i], Same: same}, same
}

// violates tells whether the password that is set would be refused.
func (m *machine) violates(u *thing, i int) bool {
	if m.reuse < 0 { // there is no policy
		return i < 2
	}
	return i == 0 || slices.Contains(u.passwords[:min(m.reuse, len(u.passwords))], i)
}

// chosen is that a password was set.
func (m *machine) chosen(u *thing, i int) {
	u.passwords = append([]int{i}, u.passwords[:min(max(m.reuse-1, 0), len(u.passwords))]...)
}

func (m *machine) createProfile(t *rapid.T, user string, i int) {
	u := m.find("user", user)
	want := first(u == nil, apierror.NoSuchEntity)
	if u != nil {
		want = first(len(u.passwords) > 0, apierror.EntityAlreadyExists, m.violates(u, i), password.Violation)
	}
	p, _ := presented(i)
	if m.run(t, want, func(e Editor) error {
		known, err := e.User(user)
		if err != nil {
			return err
		}
		_, err = e.CreateLoginProfile(known.ID, known.Name, p, false)
		return err
	}) {
		m.chosen(u, i)
	}
}

func (m *machine) deleteProfile(t *rapid.T, user string) {
	u := m.find("user", user)
	if m.run(t, first(u == nil || len(u.passwords) == 0, apierror.NoSuchEntity), func(e Editor) error {
		known, err := e.User(user)
		if err != nil {
			return err
		}
		return e.DeleteLoginProfile(known.ID, known.Name)
	}) {
		u.passwords = nil
	}
}

// changePassword is by the user, who shows one, or by somebody else if shown is -1.
func (m *machine) changePassword(t *rapid.T, user string, shown, i int) {
	u := m.find("user", user)
	want := first(u == nil || len(u.passwords) == 0, apierror.NoSuchEntity)
	if want == "" {
		want = first(shown >= 0 && u.passwords[0] != shown, apierror.AccessDenied, m.violates(u, i), password.Violation)
	}
	p, _ := presented(i)
	if m.run(t, want, func(e Editor) error {
		known, err := e.User(user)
		if err != nil {
			return err
		}
		if shown < 0 {
			return e.UpdateLoginProfile(known.ID, known.Name, &p, nil)
		}
		_, old := presented(shown)
		return e.ChangePassword(known.ID, known.Name, old, p)
	}) {
		m.chosen(u, i)
	}
}

// setPasswordPolicy makes a policy that remembers so many passwords; -1 takes it away.
func (m *machine) setPasswordPolicy(t *rapid.T, reuse int) {
	want := first(reuse < 0 && m.reuse < 0, apierror.NoSuchEntity)
	if m.run(t, want, func(e Editor) error {
		if reuse < 0 {
			return e.DeleteAccountPasswordPolicy()
		}
		e.UpdateAccountPasswordPolicy(&PasswordPolicy{ReusePrevention: reuse})
		return nil
	}) {
		m.reuse = reuse
	}
}

func (m *machine) passwordActions() map[string]func(*rapid.T) {
	which := rapid.IntRange(0, len(modelPasswords)-1)
	return map[string]func(*rapid.T){
		"create login profile": func(t *rapid.T) { m.createProfile(t, someNames.Draw(t, "user"), which.Draw(t, "password")) },
		"delete login profile": func(t *rapid.T) { m.deleteProfile(t, someNames.Draw(t, "user")) },
		"change password": func(t *rapid.T) {
			m.changePassword(t, someNames.Draw(t, "user"), rapid.IntRange(-1, len(modelPasswords)-1).Draw(t, "shown"), which.Draw(t, "password"))
		},
		"password policy": func(t *rapid.T) { m.setPasswordPolicy(t, rapid.IntRange(-1, 3).Draw(t, "reuse")) },
	}
}
