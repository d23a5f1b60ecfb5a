package saml

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/beevik/etree"
)

const (
	// minRSABits is how long the key of a certificate must be. AWS takes 1024 bits.
	minRSABits = 2048
	maxRSABits = 8192

	// MaxCertificates is how many signing certificates metadata may have (IAM User
	// Guide, "IAM and AWS STS quotas": keys per SAML provider).
	MaxCertificates = 10

	maxMetadata         = 1 << 20
	maxMetadataElements = 20_000
)

// Metadata is what a metadata document says of an identity provider.
type Metadata struct {
	EntityID string
	// ValidUntil is when the document's time is over; zero if it does not say.
	ValidUntil time.Time
	// Certificates hold the keys that responses are signed with. That they are valid
	// at a time, or that somebody vouches for them, is not asked: they are containers
	// of keys (SAML V2.0 Metadata Interoperability Profile, which IAM follows).
	Certificates []*x509.Certificate
}

// ParseMetadata reads a metadata document: the descriptor of one entity, which is an
// identity provider that speaks SAML 2.0. A signature of the document itself is not
// looked at: whoever may put it here is who vouches for it.
func ParseMetadata(document string) (*Metadata, error) {
	if len(document) > maxMetadata {
		return nil, unusable("too long")
	}
	root, err := parse([]byte(document), maxMetadataElements)
	if err != nil {
		return nil, unusable("%v", err)
	}
	entity, err := entityOf(root)
	if err != nil {
		return nil, err
	}
	m := &Metadata{EntityID: attr(entity, "entityID")}
	if n := len(m.EntityID); n == 0 || n > 1024 {
		return nil, unusable("an entityID has 1 to 1,024 characters")
	}
	for _, el := range []*etree.Element{root, entity} {
		if err := m.until(attr(el, "validUntil")); err != nil {
			return nil, err
		}
	}
	role := only(entity, metadataNS, "IDPSSODescriptor")
	if role == nil {
		return nil, unusable("not one IDPSSODescriptor")
	}
	if !strings.Contains(" "+attr(role, "protocolSupportEnumeration")+" ", " "+protocolNS+" ") {
		return nil, unusable("the identity provider does not speak SAML 2.0")
	}
	if err := m.until(attr(role, "validUntil")); err != nil {
		return nil, err
	}
	return m, m.readKeys(role)
}

func unusable(reason string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMetadata, fmt.Sprintf(reason, args...))
}

// entityOf is the descriptor of the entity: the root, or the only one in it.
func entityOf(root *etree.Element) (*etree.Element, error) {
	if is(root, metadataNS, "EntitiesDescriptor") {
		if inner := only(root, metadataNS, "EntityDescriptor"); inner != nil {
			return inner, nil
		}
		return nil, unusable("not one EntityDescriptor")
	}
	if !is(root, metadataNS, "EntityDescriptor") {
		return nil, unusable("no EntityDescriptor")
	}
	return root, nil
}

// until notes the earliest of the times at which the metadata is over.
func (m *Metadata) until(value string) error {
	if value == "" {
		return nil
	}
	t, ok := instant(value)
	if !ok {
		return unusable("validUntil is no time")
	}
	if m.ValidUntil.IsZero() || t.Before(m.ValidUntil) {
		m.ValidUntil = t
	}
	return nil
}

// readKeys reads the certificates of keys that are for signing, or for everything.
func (m *Metadata) readKeys(role *etree.Element) error {
	for _, key := range children(role, metadataNS, "KeyDescriptor") {
		if use := attr(key, "use"); use != "" && use != "signing" {
			continue
		}
		info := only(key, signatureNS, "KeyInfo")
		if info == nil {
			return unusable("a key without KeyInfo")
		}
		for _, data := range children(info, signatureNS, "X509Data") {
			for _, el := range children(data, signatureNS, "X509Certificate") {
				c, err := certificateOf(el)
				if err != nil {
					return err
				}
				m.Certificates = append(m.Certificates, c)
			}
		}
	}
	switch n := len(m.Certificates); {
	case n == 0:
		return unusable("no signing certificate")
	case n > MaxCertificates:
		return unusable("more than %d signing certificates", MaxCertificates)
	}
	return nil
}

func certificateOf(el *etree.Element) (*x509.Certificate, error) {
	value, ok := text(el)
	if !ok {
		return nil, unusable("a certificate that is no text")
	}
	der, err := base64Of(value)
	if err != nil {
		return nil, unusable("a certificate that is not in base64")
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, unusable("a certificate that cannot be read")
	}
	key, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, unusable("a certificate whose key is not of RSA")
	}
	if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
		return nil, unusable("a certificate whose key has %d bits, of %d to %d", bits, minRSABits, maxRSABits)
	}
	return c, nil
}

// base64Of decodes base64 in which there may be white space, as XML has it.
func base64Of(value string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
}

// instant reads a time of XML Schema. SAML's are in UTC (SAML core 2.0, 1.3.3).
func instant(value string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		// Without a zone; SAML says then that it is UTC.
		t, err = time.Parse("2006-01-02T15:04:05.999999999", value)
	}
	return t.UTC(), err == nil
}
