package saml_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/saml"
	"github.com/keyreeve/keyreeve/server/samltest"
)

func TestMetadata(t *testing.T) {
	p := samltest.New(t, issuer)
	good := p.Metadata()
	replaced := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("there is no %s", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	weak := samltest.WithKey(t, issuer, samltest.Key(t, "weak", 1024)).Metadata()
	wrapped := `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" validUntil="2027-01-01T00:00:00Z">` + good[strings.Index(good, "<md:Entity"):] + `</md:EntitiesDescriptor>`
	many := make([]*samltest.IdP, saml.MaxCertificates)
	for i := range many {
		many[i] = p
	}
	for _, c := range []struct {
		what, document string
		ok             bool
	}{
		{"as it is", good, true},
		{"in a list of one", wrapped, true},
		{"without use", replaced(` use="signing"`, ""), true},
		{"a key for encryption only", replaced(` use="signing"`, ` use="encryption"`), false},
		{"a byte order mark", "\ufeff" + good, false},
		{"another encoding", replaced("UTF-8", "ISO-8859-1"), false},
		{"a document type", replaced("<md:EntityDescriptor", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><md:EntityDescriptor"), false},
		{"a service provider's", strings.ReplaceAll(good, "IDPSSODescriptor", "SPSSODescriptor"), false},
		{"of SAML 1.1", replaced("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol"), false},
		{"without name", replaced(issuer, ""), false},
		{"with a time that is none", replaced("entityID", `validUntil="soon" entityID`), false},
		{"with the name twice", replaced("entityID", `entityID="https://other" entityID`), false},
		{"with a short key", weak, false},
		{"with ten keys", p.Metadata(many[1:]...), true},
		{"with eleven keys", p.Metadata(many...), false},
		{"nothing", "", false},
		{"text", "metadata", false},
		{"two documents", good + good, false},
	} {
		m, err := saml.ParseMetadata(c.document)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, saml.ErrMetadata) {
			t.Errorf("%s: %v", c.what, err)
		}
		if err == nil && m.EntityID != issuer {
			t.Errorf("%s: the name is %s", c.what, m.EntityID)
		}
	}
	m, err := saml.ParseMetadata(replaced("entityID", `validUntil="2027-02-03T04:05:06Z" entityID`))
	if err != nil || !m.ValidUntil.Equal(time.Date(2027, 2, 3, 4, 5, 6, 0, time.UTC)) {
		t.Errorf("valid until %v, %v", m.ValidUntil, err)
	}
}
