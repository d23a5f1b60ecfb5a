package credential

import (
	"encoding/base64"
	"fmt"
	"io"
)

// NewServicePassword makes the password of a service-specific credential out of 32
// bytes from random: 44 characters, as in the examples of the IAM API reference.
func NewServicePassword(random io.Reader) (string, error) {
	var raw [32]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("reading randomness for a service password: %w", err)
	}
	return base64.StdEncoding.EncodeToString(raw[:]), nil
}

// NewSigningCertificateID makes the id of a signing certificate out of 20 bytes from
// random: 32 characters without a prefix, as in the examples of the IAM API
// reference.
func NewSigningCertificateID(random io.Reader) (string, error) {
	var raw [20]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("reading randomness for a certificate id: %w", err)
	}
	return base32Text.EncodeToString(raw[:]), nil
}
