package dpop_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/credential/dpop"
)

// A bearer of a token without the key has nothing to show.
func Example() {
	_, err := dpop.Verify("eyJhbGciOiJub25lIn0.e30.", "POST", "/v1/token", time.Now())
	fmt.Println(errors.Is(err, dpop.ErrProof))
	// Output: true
}
