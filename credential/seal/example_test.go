package seal_test

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/credential/seal"
)

func Example() {
	keyring, _ := seal.New(time.Now(), rand.Reader)
	row := seal.Context("secret access key", "111122223333", "AKIAEXAMPLE")
	sealed, _ := keyring.Seal([]byte("wJalrXUtnFEMI"), row)

	keyring, _ = keyring.Rotate(time.Now(), rand.Reader)
	secret, _ := keyring.Open(sealed, row)
	fmt.Printf("%s, sealed by the newest generation: %v\n", secret, keyring.IsCurrent(sealed))

	_, err := keyring.Open(sealed, seal.Context("secret access key", "111122223333", "AKIAOTHER"))
	fmt.Println(err)
	// Output:
	// wJalrXUtnFEMI, sealed by the newest generation: false
	// sealed value does not open with this keyring and context
}
