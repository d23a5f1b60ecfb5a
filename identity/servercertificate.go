package identity

import (
	"crypto/x509"
	"errors"
	"iter"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/credential/certificate"
	"github.com/keyreeve/keyreeve/state"
)

// ServerCertificate finds a server certificate by name, ignoring case.
func (a Account) ServerCertificate(name string) (*ServerCertificate, error) {
	if c, ok := serverCertificates.Get(a.snapshot(), state.Fold(name)); ok {
		return c, nil
	}
	return nil, apierror.New(apierror.NoSuchEntity, "The Server Certificate with name %s cannot be found.", name)
}

// ServerCertificates ranges over the server certificates whose path begins with a
// prefix, in order of names, from the one with key from on.
func (a Account) ServerCertificates(pathPrefix, from string) iter.Seq2[string, *ServerCertificate] {
	return underPath(serverCertificates.From(a.snapshot(), from), pathPrefix, func(c *ServerCertificate) string { return c.Path })
}

// ServerCertificateARN is a server certificate's ARN.
func (a Account) ServerCertificateARN(c *ServerCertificate) string {
	return a.arn("server-certificate", c.Path, c.Name)
}

// ServerCertificateARNNamed is the ARN of the server certificate with a name, or the
// one that it would have if it does not exist.
func (a Account) ServerCertificateARNNamed(name string) string {
	if c, err := a.ServerCertificate(name); err == nil {
		return a.ServerCertificateARN(c)
	}
	return a.arn("server-certificate", "/", name)
}

// NewServerCertificateARN is the ARN that a server certificate of a path and a name
// would have.
func (a Account) NewServerCertificateARN(path *string, name string) string {
	return a.arn("server-certificate", pathOr(path), name)
}

// ServerCertificateKeyOf is what the sealed private key of a server certificate is
// bound to: in another account, or under another id, it cannot be opened.
func ServerCertificateKeyOf(account, certificateID string) string {
	return "server certificate " + account + " " + certificateID
}

// NewServerCertificate is what a server certificate is made of.
type NewServerCertificate struct {
	Name             string
	Path             *string
	Body, PrivateKey string
	Chain            *string
	Tags             []Tag
}

// UploadServerCertificate keeps a server certificate. Its private key is sealed and
// never shown again. Body and chain are kept without white space around them:
// Terraform's provider expects to get them back so, and those of signing
// certificates as they were written.
func (e Editor) UploadServerCertificate(in NewServerCertificate) (*ServerCertificate, error) {
	if err := checkPath(pathOr(in.Path)); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags, asWritten); err != nil {
		return nil, err
	}
	cert, err := e.checkServerCertificate(in)
	if err != nil {
		return nil, err
	}
	if serverCertificates.Has(e.snapshot(), state.Fold(in.Name)) {
		return nil, serverCertificateThere(in.Name)
	}
	if err := e.within(serverCertificates.Count(e.snapshot()), "ServerCertificatesQuota", "ServerCertificatesPerAccount"); err != nil {
		return nil, err
	}
	id, err := e.newID(credential.CertificateID)
	if err != nil {
		return nil, err
	}
	c := &ServerCertificate{
		Name: in.Name, Path: pathOr(in.Path), ID: id, UploadDate: e.Now, Expiration: cert.NotAfter,
		Body: strings.TrimSpace(in.Body), Tags: in.Tags,
	}
	if in.Chain != nil {
		c.Chain = new(strings.TrimSpace(*in.Chain))
	}
	e.putServerCertificate(c)
	return c, e.sealServerCertificateKey(id, []byte(in.PrivateKey))
}

// serverCertificateThere is AWS's answer (seen in dlapiduz/certbot-s3front#17).
func serverCertificateThere(name string) error {
	return apierror.New(apierror.EntityAlreadyExists, "The Server Certificate with name %s already exists.", name)
}

// checkServerCertificate reads body, chain and private key and refuses what does not
// belong together.
func (e Editor) checkServerCertificate(in NewServerCertificate) (*x509.Certificate, error) {
	cert, err := certificate.Parse(in.Body)
	if err != nil {
		return nil, unparsable()
	}
	switch err := certificate.ValidAt(cert, e.Now); {
	// MalformedCertificate is for expired ones too (IAM API reference); its words
	// are not known.
	case errors.Is(err, certificate.ErrExpired):
		return nil, apierror.New(malformedCertificate, "Unable to validate certificate. The certificate has expired.")
	case err != nil:
		return nil, apierror.New(malformedCertificate, "Unable to validate certificate. The certificate is not yet valid.")
	}
	key, err := certificate.ParseKey(in.PrivateKey)
	if err != nil {
		return nil, apierror.New(malformedCertificate, "Unable to parse private key. Please ensure the private key is unencrypted and in PEM format.")
	}
	if !certificate.Belongs(key, cert) {
		return nil, apierror.New(keyPairMismatch, "The public key certificate and the private key do not match.")
	}
	return cert, checkServerCertificateChain(cert, in.Chain)
}

// checkServerCertificateChain refuses a chain in AWS's words (seen in
// go-acme/lego#304); a chain that cannot be read is answered so too
// (aws/aws-cli#715).
func checkServerCertificateChain(cert *x509.Certificate, text *string) error {
	if text == nil {
		return nil
	}
	index, ok := -1, false
	if chain, err := certificate.ParseChain(*text); err == nil {
		index, ok = certificate.CheckChain(cert, chain)
	}
	if !ok {
		return apierror.New(malformedCertificate, "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: %d", index)
	}
	return nil
}

func (e Editor) putServerCertificate(c *ServerCertificate) {
	serverCertificates.Put(e.draft, e.aggregate, state.Fold(c.Name), c)
}

func (e Editor) sealServerCertificateKey(id string, key []byte) error {
	sealed, err := e.Seal(key, ServerCertificateKeyOf(e.ID, id))
	if err != nil {
		return err
	}
	serverCertificateKeys.Put(e.draft, e.aggregate, id, &ServerCertificateKey{Sealed: sealed})
	return nil
}

// resealServerCertificateKeys seals the private keys again; see Reseal.
func (e Editor) resealServerCertificateKeys(open func(sealed []byte, belongsTo string) ([]byte, error)) error {
	keys := map[string][]byte{}
	for id, k := range serverCertificateKeys.All(e.snapshot()) {
		key, err := open(k.Sealed, ServerCertificateKeyOf(e.ID, id))
		if err != nil {
			return err
		}
		keys[id] = key
	}
	for id, key := range keys {
		if err := e.sealServerCertificateKey(id, key); err != nil {
			return err
		}
	}
	return nil
}

// UpdateServerCertificate gives a server certificate another name, another path, or
// both. Its unique id and its private key stay.
func (e Editor) UpdateServerCertificate(name string, newName, newPath *string) error {
	c, err := e.ServerCertificate(name)
	if err != nil {
		return err
	}
	next := *c
	if newPath != nil {
		if err := checkPath(*newPath); err != nil {
			return err
		}
		next.Path = *newPath
	}
	if newName != nil {
		if state.Fold(*newName) != state.Fold(name) && serverCertificates.Has(e.snapshot(), state.Fold(*newName)) {
			return serverCertificateThere(*newName)
		}
		next.Name = *newName
	}
	serverCertificates.Delete(e.draft, e.aggregate, state.Fold(name))
	e.putServerCertificate(&next)
	return nil
}

// DeleteServerCertificate removes a server certificate with its private key.
func (e Editor) DeleteServerCertificate(name string) error {
	c, err := e.ServerCertificate(name)
	if err != nil {
		return err
	}
	serverCertificates.Delete(e.draft, e.aggregate, state.Fold(name))
	serverCertificateKeys.Delete(e.draft, e.aggregate, c.ID)
	return nil
}

// TagServerCertificate puts tags on a server certificate.
func (e Editor) TagServerCertificate(name string, tags []Tag) error {
	c, err := e.ServerCertificate(name)
	if err != nil {
		return err
	}
	next := *c
	if next.Tags, err = withTags(c.Tags, tags, asWritten); err != nil {
		return err
	}
	e.putServerCertificate(&next)
	return nil
}

// UntagServerCertificate takes tags off a server certificate.
func (e Editor) UntagServerCertificate(name string, keys []string) error {
	c, err := e.ServerCertificate(name)
	if err != nil {
		return err
	}
	next := *c
	next.Tags = withoutTags(c.Tags, keys, asWritten)
	e.putServerCertificate(&next)
	return nil
}
