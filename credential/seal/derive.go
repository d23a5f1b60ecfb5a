package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"time"
)

// Purpose says what a derived key is for. Keys of two purposes have nothing in
// common.
type Purpose string

// What keys are derived for.
const (
	SessionTokens  Purpose = "session token"
	SessionSecrets Purpose = "session secret access key"
	// ClientTexts is for pagination markers, authorization messages and the like,
	// which credential/token tells apart by context.
	ClientTexts Purpose = "text for clients to hand back"
)

// Derived is a key for one purpose, and the generation it comes from, which goes
// into the token in clear so that the same key is found again.
type Derived struct {
	Generation uint32
	Key        []byte
}

// Derive gives a key of 32 bytes of the newest generation. A token that has its
// own random id passes it as context and so has a key of its own.
func (k *Keyring) Derive(purpose Purpose, context []byte) (Derived, error) {
	g := k.newest()
	key, err := g.derive(purpose, context)
	return Derived{Generation: g.number, Key: key}, err
}

// DeriveAgain gives the key that Derive gave in some generation. It is false when
// the generation is not in the ring, or retired longer than 36 hours ago.
func (k *Keyring) DeriveAgain(generation uint32, purpose Purpose, context []byte, now time.Time) (Derived, bool) {
	g := k.find(generation)
	if g == nil || !g.verifies(now) {
		return Derived{}, false
	}
	key, err := g.derive(purpose, context)
	return Derived{Generation: generation, Key: key}, err == nil
}

// derive is HKDF-SHA256 without salt: what it derives from is random already.
func (g *generation) derive(purpose Purpose, context []byte) ([]byte, error) {
	info := append(Context("keyreeve", string(purpose)), context...)
	key, err := hkdf.Expand(sha256.New, g.derivation, string(info), keySize)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	return key, nil
}
