package certificate_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/certificate"
)

func TestParse(t *testing.T) {
	one := issue(t, "one", nil)
	body := one.pem()
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"one", body, nil},
		{"white space around it", "\r\n " + body + "\n\n", nil},
		{"nothing", "", certificate.ErrPEM},
		{"two", body + body, certificate.ErrPEM},
		{"text before", "subject=one\n" + body, certificate.ErrPEM},
		{"text after", body + "end", certificate.ErrPEM},
		{"a broken block before", "-----BEGIN CERTIFICATE-----\n*\n" + body, certificate.ErrPEM},
		{"cut off", body[:len(body)/2], certificate.ErrPEM},
		{"a key", one.keyPEM(t), certificate.ErrPEM},
		{"headers", strings.Replace(body, "-----\n", "-----\nA: b\n\n", 1), certificate.ErrPEM},
		{"no certificate", block("CERTIFICATE", []byte("x")), certificate.ErrCertificate},
		{"more behind it", block("CERTIFICATE", append(one.cert.Raw[:len(one.cert.Raw):len(one.cert.Raw)], 0)), certificate.ErrCertificate},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := certificate.Parse(c.text); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	if _, err := certificate.ParseChain(strings.Repeat(body, 16)); err != nil {
		t.Errorf("a chain of 16: %v", err)
	}
	if _, err := certificate.ParseChain(strings.Repeat(body, 17)); !errors.Is(err, certificate.ErrPEM) {
		t.Errorf("a chain of 17: %v", err)
	}
}

func TestValidAt(t *testing.T) {
	c := issue(t, "one", nil).cert
	for offset, want := range map[time.Duration]error{
		0: nil, -time.Hour: nil, time.Hour: nil,
		-time.Hour - time.Second: certificate.ErrNotYet, time.Hour + time.Second: certificate.ErrExpired,
	} {
		if err := certificate.ValidAt(c, noon.Add(offset)); !errors.Is(err, want) {
			t.Errorf("%v from noon: %v, want %v", offset, err, want)
		}
	}
}

func TestCheckChain(t *testing.T) {
	root := issue(t, "root", nil)
	middle := issue(t, "middle", root)
	leaf := issue(t, "leaf", middle)
	impostor := issue(t, "middle", root) // the name is right, the key is not
	for _, c := range []struct {
		name  string
		chain []*issued
		index int
		ok    bool
	}{
		{"none", nil, 0, true},
		{"the issuer", []*issued{middle}, 0, true},
		{"all", []*issued{middle, root}, 0, true},
		{"the wrong way round", []*issued{root, middle}, -1, false},
		{"the issuer left out", []*issued{root}, -1, false},
		{"itself first", []*issued{leaf, middle}, -1, false},
		{"another of that name", []*issued{impostor, root}, -1, false},
		{"one twice", []*issued{middle, middle, root}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var chain []*x509.Certificate
			for _, i := range c.chain {
				chain = append(chain, i.cert)
			}
			if index, ok := certificate.CheckChain(leaf.cert, chain); ok != c.ok || index != c.index {
				t.Errorf("%d, %v, want %d, %v", index, ok, c.index, c.ok)
			}
		})
	}
}

func TestParseKey(t *testing.T) {
	one, other := issue(t, "one", nil), issue(t, "other", nil)
	sec1, err := x509.MarshalECPrivateKey(one.key.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"PKCS #8": one.keyPEM(t), "SEC 1": block("EC PRIVATE KEY", sec1)} {
		key, err := certificate.ParseKey(text)
		if err != nil || !certificate.Belongs(key, one.cert) || certificate.Belongs(key, other.cert) {
			t.Errorf("%s: %v, or it belongs to the wrong certificate", name, err)
		}
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certificate.ParseKey(block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey))); err != nil {
		t.Errorf("PKCS #1: %v", err)
	}
	encrypted := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1,
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}}))
	for name, text := range map[string]string{
		"nothing": "", "a certificate": one.pem(), "two": one.keyPEM(t) + one.keyPEM(t), "encrypted": encrypted,
		"another form than it says": block("RSA PRIVATE KEY", sec1), "large": block("PRIVATE KEY", make([]byte, 7000)),
	} {
		if _, err := certificate.ParseKey(text); !errors.Is(err, certificate.ErrKey) {
			t.Errorf("%s: %v, want ErrKey", name, err)
		}
	}
}

// FuzzParseChain: what is taken is PEM of exactly the certificates that come out.
func FuzzParseChain(f *testing.F) {
	root := issue(f, "root", nil)
	leaf := issue(f, "leaf", root)
	f.Add(leaf.pem())
	f.Add(leaf.pem() + root.pem())
	f.Add(leaf.keyPEM(f))
	f.Fuzz(func(t *testing.T, text string) {
		chain, err := certificate.ParseChain(text)
		if err != nil {
			return
		}
		var again strings.Builder
		for _, c := range chain {
			again.WriteString(block("CERTIFICATE", c.Raw))
		}
		if strip(again.String()) != strip(text) {
			t.Errorf("%q was read as %q", text, again.String())
		}
	})
}

// strip takes out what a PEM decoder may pass over.
func strip(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n\v\f\u0085\u00a0", r) {
			return -1
		}
		return r
	}, text)
}

// FuzzParseKey: nothing but a key that can sign is taken, and no error tells of it.
func FuzzParseKey(f *testing.F) {
	f.Add(issue(f, "one", nil).keyPEM(f))
	f.Fuzz(func(t *testing.T, text string) {
		key, err := certificate.ParseKey(text)
		if (err == nil) != (key != nil) || err != nil && err != certificate.ErrKey {
			t.Errorf("key %v, error %v", key != nil, err)
		}
	})
}
