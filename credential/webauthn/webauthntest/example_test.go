package webauthntest_test

import (
	"fmt"
	"testing"

	"github.com/keyreeve/keyreeve/credential/webauthn"
	"github.com/keyreeve/keyreeve/credential/webauthn/webauthntest"
)

func Example() {
	t := new(testing.T)
	party := webauthn.Party{ID: "localhost", Origins: []string{"https://localhost"}}
	device := webauthntest.New(t)
	key, err := party.Register([]byte("first"), device.Create(t, party.CreationOptions([]byte("first"), []byte("ann"), "ann", nil), "https://localhost"))
	fmt.Println(len(key.ID), err)
	has := []webauthn.Key{key}
	key, err = party.Verify([]byte("second"), has, device.Get(t, party.RequestOptions([]byte("second")), "https://localhost"))
	fmt.Println(key.Count, err)
	// Output:
	// 32 <nil>
	// 1 <nil>
}
