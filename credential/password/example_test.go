package password_test

import (
	"fmt"
	"strings"

	"github.com/keyreeve/keyreeve/credential/password"
)

func Example() {
	random := strings.NewReader("sixteen bytes!!!") // crypto/rand.Reader outside of tests
	hash, err := password.New("Tr0ub4dor&3", random)
	if err != nil {
		panic(err)
	}
	stored, err := password.Parse(hash.String())
	if err != nil {
		panic(err)
	}
	fmt.Println(stored.Matches("Tr0ub4dor&3"), stored.Matches("tr0ub4dor&3"), stored.Outdated())
	// Output: true false false
}
