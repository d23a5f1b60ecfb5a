package saml_test

import (
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/keyreeve/keyreeve/credential/saml"
	"github.com/keyreeve/keyreeve/server/samltest"
)

// forged is a copy of an element that says that it is about the administrator, under
// another ID, and without signature.
func forged(el *etree.Element) *etree.Element {
	evil := el.Copy()
	name := evil.FindElement(".//NameID")
	name.SetText("admin@example.com")
	evil.CreateAttr("ID", "_evil")
	unsigned(evil)
	return evil
}

// unsigned takes the signature off an element.
func unsigned(el *etree.Element) *etree.Element {
	sig := el.FindElement("./Signature")
	if sig != nil {
		el.RemoveChild(sig)
	}
	return sig
}

// Eve has a response of the provider about herself, and moves what was signed within
// the document to where a verifier finds it by its ID, while what is read says that
// she is the administrator. These are the eight ways in which that is known to be done
// (Somorovsky and others, "On Breaking SAML: Be Whoever You Want to Be", 2012; the
// numbers are SAML Raider's). The response that she has been given works.
func TestAttackWrapping(t *testing.T) {
	p := samltest.New(t, issuer)
	r := rules(t, p)
	attempts := map[string]func() *etree.Element{
		// The response is signed. A forged one holds the signature, and that the original.
		"1": func() *etree.Element {
			original := p.Whole(login())
			evil := forged(original)
			sig := unsigned(original)
			sig.AddChild(original)
			evil.InsertChildAt(1, sig)
			return evil
		},
		// The original stands before the signature.
		"2": func() *etree.Element {
			original := p.Whole(login())
			evil := forged(original)
			sig := unsigned(original)
			evil.InsertChildAt(1, original)
			evil.InsertChildAt(2, sig)
			return evil
		},
		// The assertion is signed. A forged one stands before it.
		"3": func() *etree.Element {
			response := p.Response(login())
			original := samltest.Assertion(response)
			response.InsertChildAt(original.Index(), forged(original))
			return response
		},
		// The forged assertion holds the original.
		"4": func() *etree.Element {
			response := p.Response(login())
			original := samltest.Assertion(response)
			evil := forged(original)
			response.InsertChildAt(original.Index(), evil)
			response.RemoveChild(original)
			evil.AddChild(original)
			return response
		},
		// The forged assertion holds the signature; the original follows without it.
		"5": func() *etree.Element {
			response := p.Response(login())
			original := samltest.Assertion(response)
			evil := forged(original)
			evil.InsertChildAt(1, unsigned(original))
			response.InsertChildAt(original.Index(), evil)
			return response
		},
		// The original stands in the signature.
		"6": func() *etree.Element {
			response := p.Response(login())
			original := samltest.Assertion(response)
			evil := forged(original)
			response.InsertChildAt(original.Index(), evil)
			response.RemoveChild(original)
			sig := unsigned(original)
			sig.AddChild(original)
			evil.InsertChildAt(1, sig)
			return response
		},
		// The forged assertion stands in Extensions, under the original's ID.
		"7": func() *etree.Element {
			response := p.Response(login())
			original := samltest.Assertion(response)
			evil := forged(original)
			evil.CreateAttr("ID", original.SelectAttrValue("ID", ""))
			extensions := etree.NewElement("samlp:Extensions")
			extensions.AddChild(evil)
			response.InsertChildAt(1, extensions)
			return response
		},
		// The original stands in an Object of the signature of the forged one.
		"8": func() *etree.Element {
			response := p.Response(login())
			original := samltest.Assertion(response)
			evil := forged(original)
			response.InsertChildAt(original.Index(), evil)
			response.RemoveChild(original)
			sig := unsigned(original)
			object := etree.NewElement("ds:Object")
			object.AddChild(original)
			sig.AddChild(object)
			evil.InsertChildAt(1, sig)
			return response
		},
		// Not one of the eight: the same in other namespaces, or as a second response.
		"a forged assertion of another namespace": func() *etree.Element {
			response := p.Response(login())
			evil := forged(samltest.Assertion(response))
			evil.CreateAttr("xmlns:saml", "urn:other")
			response.AddChild(evil)
			return response
		},
		"a forged response around the original": func() *etree.Element {
			original := p.Whole(login())
			evil := forged(original)
			extensions := etree.NewElement("samlp:Extensions")
			extensions.AddChild(original)
			evil.InsertChildAt(1, extensions)
			return evil
		},
		"the forged assertion under the same ID, the signature on it": func() *etree.Element {
			response := p.Response(login())
			original := samltest.Assertion(response)
			evil := forged(original)
			evil.CreateAttr("ID", original.SelectAttrValue("ID", ""))
			evil.InsertChildAt(1, unsigned(original))
			response.InsertChildAt(original.Index(), evil)
			response.RemoveChild(original)
			return response
		},
		"a signed assertion in a response that is signed by eve": func() *etree.Element {
			response := p.Response(login())
			samltest.WithKey(t, issuer, samltest.Key(t, "eve", 2048)).Sign(response)
			return response
		},
		"two signatures, the right one second": func() *etree.Element {
			response := p.Response(login())
			samltest.WithKey(t, issuer, samltest.Key(t, "eve", 2048)).Sign(samltest.Assertion(response))
			return response
		},
	}
	for name, attempt := range attempts {
		_, err := verify(attempt(), r)
		want(t, name, err, saml.ErrSignature)
	}
	for name, legal := range map[string]*etree.Element{"whole": p.Whole(login()), "assertion": p.Response(login())} {
		a, err := verify(legal, r)
		if err != nil || a.Subject != "alice@example.com" {
			t.Errorf("the original, signed: %s: %+v, %v", name, a, err)
		}
	}
	// What is around an assertion that is signed may differ: extensions are nobody's
	// claim.
	response := p.Response(login())
	extensions := etree.NewElement("samlp:Extensions")
	extensions.CreateElement("samlp:Note").SetText("hello")
	response.InsertChildAt(1, extensions)
	_, err := verify(response, r)
	want(t, "a response with extensions", err, nil)
}

// Mallory registers admin@example.com.evil.example with the provider and puts a
// comment behind "com". Canonicalization leaves comments out, so the signature stays
// right; a reader that stops at the comment sees the administrator (Duo, "Duo Finds
// SAML Vulnerabilities", 2018). Here the whole value is read, in names and in
// attributes.
func TestAttackComments(t *testing.T) {
	p := samltest.New(t, issuer)
	l := login().With("RoleSessionName", "root.evil").With("PrincipalTag:team", "admin.evil")
	l.Subject = "admin@example.com.evil.example"
	for how, response := range map[string]*etree.Element{"assertion": p.Response(l), "whole": p.Whole(l)} {
		text := samltest.Text(response)
		for _, value := range []string{">admin@example.com.evil.example<", ">root.evil<", ">admin.evil<", role + "," + provider} {
			cut := strings.LastIndexByte(value, 'e')
			text = strings.Replace(text, value, value[:cut]+"<!---->"+value[cut:], 1)
		}
		a, err := saml.Verify([]byte(text), rules(t, p))
		if err != nil || strings.Count(text, "<!---->") != 4 {
			t.Errorf("%s: %v", how, err)
			continue
		}
		c, err := a.Claims()
		if err != nil || a.Subject != "admin@example.com.evil.example" || c.RoleSessionName != "root.evil" || c.Tags[0].Value != "admin.evil" || !c.Names(role, provider) {
			t.Errorf("%s: %s, %+v, %v", how, a.Subject, c, err)
		}
	}
	// A comment in a digest makes two values of it; there it is refused.
	_, err := saml.Verify(says(p.Response(login()), "DigestValue>", "DigestValue><!--AAAA-->"), rules(t, p))
	want(t, "a comment in a digest", err, saml.ErrSignature)
}

// Eve sends documents that are meant to break their reader: entities that grow a
// thousandfold, entities from files, elements in elements in elements. Each is refused
// before anything is made of it.
func TestAttackDocuments(t *testing.T) {
	p := samltest.New(t, issuer)
	good := samltest.Text(p.Response(login()))
	for what, text := range map[string]string{
		"entities that grow":          `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` + strings.Replace(good, "alice@example.com", "&b;", 1),
		"an entity of a file":         `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + strings.Replace(good, "alice@example.com", "&a;", 1),
		"a document type alone":       `<!DOCTYPE x>` + good,
		"an entity without one":       strings.Replace(good, "alice@example.com", "&a;", 1),
		"a stylesheet":                `<?xml-stylesheet href="https://evil.example"?>` + good,
		"elements in elements":        strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000),
		"very many elements":          "<a>" + strings.Repeat("<b/>", 24_000) + "</a>",
		"an attribute twice":          strings.Replace(good, ` Version="2.0"`, ` Version="2.0" Version="2.0"`, 1),
		"two roots":                   good + good,
		"text behind":                 good + "x",
		"not closed":                  good[:len(good)-5],
		"no UTF-8":                    strings.Replace(good, "alice", "\xff\xfe", 1),
		"another encoding":            `<?xml version="1.0" encoding="UTF-7"?>` + good,
		"more than a response may be": good + strings.Repeat(" ", 100_000),
		"nothing":                     "",
		"metadata":                    p.Metadata(),
	} {
		_, err := saml.Verify([]byte(text), rules(t, p))
		want(t, what, err, saml.ErrMalformed)
	}
	_, err := saml.Verify([]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"+good+"\n"), rules(t, p))
	want(t, "with a declaration and white space", err, nil)
}

// Whatever one byte of a signed response becomes, it is refused, or it says what it
// said before.
func TestAttackBytes(t *testing.T) {
	p := samltest.New(t, issuer)
	good := samltest.Text(p.Response(login()))
	r := rules(t, p)
	for i := 0; i < len(good); i += 7 {
		for _, b := range []byte{'x', ' ', '<', '&'} {
			text := []byte(good)
			text[i] = b
			a, err := saml.Verify(text, r)
			if err != nil {
				continue
			}
			c, err := a.Claims()
			if err != nil || a.Subject != "alice@example.com" || c.RoleSessionName != "alice" || len(c.Roles) != 1 || !c.Names(role, provider) {
				t.Errorf("byte %d as %q: %+v, %+v", i, b, a, c)
			}
		}
	}
}
