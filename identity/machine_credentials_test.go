package identity

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

func dumpCredentials(all map[string]string, s *state.Snapshot) {
	dumpKind(all, s, sshPublicKeys)
	dumpKind(all, s, signingCertificates)
	dumpKind(all, s, serverCertificates)
	dumpKind(all, s, serverCertificateKeys)
	dumpKind(all, s, serviceCredentials)
	dumpKind(all, s, serviceCredentialSecrets)
}

const somePasswords = "codecommit.amazonaws.com"

func (m *machine) createPassword(t *rapid.T, user string) {
	u := m.find("user", user)
	want := first(u == nil, apierror.NoSuchEntity)
	if want == "" && len(u.services) >= smallQuotas["ServiceSpecificCredentialsPerUserQuota"] {
		want = apierror.LimitExceeded
	}
	var id string
	created := m.run(t, want, func(e Editor) error {
		c, _, err := e.CreateServiceCredential(user, somePasswords, nil)
		if err == nil {
			id = c.ID
		}
		return err
	})
	if created {
		u.services = append(u.services, id)
	}
}

func (m *machine) deletePassword(t *rapid.T, user string, number int) {
	u := m.find("user", user)
	id := "ACCA0"
	if u != nil && number < len(u.services) {
		id = u.services[number]
	}
	deleted := m.run(t, first(id == "ACCA0", apierror.NoSuchEntity), func(e Editor) error {
		known, err := e.User(user)
		if err != nil {
			return err
		}
		return e.DeleteServiceCredential(known.ID, user, id)
	})
	if deleted {
		u.services = slices.Delete(u.services, number, number+1)
	}
}

// servicesOf is a line of picture.
func servicesOf(a Account, u *User) string {
	ids := []string{}
	for _, c := range a.ServiceCredentialsOf(u.ID) {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return fmt.Sprint("service credentials of ", u.Name, " ", ids)
}

// credentialOrphans tells of credentials that belong to nobody, of such without a
// secret and of secrets without one, and of two with the same name.
func credentialOrphans(a Account) (wrong []string) {
	s := a.snapshot()
	names := map[string]bool{}
	for id, c := range serviceCredentials.All(s) {
		name := serviceName(c.Service, c.Name)
		if _, ok := a.UserByID(c.UserID); !ok || id != c.ID || names[name] || !serviceCredentialSecrets.Has(s, id) {
			wrong = append(wrong, "service credential "+id)
		}
		names[name] = true
	}
	if serviceCredentialSecrets.Count(s) != serviceCredentials.Count(s) {
		wrong = append(wrong, "a secret of no service credential")
	}
	return wrong
}
