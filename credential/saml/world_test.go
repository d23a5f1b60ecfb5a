package saml_test

import (
	"crypto/rsa"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/keyreeve/keyreeve/credential/saml"
	"github.com/keyreeve/keyreeve/server/samltest"
)

const (
	issuer   = "https://idp.example.com/saml"
	role     = "arn:aws:iam::111122223333:role/app"
	provider = "arn:aws:iam::111122223333:saml-provider/corp"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// login is what the provider ordinarily says of alice.
func login() samltest.Login {
	return samltest.Login{Issued: now.Add(-10 * time.Second)}.For(role, provider, "alice")
}

func metadata(t testing.TB, p *samltest.IdP, others ...*samltest.IdP) *saml.Metadata {
	t.Helper()
	m, err := saml.ParseMetadata(p.Metadata(others...))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func rules(t testing.TB, p *samltest.IdP, keys ...*rsa.PrivateKey) saml.Rules {
	t.Helper()
	return saml.Rules{
		Metadata: metadata(t, p), Keys: keys, Now: now,
		Recipient: func(s string) bool { return s == samltest.Recipient },
		Audience:  func(s string) bool { return s == samltest.Audience || s == samltest.Recipient },
	}
}

func verify(response *etree.Element, r saml.Rules) (*saml.Assertion, error) {
	return saml.Verify([]byte(samltest.Text(response)), r)
}

// want fails the test unless an error is of a kind; nil is success.
func want(t testing.TB, what string, err, kind error) {
	t.Helper()
	if kind == nil && err != nil || kind != nil && !errors.Is(err, kind) {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

// says is a response as text, changed.
func says(response *etree.Element, old, new string) []byte {
	text := samltest.Text(response)
	if !strings.Contains(text, old) {
		panic("there is no " + old)
	}
	return []byte(strings.Replace(text, old, new, 1))
}
