package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestReload replaces certificate and key while they are in use. What cannot be
// used does not replace what can.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	minutes := 0
	write := func(path string, text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		minutes++ // each is newer than the one before, whatever the file system's resolution
		at := time.Now().Add(time.Duration(minutes) * time.Minute)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	firstCert, firstKey := selfSigned(t, "first")
	write(certificate, firstCert)
	write(key, firstKey)
	r := &reloader{certificate: certificate, key: key}
	if err := r.load(); err != nil {
		t.Fatal(err)
	}
	serves := func(when, want string) {
		t.Helper()
		r.looked = time.Time{} // the next look is due
		c, err := r.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := leaf.Subject.CommonName; got != want {
			t.Errorf("%s: the certificate is %q, want %q", when, got, want)
		}
	}
	serves("at first", "first")
	secondCert, secondKey := selfSigned(t, "second")
	write(certificate, secondCert)
	serves("with a key of another certificate", "first")
	write(key, secondKey)
	serves("with both", "second")
	write(certificate, []byte("not a certificate"))
	serves("with a broken file", "second")
	if err := os.Remove(certificate); err != nil {
		t.Fatal(err)
	}
	serves("without a file", "second")
	write(certificate, firstCert)
	write(key, firstKey)
	serves("with a good pair again", "first")

	// Between two looks the files are left alone.
	write(certificate, secondCert)
	write(key, secondKey)
	r.looked = time.Now().Add(time.Hour)
	if c, _ := r.get(nil); c != r.current {
		t.Error("the files were read before a look was due")
	}
}

func TestReloadingTLS(t *testing.T) {
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, err := reloadingTLS(certificate, key); err == nil {
		t.Error("files that are not there make a configuration")
	}
	certText, keyText := selfSigned(t, "one")
	if err := os.WriteFile(certificate, certText, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, keyText, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := reloadingTLS(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	if c.MinVersion != tls.VersionTLS12 {
		t.Errorf("the lowest version is %x", c.MinVersion)
	}
}

// selfSigned makes a certificate and its key, as PEM.
func selfSigned(t *testing.T, name string) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}
