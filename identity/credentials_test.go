package identity_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/identity"
)

// madeCertificate is a certificate with its key, in PEM.
type madeCertificate struct {
	body, private string
	cert          *x509.Certificate
	key           *ecdsa.PrivateKey
}

// makeCertificate makes a certificate that begins and ends some time from now; where
// issuer is nil it signs itself.
func makeCertificate(t *testing.T, begins, ends time.Duration, issuer *madeCertificate) *madeCertificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: key.X.String()}, NotBefore: now.Add(begins), NotAfter: now.Add(ends),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return &madeCertificate{block("CERTIFICATE", der), block("PRIVATE KEY", private), cert, key}
}

func sshTestKey(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../credential/sshkey/testdata/" + name)
	must(t, err)
	return string(b)
}

const chainRefusal = "MalformedCertificate: Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: "

// TestCredentialRefusals holds the rules of credentials to their codes and words.
func TestCredentialRefusals(t *testing.T) {
	one := makeCertificate(t, -time.Hour, time.Hour, nil)
	other := makeCertificate(t, -time.Hour, time.Hour, nil)
	leaf := makeCertificate(t, -time.Hour, time.Hour, one)
	expired, early := makeCertificate(t, -2*time.Hour, -time.Hour, nil), makeCertificate(t, time.Hour, 2*time.Hour, nil)
	server := func(name string, body, key *madeCertificate, chain ...*madeCertificate) func(e identity.Editor) error {
		return func(e identity.Editor) error {
			in := identity.NewServerCertificate{Name: name, Body: body.body, PrivateKey: key.private}
			if chain != nil {
				in.Chain = new("")
				for _, c := range chain {
					*in.Chain += c.body
				}
			}
			return second(e.UploadServerCertificate(in))
		}
	}
	all := func(rules ...func(e identity.Editor) error) func(e identity.Editor) error {
		return func(e identity.Editor) error {
			for _, rule := range rules {
				if err := rule(e); err != nil {
					return err
				}
			}
			return nil
		}
	}
	ssh := func(body string) func(e identity.Editor) error {
		return func(e identity.Editor) error {
			ada, _ := e.User("ada")
			return second(e.UploadSSHPublicKey(ada.ID, body))
		}
	}
	signing := func(c *madeCertificate) func(e identity.Editor) error {
		return func(e identity.Editor) error {
			ada, _ := e.User("ada")
			return second(e.UploadSigningCertificate(ada.ID, c.body))
		}
	}
	service := func(user, name string, days *int32) func(e identity.Editor) error {
		return func(e identity.Editor) error {
			_, _, err := e.CreateServiceCredential(user, name, days)
			return err
		}
	}
	deleteAda := func(e identity.Editor) error { return e.DeleteUser("ada") }
	codecommit := service("ada", "codecommit.amazonaws.com", nil)
	for _, c := range []struct {
		name string
		rule func(e identity.Editor) error
		want string
	}{
		{"an SSH key", ssh(sshTestKey(t, "rsa2048.pub")), ""},
		{"an Ed25519 key", ssh(sshTestKey(t, "ed25519.pub")), "UnrecognizedPublicKeyEncoding: The public key encoding format is unsupported or unrecognized."},
		{"a short key", ssh(sshTestKey(t, "rsa1024.pub")), "InvalidPublicKey: The public key is malformed or otherwise invalid."},
		{"the same key in PEM", all(ssh(sshTestKey(t, "rsa2048.pub")), ssh(sshTestKey(t, "rsa2048.pem"))),
			"DuplicateSSHPublicKey: The SSH public key is already associated with the specified IAM user."},
		{"no such SSH key", func(e identity.Editor) error { return e.UpdateSSHPublicKey("AIDA", "APKA0", true) }, "NoSuchEntity: The SSH Public Key with id APKA0 cannot be found."},
		{"delete a user with an SSH key", all(ssh(sshTestKey(t, "rsa2048.pub")), deleteAda), "DeleteConflict: Cannot delete entity, must remove referenced objects first."},

		{"an expired signing certificate", signing(expired), "InvalidCertificate: The certificate has expired."},
		{"an early signing certificate", signing(early), "InvalidCertificate: The certificate is not yet valid."},
		{"no signing certificate", signing(&madeCertificate{body: "x"}), "MalformedCertificate: Unable to parse certificate. Please ensure the certificate is in PEM format."},
		{"the same signing certificate", all(signing(one), signing(one)), "DuplicateCertificate: The same certificate is associated with an IAM user in the account."},
		{"a third signing certificate", all(signing(one), signing(other), signing(leaf)), "LimitExceeded: Cannot exceed quota for SigningCertificatesPerUser: 2"},
		{"no such signing certificate", func(e identity.Editor) error { return e.DeleteSigningCertificate("AIDA", "X") }, "NoSuchEntity: The Certificate with id X cannot be found."},
		{"delete a user with a signing certificate", all(signing(one), deleteAda), "DeleteConflict: Cannot delete entity, must delete certificates first."},

		{"a server certificate", server("shop", leaf, leaf, one), ""},
		{"a chain of another", server("shop", leaf, leaf, other), chainRefusal + "-1"},
		{"a chain that goes on wrongly", server("shop", leaf, leaf, one, other), chainRefusal + "0"},
		{"a chain that is none", server("shop", leaf, leaf, &madeCertificate{body: "x"}), chainRefusal + "-1"},
		{"the key of another", server("shop", leaf, one), "KeyPairMismatch: The public key certificate and the private key do not match."},
		{"no key", server("shop", leaf, &madeCertificate{private: "x"}), "MalformedCertificate: Unable to parse private key. Please ensure the private key is unencrypted and in PEM format."},
		{"no server certificate", server("shop", &madeCertificate{body: "x"}, leaf), "MalformedCertificate: Unable to parse certificate. Please ensure the certificate is in PEM format."},
		{"an expired server certificate", server("shop", expired, expired), "MalformedCertificate: Unable to validate certificate. The certificate has expired."},
		{"an early server certificate", server("shop", early, early), "MalformedCertificate: Unable to validate certificate. The certificate is not yet valid."},
		{"the same name", all(server("shop", one, one), server("SHOP", other, other)), "EntityAlreadyExists: The Server Certificate with name SHOP already exists."},
		{"renamed to a name that is taken", all(server("shop", one, one), server("store", other, other), func(e identity.Editor) error {
			return e.UpdateServerCertificate("shop", new("Store"), nil)
		}), "EntityAlreadyExists: The Server Certificate with name Store already exists."},
		{"no such server certificate", func(e identity.Editor) error { return e.DeleteServerCertificate("x") }, "NoSuchEntity: The Server Certificate with name x cannot be found."},
		{"reserved tag", all(server("shop", one, one), func(e identity.Editor) error { return e.TagServerCertificate("shop", []identity.Tag{{Key: "aws:x"}}) }), reserved},

		{"an unknown user and an unknown service", service("bob", "x", nil), "NoSuchEntity: The user with name bob cannot be found."},
		{"an unknown service", service("ada", "s3.amazonaws.com", nil), "NoSuchEntity: No such service s3.amazonaws.com is supported for Service Specific Credentials"},
		{"a password that expires", service("ada", "codecommit.amazonaws.com", new(int32(1))), "ValidationError: CredentialAgeDays is not supported for the service codecommit.amazonaws.com."},
		{"a third password", all(codecommit, codecommit, codecommit), "LimitExceeded: Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2"},
		{"two for each service", all(codecommit, codecommit, service("ada", "cassandra.amazonaws.com", nil)), ""},
		{"no such credential", func(e identity.Editor) error { return e.DeleteServiceCredential("AIDA", "ada", "ACCA0") }, "NoSuchEntity: No such credential ID exists"},
		{"somebody else's credential", all(codecommit, func(e identity.Editor) error {
			return e.DeleteServiceCredential("AIDA", "bob", e.ServiceCredentials()[0].ID)
		}), "NoSuchEntity: The user with name bob cannot be found."},
		{"delete a user with a password", all(codecommit, deleteAda), "DeleteConflict: Cannot delete entity, must remove referenced objects first."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := refusal(c.rule(furnished(t))); got != c.want {
				t.Errorf("it came to\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestFiveSSHKeys(t *testing.T) {
	e := furnished(t)
	e.Quotas = func(string) int { return 1 }
	ada, err := e.User("ada")
	must(t, err)
	must(t, second(e.UploadSSHPublicKey(ada.ID, sshTestKey(t, "rsa2048.pub"))))
	want := "LimitExceeded: Cannot exceed quota for SSHPublicKeysPerUser: 1"
	if got := refusal(second(e.UploadSSHPublicKey(ada.ID, secondSSHKey))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if n := accountQuota(t, "SSHPublicKeysPerUserQuota"); n != 5 {
		t.Errorf("a user has %d SSH keys by default, want 5", n)
	}
}

func accountQuota(t *testing.T, name string) int {
	e, _ := accounts(t)
	return e.Quotas(name)
}

// TestServiceNames: no two credentials of a service have the same name, whoever
// has them.
func TestServiceNames(t *testing.T) {
	e := furnished(t)
	must(t, second(e.CreateUser(identity.NewUser{Name: "ada+1"})))
	name := func(user, service string) string {
		t.Helper()
		c, _, err := e.CreateServiceCredential(user, service, nil)
		must(t, err)
		return strings.TrimSuffix(c.Name, "-at-"+account)
	}
	const commit, keyspaces = "codecommit.amazonaws.com", "cassandra.amazonaws.com"
	for _, c := range []struct{ user, service, want string }{
		{"ada", commit, "ada"}, {"ada", keyspaces, "ada"}, {"ada+1", commit, "ada+1"}, {"ada", commit, "ada+2"},
	} {
		if got := name(c.user, c.service); got != c.want {
			t.Errorf("%s for %s is called %s, want %s", c.user, c.service, got, c.want)
		}
	}
	must(t, e.UpdateUser("ada", new("eva"), nil))
	must(t, second(e.CreateUser(identity.NewUser{Name: "ADA"})))
	if got := name("ADA", keyspaces); got != "ADA+1" {
		t.Errorf("a new user of an old name is called %s, want ADA+1", got)
	}
}

// TestServiceSecrets: the secret that was given out last opens its credential, and
// nothing else does.
func TestServiceSecrets(t *testing.T) {
	e := furnished(t)
	const commit = "codecommit.amazonaws.com"
	c, password, err := e.CreateServiceCredential("ada", commit, nil)
	must(t, err)
	if !regexp.MustCompile(`^[A-Za-z0-9+/]{43}=$`).MatchString(password) || !strings.HasPrefix(c.ID, "ACCA") {
		t.Errorf("password %q of %s", password, c.ID)
	}
	open := func(service, name, secret string) bool {
		_, ok := e.ServiceCredentialNamed(service, name, secret, now)
		return ok
	}
	for what, got := range map[string]bool{
		"another password": open(commit, c.Name, password[1:]), "none": open(commit, c.Name, ""),
		"another name": open(commit, "eve-at-"+account, password), "another service": open("cassandra.amazonaws.com", c.Name, password),
	} {
		if got {
			t.Errorf("%s opens it", what)
		}
	}
	if !open(commit, c.Name, password) {
		t.Error("its password does not open it")
	}
	must(t, e.UpdateServiceCredential(c.UserID, "ada", c.ID, false))
	again, next, err := e.ResetServiceCredential(c.UserID, "ada", c.ID)
	must(t, err)
	if again.ID != c.ID || again.Status(now) != "Inactive" || next == password {
		t.Errorf("the reset gave %+v", again)
	}
	if open(commit, c.Name, next) {
		t.Error("it opens while it is inactive")
	}
	must(t, e.UpdateServiceCredential(c.UserID, "ada", c.ID, true))
	if open(commit, c.Name, password) || !open(commit, c.Name, next) {
		t.Error("the old password opens it, or the new one does not")
	}
}

func TestAPIKeys(t *testing.T) {
	e := furnished(t)
	c, key, err := e.CreateServiceCredential("ada", "bedrock.amazonaws.com", new(int32(2)))
	must(t, err)
	text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "ABSK"))
	if err != nil || !bytes.HasPrefix(text, []byte("ada-at-"+account+":")) {
		t.Errorf("the key says %q (%v)", text, err)
	}
	end := now.Add(48 * time.Hour)
	for at, want := range map[time.Time]string{end.Add(-time.Second): "Active", end: "Expired"} {
		if got := c.Status(at); got != want {
			t.Errorf("at %v it is %s, want %s", at, got, want)
		}
		if _, ok := e.ServiceCredentialNamed(c.Service, c.Name, key, at); ok != (want == "Active") {
			t.Errorf("at %v: opened %v", at, ok)
		}
	}
}

// TestServerCertificateKeys: a private key is sealed for its certificate, and sealed
// anew when the key that seals is replaced; with the certificate it goes.
func TestServerCertificateKeys(t *testing.T) {
	c := makeCertificate(t, -time.Hour, time.Hour, nil)
	e := furnished(t)
	sealed := map[string]string{}
	e.Seal = func(secret []byte, belongsTo string) ([]byte, error) {
		sealed[belongsTo] = string(secret)
		return append([]byte("first "), secret...), nil
	}
	s, err := e.UploadServerCertificate(identity.NewServerCertificate{Name: "shop", Path: new("/team/"), Body: c.body, PrivateKey: c.private})
	must(t, err)
	place := identity.ServerCertificateKeyOf(account, s.ID)
	if sealed[place] != c.private || !strings.HasPrefix(s.ID, "ASCA") || !s.Expiration.Equal(c.cert.NotAfter) || e.ServerCertificateARN(s) != "arn:aws:iam::"+account+":server-certificate/team/shop" {
		t.Errorf("sealed %v, certificate %+v", sealed, s)
	}
	must(t, e.UpdateServerCertificate("SHOP", new("store"), new("/")))
	sealed = map[string]string{}
	opened := 0
	must(t, e.Reseal(func(text []byte, belongsTo string) ([]byte, error) {
		if belongsTo == place {
			opened++
		}
		return bytes.TrimPrefix(text, []byte("first ")), nil
	}))
	if opened != 1 || sealed[place] != c.private {
		t.Errorf("opened %d times, sealed again %v", opened, sealed)
	}
	must(t, e.DeleteServerCertificate("store"))
	opened = 0
	must(t, e.Reseal(func(text []byte, _ string) ([]byte, error) { opened++; return text, nil }))
	if opened != 0 || e.Counts()["ServerCertificates"] != 0 {
		t.Error("the private key is still there")
	}
}

func TestCredentialCounts(t *testing.T) {
	e := furnished(t)
	one, other := makeCertificate(t, -time.Hour, time.Hour, nil), makeCertificate(t, -time.Hour, time.Hour, nil)
	must(t, second(e.UploadSigningCertificate(account, one.body)))
	must(t, second(e.UploadServerCertificate(identity.NewServerCertificate{Name: "shop", Body: other.body, PrivateKey: other.private})))
	if got := e.Counts(); got["AccountSigningCertificatesPresent"] != 1 || got["ServerCertificates"] != 1 {
		t.Errorf("counts %v", got)
	}
}

const secondSSHKey = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCqtafgOy9hFiOmVDcRfiLkj3gyCSwUZPCmgh6LoNXtgIlOhANr0TUxUpxUbEN+SLQbqZOaQFGtMsJ00zD1KqE+ODHrxGp76vMYCTblrYj0S6yAgkUkbEZj/sUYLwSdD7QOmU1tmnASVJ0Ua7qxO726EmqANYK4SZzsinF0yVFiRBuchLw/HRF79ZrTuV4DuBnCPpvRQnoIadqYFRobd2IUur0jSNgbMb7lfQI37LkbO1SW2Gpvw4VXEs3NBr3Ga72QOuQNefbZ4wDbojdDL86GXSAiJs4mossRWaDXk0VwU2Li0rQrL71MTOt4q70q7H9xZ80njEVoT0TW+hxnD4Un"
