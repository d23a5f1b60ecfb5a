package e2e_test

import (
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/keyreeve/keyreeve/server/samltest"
)

// scripted is a script for samltest.
type scripted struct{ *testscript.TestScript }

func (s scripted) Helper()           {}
func (s scripted) Fatal(args ...any) { s.Fatalf("%v", args) }

// cmdIDP is an identity provider of SAML:
//
//	idp metadata FILE [KEY...]                    its metadata, with further keys
//	idp key FILE                                  a private key that opens assertions
//	idp login FILE ROLE PROVIDER [NAME=VALUE...]  an assertion for alice, in base64
//
// Values of login are AWS's attributes, or signed=other, encrypted=yes, issued=AGO,
// recipient=URL and audience=URL.
func cmdIDP(ts *testscript.TestScript, neg bool, args []string) {
	const issuer = "https://idp.example.com/saml"
	t := scripted{ts}
	p := samltest.New(t, issuer)
	other := func(name string) *samltest.IdP { return samltest.WithKey(t, issuer, samltest.Key(t, name, 2048)) }
	text := ""
	switch args[0] {
	case "metadata":
		var others []*samltest.IdP
		for _, name := range args[2:] {
			others = append(others, other(name))
		}
		text = p.Metadata(others...)
	case "key":
		text = samltest.PEM(samltest.Key(t, "decryption", 2048))
	case "login":
		l := samltest.Login{Issued: time.Now()}.For(args[2], args[3], "alice@example.com")
		encrypted := false
		for _, arg := range args[4:] {
			name, value, _ := strings.Cut(arg, "=")
			switch name {
			case "signed":
				p = other(value)
			case "encrypted":
				encrypted = true
			case "issued":
				ago, err := time.ParseDuration(value)
				ts.Check(err)
				l.Issued = l.Issued.Add(-ago)
			case "recipient":
				l.Recipient = value
			case "audience":
				l.Audience = value
			default:
				l = l.With(name, value)
			}
		}
		r := p.Response(l)
		if encrypted {
			samltest.Encrypt(r, &samltest.Key(t, "decryption", 2048).PublicKey, samltest.Encryption{})
		}
		text = samltest.Encode(r)
	default:
		ts.Fatalf("there is no %s", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}
