package sigv4_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/sigv4"
)

// A server authenticates a call: it looks up the secret between the two steps.
func Example() {
	secrets := map[string]string{"AKIDEXAMPLE": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	now := time.Date(2015, 8, 30, 12, 40, 0, 0, time.UTC)

	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = "example.amazonaws.com"
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "+
		"SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")

	signature, err := sigv4.Parse(sigv4.FromHTTP(r))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = signature.Verify(secrets[signature.AccessKeyID], now, nil, sigv4.Rules{})
	fmt.Println(signature.AccessKeyID, signature.Region, err)

	_, err = sigv4.Parse(sigv4.FromHTTP(httptest.NewRequest(http.MethodGet, "/", nil)))
	fmt.Println(errors.Is(err, apierror.MissingAuthenticationToken))
	// Output:
	// AKIDEXAMPLE us-east-1 <nil>
	// true
}
