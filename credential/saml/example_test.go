package saml_test

import (
	"fmt"
	"os"
	"time"

	"github.com/keyreeve/keyreeve/credential/saml"
)

// A response is signed by whom the metadata name, for us, and now. What it says of
// the subject's rights is in its claims.
func Example() {
	response, _ := os.ReadFile("testdata/signed.xml")
	document, _ := os.ReadFile("testdata/metadata.xml")
	metadata, err := saml.ParseMetadata(string(document))
	if err != nil {
		fmt.Println(err)
		return
	}
	const us = "https://signin.aws.amazon.com/saml"
	assertion, err := saml.Verify(response, saml.Rules{
		Metadata:  metadata,
		Recipient: func(s string) bool { return s == us },
		Audience:  func(s string) bool { return s == us || s == "urn:amazon:webservices" },
		Now:       time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, err := assertion.Claims()
	fmt.Println(assertion.Subject, "is", claims.RoleSessionName, "and may be", claims.Roles[0].RoleARN, err)
	// Output: Zoë & Søn <zoe@example.com> is zoe and may be arn:aws:iam::111122223333:role/app <nil>
}
