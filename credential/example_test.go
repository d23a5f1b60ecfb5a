package credential_test

import (
	"bytes"
	"fmt"

	"github.com/keyreeve/keyreeve/credential"
)

func Example() {
	random := bytes.NewReader(bytes.Repeat([]byte("not random "), 6)) // a program passes crypto/rand.Reader

	user, _ := credential.NewUniqueID(credential.UserID, random)
	key, _ := credential.NewAccessKeyID(credential.LongTermKey, "111122223333", random)
	secret, _ := credential.NewSecretAccessKey(random)
	account, _ := credential.AccountOf(key)

	fmt.Println(len(user), user[:4])
	fmt.Println(len(key), key[:4], account)
	fmt.Println(len(secret))
	// Output:
	// 21 AIDA
	// 20 AKIA 111122223333
	// 40
}
