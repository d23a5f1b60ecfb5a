package saml_test

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/keyreeve/keyreeve/credential/saml"
	"github.com/keyreeve/keyreeve/server/samltest"
)

// TestSigned: the assertion, the response, or both may be signed.
func TestSigned(t *testing.T) {
	p := samltest.New(t, issuer)
	both := p.Response(login())
	p.Sign(both)
	for name, r := range map[string]*etree.Element{"assertion": p.Response(login()), "response": p.Whole(login()), "both": both} {
		a, err := verify(r, rules(t, p))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a.Subject != "alice@example.com" || a.Issuer != issuer || a.Recipient != samltest.Recipient || a.SubjectFormat != "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" {
			t.Errorf("%s: it says %+v", name, a)
		}
		if want := now.Add(5*time.Minute - 10*time.Second); !a.NotOnOrAfter.Equal(want) {
			t.Errorf("%s: redeemable until %v, want %v", name, a.NotOnOrAfter, want)
		}
		c, err := a.Claims()
		if err != nil || !c.Names(role, provider) || c.RoleSessionName != "alice" || c.Names(role, provider+"2") {
			t.Errorf("%s: claims %+v, %v", name, c, err)
		}
	}
	_, err := verify(p.Unsigned(login()), rules(t, p))
	want(t, "unsigned", err, saml.ErrSignature)
}

// TestRotation: each certificate of the metadata will do, others will not, whichever
// the signature names.
func TestRotation(t *testing.T) {
	old, next, eve := samltest.New(t, issuer), samltest.WithKey(t, issuer, samltest.Key(t, "next", 2048)), samltest.WithKey(t, issuer, samltest.Key(t, "eve", 2048))
	r := rules(t, old)
	_, err := verify(next.Response(login()), r)
	want(t, "the next key, not announced", err, saml.ErrSignature)
	r.Metadata = metadata(t, old, next)
	for name, p := range map[string]*samltest.IdP{"old": old, "next": next} {
		_, err := verify(p.Response(login()), r)
		want(t, name, err, nil)
	}
	_, err = verify(eve.Response(login()), r)
	want(t, "eve's key", err, saml.ErrSignature)
	claims := *eve
	claims.Certificate = old.Certificate // she names the right certificate and signs with her own key
	_, err = verify(claims.Response(login()), r)
	want(t, "eve's key under the right name", err, saml.ErrSignature)
	named := *old
	named.Certificate = eve.Certificate // the right key under another name is still the right key
	_, err = verify(named.Response(login()), r)
	want(t, "the right key under eve's name", err, nil)
}

// TestAlgorithms: SHA-1 is not taken, also where a key is right.
func TestAlgorithms(t *testing.T) {
	p := samltest.New(t, issuer)
	for method, kind := range map[string]error{
		dsig.RSASHA256SignatureMethod: nil, dsig.RSASHA384SignatureMethod: nil, dsig.RSASHA512SignatureMethod: nil,
		dsig.RSASHA1SignatureMethod: saml.ErrSignature,
	} {
		r := p.Unsigned(login())
		p.SignBy(samltest.Assertion(r), method)
		_, err := verify(r, rules(t, p))
		want(t, method, err, kind)
	}
	for _, c := range []struct{ what, old, new string }{
		{"MD5", dsig.RSASHA256SignatureMethod, "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"},
		{"HMAC with the certificate as the key", dsig.RSASHA256SignatureMethod, "http://www.w3.org/2000/09/xmldsig#hmac-sha1"},
		{"another digest", "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"},
		{"a stylesheet as transform", "http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/1999/REC-xslt-19991116"},
		{"canonicalization with comments", "http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"},
	} {
		_, err := saml.Verify(says(p.Response(login()), c.old, c.new), rules(t, p))
		want(t, c.what, err, saml.ErrSignature)
	}
}

// TestRefused: what is signed rightly and still is not for us, not now, or nothing
// that answers who somebody is. Each has a counterpart above that is taken.
func TestRefused(t *testing.T) {
	p := samltest.New(t, issuer)
	for _, c := range []struct {
		what string
		make func(*samltest.Login)
		kind error
	}{
		{"nothing", func(*samltest.Login) {}, nil},
		{"another audience", func(l *samltest.Login) { l.Audience = "https://other.example.com" }, saml.ErrAudience},
		{"the other audience of AWS", func(l *samltest.Login) { l.Audience = samltest.Recipient }, nil},
		{"an audience that begins alike", func(l *samltest.Login) { l.Audience = samltest.Audience + ".evil.example" }, saml.ErrAudience},
		{"two restrictions, one of others", func(l *samltest.Login) {
			l.InConditions = `<saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction>`
		}, saml.ErrAudience},
		{"a condition that nobody knows", func(l *samltest.Login) { l.InConditions = `<saml:Condition/>` }, saml.ErrAudience},
		{"a condition on those who pass it on", func(l *samltest.Login) { l.InConditions = `<saml:ProxyRestriction Count="0"/>` }, nil},
		{"another recipient", func(l *samltest.Login) { l.Recipient = "https://other.example.com/saml" }, saml.ErrRecipient},
		{"issued five minutes ago", func(l *samltest.Login) { l.Issued, l.Lasts = now.Add(-5*time.Minute), time.Hour }, nil},
		{"issued more than five minutes ago", func(l *samltest.Login) { l.Issued, l.Lasts = now.Add(-5*time.Minute-time.Second), time.Hour }, saml.ErrTooOld},
		{"over", func(l *samltest.Login) { l.Issued, l.Lasts = now.Add(-time.Minute), time.Minute }, saml.ErrExpired},
		{"a second before that", func(l *samltest.Login) { l.Issued, l.Lasts = now.Add(-time.Minute), time.Minute+time.Second }, nil},
		{"by a clock that is a minute ahead", func(l *samltest.Login) { l.Issued = now.Add(time.Minute) }, nil},
		{"by a clock that is more ahead", func(l *samltest.Login) { l.Issued = now.Add(time.Minute + time.Second) }, saml.ErrTooEarly},
		{"a session that is over", func(l *samltest.Login) { l.SessionEnds = now }, saml.ErrExpired},
		{"a session that is not over", func(l *samltest.Login) { l.SessionEnds = now.Add(time.Second) }, nil},
		{"nobody was authenticated", func(l *samltest.Login) { l.WithoutAuthn = true }, saml.ErrSubject},
		{"no NameID", func(l *samltest.Login) { l.WithoutNameID = true }, saml.ErrSubject},
		{"two confirmations", func(l *samltest.Login) {
			l.InSubject = `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="2027-01-01T00:00:00Z" Recipient="` + samltest.Recipient + `"/></saml:SubjectConfirmation>`
		}, saml.ErrSubject},
		{"a failure", func(l *samltest.Login) { l.Status = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed" }, saml.ErrStatus},
	} {
		l := login()
		c.make(&l)
		for how, sign := range map[string]func(samltest.Login) *etree.Element{"assertion": p.Response, "whole": p.Whole} {
			_, err := verify(sign(l), rules(t, p))
			want(t, c.what+", signed: "+how, err, c.kind)
		}
	}
	other := samltest.WithKey(t, "https://other.example.com", p.Key)
	_, err := verify(other.Response(login()), rules(t, p))
	want(t, "another issuer with the same key", err, saml.ErrIssuer)
	r := rules(t, p)
	r.Metadata.ValidUntil = now
	_, err = verify(p.Response(login()), r)
	want(t, "metadata whose time is over", err, saml.ErrExpired)
}

// TestEncrypted: by each cipher that AWS names, with whichever of two keys, signed
// within or around.
func TestEncrypted(t *testing.T) {
	p, key, old := samltest.New(t, issuer), samltest.Key(t, "decryption", 2048), samltest.Key(t, "old", 2048)
	r := rules(t, p, old, key)
	r.MustEncrypt = true
	encrypted := func(e samltest.Encryption) *etree.Element {
		response := p.Response(login())
		samltest.Encrypt(response, &key.PublicKey, e)
		return response
	}
	for _, content := range []string{"http://www.w3.org/2009/xmlenc11#aes128-gcm", "http://www.w3.org/2009/xmlenc11#aes256-gcm", "http://www.w3.org/2001/04/xmlenc#aes128-cbc", "http://www.w3.org/2001/04/xmlenc#aes256-cbc"} {
		for _, digest := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
			a, err := verify(encrypted(samltest.Encryption{Content: content, Digest: digest}), r)
			want(t, fmt.Sprint(content, " ", digest), err, nil)
			if err == nil && a.Subject != "alice@example.com" {
				t.Errorf("%s: it says %+v", content, a)
			}
		}
	}
	whole := p.Unsigned(login())
	samltest.Encrypt(whole, &key.PublicKey, samltest.Encryption{})
	unsigned := whole.Copy()
	p.Sign(whole)
	_, err := verify(whole, r)
	want(t, "signed around", err, nil)
	_, err = verify(unsigned, r)
	want(t, "encrypted by somebody, signed by nobody", err, saml.ErrSignature)
	_, err = verify(p.Response(login()), r)
	want(t, "in the open", err, saml.ErrPlain)
	_, err = saml.Verify(says(encrypted(samltest.Encryption{}), "rsa-oaep-mgf1p", "rsa-1_5"), r)
	want(t, "by PKCS #1 1.5", err, saml.ErrSignature)
	r.Keys = []*rsa.PrivateKey{old}
	_, err = verify(encrypted(samltest.Encryption{}), r)
	want(t, "for another key", err, saml.ErrSignature)
}

// TestOneAnswer: an encrypted assertion that cannot be opened, one that opens to
// nonsense and one that is not signed are told alike, so that nobody can use us to
// decrypt what was recorded.
func TestOneAnswer(t *testing.T) {
	p, key := samltest.New(t, issuer), samltest.Key(t, "decryption", 2048)
	r := rules(t, p, key)
	eve := samltest.WithKey(t, issuer, samltest.Key(t, "eve", 2048)).Response(login())
	samltest.Encrypt(eve, &key.PublicKey, samltest.Encryption{Content: "http://www.w3.org/2001/04/xmlenc#aes128-cbc"})
	seen := map[string]bool{}
	note := func(response []byte) {
		_, err := saml.Verify(response, r)
		if err == nil {
			t.Fatal("it was taken")
		}
		kind := fmt.Sprint(errors.Is(err, saml.ErrSignature))
		seen[kind] = true
	}
	note([]byte(samltest.Text(eve)))
	text := samltest.Text(eve)
	end := strings.LastIndex(text, "</xenc:CipherValue>")
	for i := range 40 { // the last block, changed
		b := []byte(text)
		b[end-3-i] ^= 1
		note(b)
	}
	if len(seen) != 1 || !seen["true"] {
		t.Errorf("answers %v", seen)
	}
}

// TestClaims: what attributes mean, in AWS's words where they are wrong.
func TestClaims(t *testing.T) {
	p := samltest.New(t, issuer)
	claims := func(l samltest.Login) (*saml.Claims, error) {
		t.Helper()
		a, err := verify(p.Response(l), rules(t, p))
		if err != nil {
			t.Fatal(err)
		}
		return a.Claims()
	}
	c, err := claims(login().
		With("Role", provider+" , "+role, "nonsense", role+"2,"+provider).
		With("SessionDuration", "1800").With("PrincipalTag:team", "red").With("TransitiveTagKeys", "team").
		With("SourceIdentity", "alice").With("urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "staff", "member").
		With("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "a@example.com").With("urn:other", "x"))
	if err != nil {
		t.Fatal(err)
	}
	if !c.Names(role, provider) || !c.Names(role+"2", provider) || len(c.Roles) != 2 {
		t.Errorf("roles %v", c.Roles)
	}
	if c.SessionDuration != 30*time.Minute || c.SourceIdentity != "alice" {
		t.Errorf("claims %+v", c)
	}
	if diff := cmp.Diff([]saml.Tag{{Key: "team", Value: "red"}}, c.Tags); diff != "" {
		t.Error(diff)
	}
	keys := map[string]saml.Key{}
	for _, k := range c.Keys {
		keys[k.Name] = k
	}
	if diff := cmp.Diff(map[string]saml.Key{
		"saml:edupersonaffiliation": {Name: "saml:edupersonaffiliation", Values: []string{"staff", "member"}, List: true},
		"saml:mail":                 {Name: "saml:mail", Values: []string{"a@example.com"}},
	}, keys); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []struct {
		name   string
		values []string
		want   string
	}{
		{"RoleSessionName", nil, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"},
		{"RoleSessionName", []string{"John Doe"}, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"},
		{"RoleSessionName", []string{"alice", "root"}, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"},
		{"SourceIdentity", []string{"aws:x"}, `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`},
		{"SessionDuration", []string{"899"}, "SessionDuration in AuthnResponse must be a number of seconds from 900 to 43200"},
		{"SessionDuration", []string{"900", "43200"}, "SessionDuration in AuthnResponse must be a number of seconds from 900 to 43200"},
		{"PrincipalTag:team", []string{"red", "blue"}, "A PrincipalTag attribute must have one value, and key and value that a tag can have"},
		{"PrincipalTag:", []string{"red"}, "A PrincipalTag attribute must have one value, and key and value that a tag can have"},
		{"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", []string{"a", "b"}, "More than one value of saml:mail in AuthnResponse"},
	} {
		if _, err := claims(login().With(bad.name, bad.values...)); err == nil || err.Error() != bad.want {
			t.Errorf("%s %v: %v, want %s", bad.name, bad.values, err, bad.want)
		}
	}
	l := login()
	delete(l.Attributes, samltest.Attributes+"RoleSessionName")
	if _, err := claims(l); err == nil || err.Error() != "RoleSessionName is required in AuthnResponse" {
		t.Errorf("without session name: %v", err)
	}
	if _, err := claims(l.With("rolesessionname", "alice")); err == nil {
		t.Error("an attribute in another case was taken")
	}
}

// TestClaimsApart: an attribute for each value, as Keycloak writes roles, is a list in
// the same way; where there is to be one value, a second attribute is refused.
func TestClaimsApart(t *testing.T) {
	p := samltest.New(t, issuer)
	claims := func(name string, values ...string) (*saml.Claims, error) {
		t.Helper()
		response := p.Unsigned(login())
		statement := response.FindElement(".//AttributeStatement")
		for _, v := range values {
			e := statement.CreateElement("saml:Attribute")
			e.CreateAttr("Name", samltest.Attributes+name)
			e.CreateElement("saml:AttributeValue").SetText(v)
		}
		p.Sign(samltest.Assertion(response))
		a, err := verify(response, rules(t, p))
		if err != nil {
			t.Fatal(err)
		}
		return a.Claims()
	}
	c, err := claims("Role", role+"2,"+provider, role+"3,"+provider)
	if err != nil || len(c.Roles) != 3 || !c.Names(role+"3", provider) {
		t.Errorf("roles %+v, %v", c, err)
	}
	for _, name := range []string{"RoleSessionName", "PrincipalTag:team"} {
		if _, err := claims(name, "red", "blue"); err == nil {
			t.Errorf("%s twice was taken", name)
		}
	}
	if _, err := claims("PrincipalTag:team", "red"); err != nil {
		t.Errorf("one tag: %v", err)
	}
}
