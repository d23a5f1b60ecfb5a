package saml_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/credential/saml"
	"github.com/keyreeve/keyreeve/server/samltest"
)

// fixtureKey is the key of testdata.
func fixtureKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	block, _ := pem.Decode(readFile(t, "testdata/key.pem"))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPeer: what another implementation has signed and encrypted is read, with the
// namespaces, the white space and the letters that it is written with.
func TestPeer(t *testing.T) {
	key := fixtureKey(t)
	r := rules(t, samltest.WithKey(t, issuer, key), key)
	for _, name := range []string{"testdata/signed.xml", "testdata/encrypted.xml"} {
		a, err := saml.Verify(readFile(t, name), r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c, err := a.Claims()
		if err != nil || a.Subject != "Zoë & Søn <zoe@example.com>" || c.RoleSessionName != "zoe" || !c.Names(role, provider) {
			t.Errorf("%s: %+v, %+v, %v", name, a, c, err)
		}
		if diff := cmp.Diff([]saml.Key{{Name: "saml:edupersontargetedid", Values: []string{"target"}, List: true}}, c.Keys); err == nil && diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, err := saml.Verify(readFile(t, "testdata/template.xml"), r)
	want(t, "not signed yet", err, saml.ErrSignature)
}
