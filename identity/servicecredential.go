package identity

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/state"
)

// CredentialService is a service that has credentials of its own.
type CredentialService struct {
	Name string
	// APIKeys says that its credentials are API keys, which may expire; others are a
	// user name and a password.
	APIKeys bool
}

// credentialServices are the services for which IAM makes credentials (IAM API
// reference, CreateServiceSpecificCredential).
var credentialServices = map[string]CredentialService{
	"bedrock.amazonaws.com":    {"bedrock.amazonaws.com", true},
	"cassandra.amazonaws.com":  {Name: "cassandra.amazonaws.com"},
	"codecommit.amazonaws.com": {Name: "codecommit.amazonaws.com"},
}

// ServiceWithCredentials finds a service that has credentials of its own.
func ServiceWithCredentials(name string) (CredentialService, error) {
	s, ok := credentialServices[name]
	if !ok {
		return s, apierror.New(apierror.NoSuchEntity, "No such service %s is supported for Service Specific Credentials", name)
	}
	return s, nil
}

// ServiceCredential finds a service-specific credential by its id.
func (a Account) ServiceCredential(id string) (*ServiceCredential, bool) {
	return serviceCredentials.Get(a.snapshot(), id)
}

// ServiceCredentialsOf lists the service-specific credentials of a user, the oldest
// first.
func (a Account) ServiceCredentialsOf(userID string) []*ServiceCredential {
	return oldestFirst(serviceCredentialsByUser.At(a.snapshot(), userID), madeServiceCredential)
}

// ServiceCredentials lists those of all users, the oldest first.
func (a Account) ServiceCredentials() []*ServiceCredential {
	return oldestFirst(serviceCredentials.All(a.snapshot()), madeServiceCredential)
}

func madeServiceCredential(c *ServiceCredential) (time.Time, string) { return c.CreateDate, c.ID }

// Status is Active or Inactive, as it was set, or Expired once its time is over.
func (c *ServiceCredential) Status(now time.Time) string {
	switch {
	case c.Expires != nil && !now.Before(*c.Expires):
		return "Expired"
	case c.Active:
		return "Active"
	}
	return "Inactive"
}

// ServiceCredentialNamed finds the credential by which a service knows somebody if
// it may be used now and the secret is right: the password, or the API key.
func (a Account) ServiceCredentialNamed(service, name, secret string, now time.Time) (*ServiceCredential, bool) {
	c, ok := serviceCredentialsByName.First(a.snapshot(), serviceName(service, name))
	if !ok {
		return nil, false
	}
	kept, ok := serviceCredentialSecrets.Get(a.snapshot(), c.ID)
	if !ok || subtle.ConstantTimeCompare(kept.Digest, serviceSecretDigest(a.ID, c.ID, secret)) != 1 {
		return nil, false
	}
	return c, c.Status(now) == "Active"
}

// APIKey tells whether the credential is an API key, which has an alias for a name.
func (c *ServiceCredential) APIKey() bool { return credentialServices[c.Service].APIKeys }

// serviceSecretDigest is what is kept of a secret. Secrets are 32 random bytes, which
// nobody guesses; so one SHA-256 is enough, and nothing can be opened again. It is
// bound to account and id, and is of no use with another credential.
func serviceSecretDigest(account, id, secret string) []byte {
	sum := sha256.Sum256([]byte("service credential " + account + " " + id + " " + secret))
	return sum[:]
}

// serviceName is a credential's name among those of its service. Case does not count
// in names of users.
func serviceName(service, name string) string { return service + " " + state.Fold(name) }

// CreateServiceCredential makes a credential of a user for a service. The secret is
// given out this once. days is how long it is valid; nil is for ever.
func (e Editor) CreateServiceCredential(userName, service string, days *int32) (*ServiceCredential, string, error) {
	u, err := e.User(userName)
	if err != nil {
		return nil, "", err
	}
	s, err := ServiceWithCredentials(service)
	if err != nil {
		return nil, "", err
	}
	if days != nil && !s.APIKeys {
		// Only for API keys, says the IAM API reference; not what is answered. A
		// credential that was meant to expire and does not is worse than none.
		return nil, "", apierror.New(apierror.ValidationError, "CredentialAgeDays is not supported for the service %s.", service)
	}
	n := 0
	for _, c := range e.ServiceCredentialsOf(u.ID) {
		if c.Service == service {
			n++
		}
	}
	if err := e.within(n, "ServiceSpecificCredentialsPerUserQuota", "ServiceSpecificCredentialsPerUser"); err != nil {
		return nil, "", err
	}
	id, err := e.newID(credential.ServiceCredentialID)
	if err != nil {
		return nil, "", err
	}
	c := &ServiceCredential{ID: id, UserID: u.ID, Service: service, Name: e.freeServiceName(service, u.Name), Active: true, CreateDate: e.Now}
	if days != nil {
		c.Expires = new(e.Now.AddDate(0, 0, int(*days)))
	}
	serviceCredentials.Put(e.draft, e.aggregate, id, c)
	secret, err := e.newServiceSecret(c)
	return c, secret, err
}

// freeServiceName is alice-at-111122223333, or alice+1-at-111122223333 if that is
// taken, and so on. It may be taken by somebody else: a user may be called alice+1,
// and one who was renamed keeps the names of their credentials.
func (e Editor) freeServiceName(service, userName string) string {
	name := userName + "-at-" + e.ID
	for n := 1; ; n++ {
		if _, taken := serviceCredentialsByName.First(e.snapshot(), serviceName(service, name)); !taken {
			return name
		}
		name = fmt.Sprintf("%s+%d-at-%s", userName, n, e.ID)
	}
}

// newServiceSecret gives a credential another secret. That of API keys carries the
// alias, as the service is sent nothing else.
func (e Editor) newServiceSecret(c *ServiceCredential) (string, error) {
	secret, err := credential.NewServicePassword(e.Random)
	if err != nil {
		return "", err
	}
	if c.APIKey() {
		secret = "ABSK" + base64.StdEncoding.EncodeToString([]byte(c.Name+":"+secret))
	}
	kept := &ServiceCredentialSecret{Digest: serviceSecretDigest(e.ID, c.ID, secret)}
	serviceCredentialSecrets.Put(e.draft, e.aggregate, c.ID, kept)
	return secret, nil
}

// serviceCredentialOf finds a service-specific credential that belongs to a user. AWS
// answers one that belongs to another as if the user were unknown.
func (e Editor) serviceCredentialOf(userID, userName, id string) (*ServiceCredential, error) {
	c, ok := e.ServiceCredential(id)
	switch {
	case !ok:
		return nil, apierror.New(apierror.NoSuchEntity, "No such credential ID exists")
	case c.UserID != userID:
		return nil, notFound("user", userName)
	}
	return c, nil
}

// UpdateServiceCredential makes a service-specific credential active or inactive.
func (e Editor) UpdateServiceCredential(userID, userName, id string, active bool) error {
	c, err := e.serviceCredentialOf(userID, userName, id)
	if err != nil {
		return err
	}
	next := *c
	next.Active = active
	serviceCredentials.Put(e.draft, e.aggregate, id, &next)
	return nil
}

// ResetServiceCredential replaces the secret of a service-specific credential. All
// else stays, its status too.
func (e Editor) ResetServiceCredential(userID, userName, id string) (*ServiceCredential, string, error) {
	c, err := e.serviceCredentialOf(userID, userName, id)
	if err != nil {
		return nil, "", err
	}
	secret, err := e.newServiceSecret(c)
	return c, secret, err
}

// DeleteServiceCredential removes a service-specific credential with its secret.
func (e Editor) DeleteServiceCredential(userID, userName, id string) error {
	if _, err := e.serviceCredentialOf(userID, userName, id); err != nil {
		return err
	}
	serviceCredentials.Delete(e.draft, e.aggregate, id)
	serviceCredentialSecrets.Delete(e.draft, e.aggregate, id)
	return nil
}
