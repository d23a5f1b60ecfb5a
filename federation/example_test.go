package federation_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/keyreeve/keyreeve/federation"
)

// A token is asked about with the issuer that it is to be of. Where the operator has
// said so, no provider may live on an address inside.
func Example() {
	p := federation.New(federation.Options{PublicOnly: true})
	token, err := p.Parse("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovLzEyNy4wLjAuMSJ9.AAAA")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = p.Verify(context.Background(), "https://127.0.0.1", nil, token)
	fmt.Println(errors.Is(err, federation.ErrAnswer))
	// Output: true
}
