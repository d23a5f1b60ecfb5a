package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/credential/certificate"
)

// unparsable is AWS's answer to what is no certificate in PEM (seen in
// openshift/openshift-ansible#11214).
func unparsable() error {
	return apierror.New(malformedCertificate, "Unable to parse certificate. Please ensure the certificate is in PEM format.")
}

// SigningCertificatesOf lists the signing certificates of a user, or of root where
// the id is the account's number, the oldest first.
func (a Account) SigningCertificatesOf(userID string) []*SigningCertificate {
	return oldestFirst(signingCertificatesByUser.At(a.snapshot(), userID),
		func(c *SigningCertificate) (time.Time, string) { return c.UploadDate, c.ID })
}

// signingCertificateOf finds a signing certificate that belongs to a user.
func (e Editor) signingCertificateOf(userID, id string) (*SigningCertificate, error) {
	c, ok := signingCertificates.Get(e.snapshot(), id)
	if !ok || c.UserID != userID {
		// Worded as for access keys; AWS's own words are not known here.
		return nil, apierror.New(apierror.NoSuchEntity, "The Certificate with id %s cannot be found.", id)
	}
	return c, nil
}

// UploadSigningCertificate gives a user, or root, a signing certificate. It must be
// valid now, and be nobody's yet: the account is searched, as the IAM API reference
// says of DuplicateCertificate.
func (e Editor) UploadSigningCertificate(userID, body string) (*SigningCertificate, error) {
	cert, err := certificate.Parse(body)
	if err != nil {
		return nil, unparsable()
	}
	switch err := certificate.ValidAt(cert, e.Now); {
	case errors.Is(err, certificate.ErrExpired):
		return nil, apierror.New(invalidCertificate, "The certificate has expired.")
	case err != nil:
		return nil, apierror.New(invalidCertificate, "The certificate is not yet valid.")
	}
	sum := sha256.Sum256(cert.Raw)
	digest := hex.EncodeToString(sum[:])
	if _, taken := signingCertificatesByDigest.First(e.snapshot(), digest); taken {
		return nil, apierror.New(duplicateCertificate, "The same certificate is associated with an IAM user in the account.")
	}
	if err := e.within(len(e.SigningCertificatesOf(userID)), "SigningCertificatesPerUserQuota", "SigningCertificatesPerUser"); err != nil {
		return nil, err
	}
	id, err := credential.NewSigningCertificateID(e.Random)
	if err != nil {
		return nil, err
	}
	c := &SigningCertificate{ID: id, UserID: userID, Active: true, UploadDate: e.Now, Digest: digest, Body: body}
	signingCertificates.Put(e.draft, e.aggregate, id, c)
	return c, nil
}

// UpdateSigningCertificate makes a signing certificate active or inactive.
func (e Editor) UpdateSigningCertificate(userID, id string, active bool) error {
	c, err := e.signingCertificateOf(userID, id)
	if err != nil {
		return err
	}
	next := *c
	next.Active = active
	signingCertificates.Put(e.draft, e.aggregate, id, &next)
	return nil
}

// DeleteSigningCertificate takes a signing certificate from a user, or from root.
func (e Editor) DeleteSigningCertificate(userID, id string) error {
	if _, err := e.signingCertificateOf(userID, id); err != nil {
		return err
	}
	signingCertificates.Delete(e.draft, e.aggregate, id)
	return nil
}
