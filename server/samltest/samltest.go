// Package samltest is an identity provider for tests: it makes metadata and signed
// responses as SAML 2.0 describes them, and what an attacker would make of them can be
// made of its parts.
//
// It signs with goxmldsig as the product verifies with it; that other implementations
// sign alike is shown by the documents in credential/saml/testdata, which xmlsec1 has
// signed.
package samltest

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"
	_ "crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// Names that AWS documents.
const (
	Recipient  = "https://signin.aws.amazon.com/saml"
	Audience   = "urn:amazon:webservices"
	Attributes = "https://aws.amazon.com/SAML/Attributes/"
)

// IdP is an identity provider.
type IdP struct {
	EntityID    string
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
}

// T is the test that something is made for.
type T interface {
	Helper()
	Fatal(args ...any)
}

// keys are made once for each process and name: making one takes long.
var keys sync.Map

// Key is an RSA key, always the same for a name.
func Key(t T, name string, bits int) *rsa.PrivateKey {
	t.Helper()
	at := fmt.Sprint(name, bits)
	if k, ok := keys.Load(at); ok {
		return k.(*rsa.PrivateKey)
	}
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := keys.LoadOrStore(at, k)
	return kept.(*rsa.PrivateKey)
}

// PEM is a private key as UpdateSAMLProvider takes it.
func PEM(k *rsa.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}))
}

// New is an identity provider with a key of its own.
func New(t T, entityID string) *IdP { return WithKey(t, entityID, Key(t, entityID, 2048)) }

// WithKey is an identity provider that signs with a key.
func WithKey(t T, entityID string, key *rsa.PrivateKey) *IdP {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signing"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &IdP{EntityID: entityID, Key: key, Certificate: c}
}

// Metadata is the provider's metadata document, with the keys of others beside its
// own.
func (p *IdP) Metadata(others ...*IdP) string {
	var keys strings.Builder
	for _, o := range append([]*IdP{p}, others...) {
		fmt.Fprintf(&keys, `
    <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>
%s
    </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`, base64.StdEncoding.EncodeToString(o.Certificate.Raw))
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="%s">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">%s
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="%s/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
`, p.EntityID, keys.String(), p.EntityID)
}

// Login is what a response says. The zero value of a field is what a provider
// ordinarily says.
type Login struct {
	Subject, Format     string
	Recipient, Audience string
	Issued              time.Time
	// Lasts is how long after Issued it is valid; five minutes if zero.
	Lasts         time.Duration
	SessionEnds   time.Time
	OneTimeUse    bool
	Status        string
	Attributes    map[string][]string
	InConditions  string // more XML
	InSubject     string
	WithoutAuthn  bool
	WithoutNameID bool
}

// For gives a login the attributes that AWS asks for: a role by a provider, and the
// name of the session.
func (l Login) For(role, provider, session string) Login {
	return l.With("Role", role+","+provider).With("RoleSessionName", session)
}

// With gives a login one more of AWS's attributes, or one of another name if it has a
// colon before any slash.
func (l Login) With(name string, values ...string) Login {
	attributes := map[string][]string{}
	for k, v := range l.Attributes {
		attributes[k] = v
	}
	if !strings.HasPrefix(name, "urn:") && !strings.HasPrefix(name, "http") {
		name = Attributes + name
	}
	attributes[name] = values
	l.Attributes = attributes
	return l
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(s)
}

// Unsigned is a response that nobody has signed.
func (p *IdP) Unsigned(l Login) *etree.Element {
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	lasts := l.Lasts
	if lasts == 0 {
		lasts = 5 * time.Minute
	}
	issued, ends := at(l.Issued), at(l.Issued.Add(lasts))
	var b strings.Builder
	fmt.Fprintf(&b, `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r%s" Version="2.0" IssueInstant="%s" Destination="%s">`, random(), issued, or(l.Recipient, Recipient))
	fmt.Fprintf(&b, `<saml:Issuer>%s</saml:Issuer><samlp:Status><samlp:StatusCode Value="%s"/></samlp:Status>`, escape(p.EntityID), or(l.Status, "urn:oasis:names:tc:SAML:2.0:status:Success"))
	fmt.Fprintf(&b, `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a%s" Version="2.0" IssueInstant="%s"><saml:Issuer>%s</saml:Issuer><saml:Subject>`, random(), issued, escape(p.EntityID))
	if !l.WithoutNameID {
		fmt.Fprintf(&b, `<saml:NameID Format="%s">%s</saml:NameID>`, or(l.Format, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"), escape(or(l.Subject, "alice@example.com")))
	}
	fmt.Fprintf(&b, `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="%s" Recipient="%s"/></saml:SubjectConfirmation>%s</saml:Subject>`, ends, or(l.Recipient, Recipient), l.InSubject)
	fmt.Fprintf(&b, `<saml:Conditions NotBefore="%s" NotOnOrAfter="%s"><saml:AudienceRestriction><saml:Audience>%s</saml:Audience></saml:AudienceRestriction>%s`, issued, ends, or(l.Audience, Audience), l.InConditions)
	if l.OneTimeUse {
		b.WriteString(`<saml:OneTimeUse/>`)
	}
	b.WriteString(`</saml:Conditions>`)
	if !l.WithoutAuthn {
		fmt.Fprintf(&b, `<saml:AuthnStatement AuthnInstant="%s"`, issued)
		if !l.SessionEnds.IsZero() {
			fmt.Fprintf(&b, ` SessionNotOnOrAfter="%s"`, at(l.SessionEnds))
		}
		b.WriteString(`><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`)
	}
	b.WriteString(`<saml:AttributeStatement>`)
	for name, values := range l.Attributes {
		fmt.Fprintf(&b, `<saml:Attribute Name="%s">`, escape(name))
		for _, v := range values {
			fmt.Fprintf(&b, `<saml:AttributeValue>%s</saml:AttributeValue>`, escape(v))
		}
		b.WriteString(`</saml:Attribute>`)
	}
	b.WriteString(`</saml:AttributeStatement></saml:Assertion></samlp:Response>`)
	return Read(b.String())
}

// Read reads XML that is known to be right.
func Read(text string) *etree.Element {
	doc := etree.NewDocument()
	if err := doc.ReadFromString(text); err != nil {
		panic(err)
	}
	return doc.Root()
}

// Assertion is the assertion in a response.
func Assertion(response *etree.Element) *etree.Element {
	return response.FindElement("./Assertion")
}

// Sign signs an element, which gets the signature after its issuer.
func (p *IdP) Sign(el *etree.Element) { p.SignBy(el, dsig.RSASHA256SignatureMethod) }

// SignBy signs an element with an algorithm.
func (p *IdP) SignBy(el *etree.Element, method string) {
	ctx, err := dsig.NewSigningContext(p.Key, [][]byte{p.Certificate.Raw})
	if err == nil {
		ctx.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
		err = ctx.SetSignatureMethod(method)
	}
	if err != nil {
		panic(err)
	}
	sig, err := ctx.ConstructSignature(el, true)
	if err != nil {
		panic(err)
	}
	el.InsertChildAt(el.FindElement("./Issuer").Index()+1, sig)
}

// Response is a response whose assertion is signed.
func (p *IdP) Response(l Login) *etree.Element {
	r := p.Unsigned(l)
	p.Sign(Assertion(r))
	return r
}

// Whole is a response that is signed as a whole, and its assertion is not.
func (p *IdP) Whole(l Login) *etree.Element {
	r := p.Unsigned(l)
	p.Sign(r)
	return r
}

// Encryption is how an assertion is encrypted.
type Encryption struct {
	Content string // algorithm; aes256-gcm if empty
	Digest  crypto.Hash
}

// Encrypt replaces the assertion of a response by an encrypted one.
func Encrypt(response *etree.Element, to *rsa.PublicKey, e Encryption) {
	assertion := Assertion(response)
	doc := etree.NewDocumentWithRoot(assertion.Copy())
	plain, err := doc.WriteToBytes()
	if err != nil {
		panic(err)
	}
	content := or(e.Content, "http://www.w3.org/2009/xmlenc11#aes256-gcm")
	key := make([]byte, map[bool]int{true: 32, false: 16}[strings.Contains(content, "256")])
	rand.Read(key)
	hash, digest := crypto.SHA1, "http://www.w3.org/2000/09/xmldsig#sha1"
	method := "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
	if e.Digest == crypto.SHA256 {
		hash, digest, method = crypto.SHA256, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2009/xmlenc11#rsa-oaep"
	}
	mgf := ""
	if hash == crypto.SHA256 {
		mgf = `<xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"/>`
	}
	wrapped, err := rsa.EncryptOAEP(hash.New(), rand.Reader, to, key, nil)
	if err != nil {
		panic(err)
	}
	encoded := base64.StdEncoding.EncodeToString
	response.InsertChildAt(assertion.Index(), Read(fmt.Sprintf(`<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="%s"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="%s"><ds:DigestMethod Algorithm="%s"/>%s</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>`,
		content, method, digest, mgf, encoded(wrapped), encoded(seal(plain, key, strings.Contains(content, "gcm"))))))
	response.RemoveChild(assertion)
}

func seal(plain, key []byte, gcm bool) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	if gcm {
		aead, err := cipher.NewGCM(block)
		if err != nil {
			panic(err)
		}
		nonce := make([]byte, aead.NonceSize())
		rand.Read(nonce)
		return aead.Seal(nonce, nonce, plain, nil)
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	out := make([]byte, aes.BlockSize+len(plain))
	rand.Read(out[:aes.BlockSize])
	cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], plain)
	return out
}

// Text is a response as text.
func Text(response *etree.Element) string {
	text, err := etree.NewDocumentWithRoot(response.Copy()).WriteToString()
	if err != nil {
		panic(err)
	}
	return text
}

// Encode is a response as AssumeRoleWithSAML takes it.
func Encode(response *etree.Element) string {
	return base64.StdEncoding.EncodeToString([]byte(Text(response)))
}

func random() string {
	var b [12]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x", b)
}
