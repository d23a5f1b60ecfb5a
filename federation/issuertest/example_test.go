package issuertest_test

import (
	"fmt"
	"testing"

	"github.com/keyreeve/keyreeve/credential/jwt"
	"github.com/keyreeve/keyreeve/federation/issuertest"
)

// How a test has tokens issued.
func Example() {
	issue := func(t *testing.T) {
		i := issuertest.New(t)
		token, err := jwt.Parse(i.Token(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(token.Issuer() == i.URL)
	}
	testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "issue", F: issue}})
	// Output: true
}
