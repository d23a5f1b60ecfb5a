package token_test

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/credential/seal"
	"github.com/keyreeve/keyreeve/credential/token"
)

// ListUsers gives out a marker, and gets it back with the next call.
func Example() {
	keyring, _ := seal.New(time.Now(), rand.Reader)

	marker, _ := token.Seal(keyring, "alice", token.Purpose("marker", "111122223333", "ListUsers"), rand.Reader)
	fmt.Println(token.Open(keyring, marker, token.Purpose("marker", "111122223333", "ListUsers"), time.Now()))
	fmt.Println(token.Open(keyring, marker, token.Purpose("marker", "444455556666", "ListUsers"), time.Now()))
	// Output:
	// alice true
	//  false
}
