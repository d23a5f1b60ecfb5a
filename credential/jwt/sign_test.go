package jwt_test

import (
	"crypto/rand"
	"testing"

	"github.com/keyreeve/keyreeve/credential/jwt"
)

// TestSign: what a key signs, and has signed after it was stored, its public part
// verifies, and that of another key does not.
func TestSign(t *testing.T) {
	for _, algorithm := range jwt.SigningAlgorithms {
		made := must(jwt.NewSigningKey(algorithm, rand.Reader))
		other := must(jwt.NewSigningKey(algorithm, rand.Reader))
		stored := must(jwt.ReadSigningKey(algorithm, must(made.Private())))
		if stored.ID != made.ID || stored.ID == other.ID {
			t.Errorf("%s: the ids are %s, %s and %s", algorithm, made.ID, stored.ID, other.ID)
		}
		token := must(stored.Sign(good()))
		set := func(k *jwt.SigningKey) *jwt.KeySet {
			return must(jwt.ParseKeySet([]byte(`{"keys":[` + string(must(k.Public())) + `]}`)))
		}
		if c, err := accept(token, set(made)); err != nil || c.Subject != "alice" {
			t.Errorf("%s: %v", algorithm, err)
		}
		if _, err := accept(token, set(other)); err != jwt.ErrNoKey {
			t.Errorf("%s, another key: %v", algorithm, err)
		}
	}
	if _, err := jwt.NewSigningKey("HS256", rand.Reader); err == nil {
		t.Error("a key for HMAC was made")
	}
	if _, err := jwt.ReadSigningKey("RS256", []byte("x")); err == nil {
		t.Error("a key was read out of nothing")
	}
}
