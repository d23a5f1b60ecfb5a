package saml_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/credential/saml"
	"github.com/keyreeve/keyreeve/server/samltest"
)

// FuzzVerify: what is made of a response, only what the provider signed is ever read
// from it.
func FuzzVerify(f *testing.F) {
	// The key is the same in all processes that take part.
	key := fixtureKey(f)
	p := samltest.WithKey(f, issuer, key)
	r := rules(f, p, key)
	l := login().With("PrincipalTag:team", "red").With("SessionDuration", "900")
	f.Add(samltest.Text(p.Response(l)))
	f.Add(samltest.Text(p.Whole(l)))
	encrypted := p.Response(l)
	samltest.Encrypt(encrypted, &key.PublicKey, samltest.Encryption{})
	f.Add(samltest.Text(encrypted))
	f.Add(samltest.Text(p.Unsigned(l)))
	f.Fuzz(func(t *testing.T, text string) {
		a, err := saml.Verify([]byte(text), r)
		if err != nil {
			return
		}
		c, err := a.Claims()
		if err != nil || a.Subject != "alice@example.com" || c.RoleSessionName != "alice" || len(c.Tags) != 1 || !c.Names(role, provider) {
			t.Errorf("it says %+v, %+v, %v", a, c, err)
		}
	})
}

// FuzzMetadata: metadata that are taken are always read alike, name a provider and
// have keys.
func FuzzMetadata(f *testing.F) {
	p := samltest.New(f, issuer)
	f.Add(p.Metadata())
	f.Add(p.Metadata(samltest.WithKey(f, issuer, samltest.Key(f, "next", 2048))))
	f.Add(`<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := saml.ParseMetadata(text)
		if err != nil {
			return
		}
		again, err := saml.ParseMetadata(text)
		if err != nil || m.EntityID == "" || len(m.Certificates) == 0 || len(m.Certificates) > saml.MaxCertificates || !m.ValidUntil.Equal(again.ValidUntil) {
			t.Errorf("%+v, then %+v, %v", m, again, err)
		}
		if diff := cmp.Diff(m.EntityID, again.EntityID); diff != "" {
			t.Error(diff)
		}
	})
}
