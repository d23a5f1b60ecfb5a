package main

import (
	"crypto/x509"
	"fmt"
	"os"

	"github.com/keyreeve/keyreeve/federation"
)

// providers is how identity providers are asked. The system's roots are those that
// Go finds, or of the file that SSL_CERT_FILE names.
func (c *config) providers() (*federation.Providers, error) {
	o := federation.Options{PublicOnly: c.FederationPublicOnly}
	if c.FederationCA == "" {
		return federation.New(o), nil
	}
	text, err := os.ReadFile(c.FederationCA)
	if err != nil {
		return nil, err
	}
	if o.Roots, err = x509.SystemCertPool(); err != nil {
		return nil, err
	}
	if !o.Roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate", c.FederationCA)
	}
	return federation.New(o), nil
}
