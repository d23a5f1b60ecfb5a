package identity

import (
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// SSHPublicKey is a key with which CodeCommit authenticates a user.
type SSHPublicKey struct {
	ID          string    `json:"id"` // APKA...
	UserID      string    `json:"user"`
	Active      bool      `json:"active"`
	UploadDate  time.Time `json:"uploaded"`
	Fingerprint string    `json:"fingerprint"`
	Body        string    `json:"body"` // as written
}

// SigningCertificate is an X.509 certificate of a user, or of the root user, whose
// UserID is then the account's number.
type SigningCertificate struct {
	ID         string    `json:"id"`
	UserID     string    `json:"user"`
	Active     bool      `json:"active"`
	UploadDate time.Time `json:"uploaded"`
	Digest     string    `json:"digest"` // SHA-256 of the certificate, by which it is found
	Body       string    `json:"body"`   // as written
}

// ServerCertificate is a certificate that servers of the account show.
type ServerCertificate struct {
	Name       string    `json:"name"`
	Path       string    `json:"path"`
	ID         string    `json:"id"` // ASCA...
	UploadDate time.Time `json:"uploaded"`
	Expiration time.Time `json:"expires"`
	Body       string    `json:"body"`
	Chain      *string   `json:"chain,omitempty"`
	Tags       []Tag     `json:"tags,omitempty"`
}

// ServerCertificateKey is the private key of a server certificate, sealed. It is an
// entity apart so that it stays out of history.
type ServerCertificateKey struct {
	Sealed []byte `json:"sealed"`
}

// ServiceCredential is a credential of a user for one service only: a name and a
// password, or an API key with its alias.
type ServiceCredential struct {
	ID         string     `json:"id"` // ACCA...
	UserID     string     `json:"user"`
	Service    string     `json:"service"` // "codecommit.amazonaws.com"
	Name       string     `json:"name"`    // "alice-at-111122223333"
	Active     bool       `json:"active"`
	CreateDate time.Time  `json:"created"`
	Expires    *time.Time `json:"expires,omitempty"`
}

// ServiceCredentialSecret is the digest of the password or API key of a credential.
type ServiceCredentialSecret struct {
	Digest []byte `json:"digest"`
}

// The kinds of credentials beside access keys.
var (
	sshPublicKeys            = state.Define[SSHPublicKey](state.AccountAggregate, "ssh-public-key", 1)            // id
	signingCertificates      = state.Define[SigningCertificate](state.AccountAggregate, "signing-certificate", 1) // id
	serverCertificates       = state.Define[ServerCertificate](state.AccountAggregate, "server-certificate", 1)   // folded name
	serverCertificateKeys    = state.Define[ServerCertificateKey](state.AccountAggregate, "server-certificate-key", 1).Secret()
	serviceCredentials       = state.Define[ServiceCredential](state.AccountAggregate, "service-credential", 1) // id
	serviceCredentialSecrets = state.Define[ServiceCredentialSecret](state.AccountAggregate, "service-credential-secret", 1).Secret()
)

var (
	sshPublicKeysByUser         = sshPublicKeys.Index(func(_ string, k *SSHPublicKey) []string { return []string{k.UserID} })
	signingCertificatesByUser   = signingCertificates.Index(func(_ string, c *SigningCertificate) []string { return []string{c.UserID} })
	signingCertificatesByDigest = signingCertificates.Index(func(_ string, c *SigningCertificate) []string { return []string{c.Digest} })
	serviceCredentialsByUser    = serviceCredentials.Index(func(_ string, c *ServiceCredential) []string { return []string{c.UserID} })
	serviceCredentialsByName    = serviceCredentials.Index(func(_ string, c *ServiceCredential) []string { return []string{serviceName(c.Service, c.Name)} })
)

// credentialKinds are the kinds of this file.
func credentialKinds() []*state.KindInfo {
	return []*state.KindInfo{
		sshPublicKeys.Info(), signingCertificates.Info(), serverCertificates.Info(), serverCertificateKeys.Info(),
		serviceCredentials.Info(), serviceCredentialSecrets.Info(),
	}
}
