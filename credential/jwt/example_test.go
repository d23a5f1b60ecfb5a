package jwt_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/credential/jwt"
)

// A token with no signature is refused before anything that it says is looked at.
func Example() {
	_, err := jwt.Parse("eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIn0.")
	fmt.Println(err)
	// Output: signed with an algorithm that is not accepted
}
