package webauthn_test

import (
	"errors"
	"fmt"

	"github.com/keyreeve/keyreeve/credential/webauthn"
)

func Example() {
	party := webauthn.Party{ID: "localhost", Name: "Keyreeve", Origins: []string{"https://localhost:8443"}}
	fmt.Println(string(party.RequestOptions([]byte("challenge"))))
	_, err := party.Verify([]byte("challenge"), nil, []byte(`{}`))
	fmt.Println(errors.Is(err, webauthn.ErrRefused))
	// Output:
	// {"allowCredentials":[],"challenge":"Y2hhbGxlbmdl","rpId":"localhost","timeout":300000,"userVerification":"preferred"}
	// true
}
