package certificate_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/credential/certificate"
)

func Example() {
	_, err := certificate.Parse("subject=/CN=example.com\n-----BEGIN CERTIFICATE-----\n")
	fmt.Println(err)
	_, err = certificate.ParseKey("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
	fmt.Println(err)
	// Output:
	// not PEM, or more or other than what is asked for
	// not an unencrypted private key in PEM
}
