package sigv4_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/keyreeve/keyreeve/credential/sigv4"
	"pgregory.net/rapid"
)

func TestAuthenticateIsHMAC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		text := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "text")
		mac := hmac.New(sha256.New, key[:])
		mac.Write(text)
		if got := sigv4.Authenticate(key, text); !hmac.Equal(got[:], mac.Sum(nil)) {
			t.Fatalf("%x of %x", got, text)
		}
	})
}
