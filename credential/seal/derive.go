package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
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
	Key        [keySize]byte
}

// Derive gives a key of 32 bytes of the newest generation. A token that has its
// own random id passes it as context and so has a key of its own.
func (k *Keyring) Derive(purpose Purpose, context []byte) Derived {
	g := k.newest()
	return Derived{Generation: g.number, Key: g.derive(purpose, context)}
}

// DeriveAgain gives the key that Derive gave in some generation. It is false when
// the generation is not in the ring, or retired longer than 36 hours ago.
func (k *Keyring) DeriveAgain(generation uint32, purpose Purpose, context []byte, now time.Time) (Derived, bool) {
	g := k.find(generation)
	if g == nil || !g.verifies(now) {
		return Derived{}, false
	}
	return Derived{Generation: generation, Key: g.derive(purpose, context)}, true
}

// derive is HKDF-SHA256 without salt: what it derives from is random already. Since a
// key is as long as a hash, the expansion (RFC 5869, section 2.3) has one block only,
// HMAC(derivation, info | 0x01).
func (g *generation) derive(purpose Purpose, context []byte) [keySize]byte {
	m := g.macs.Get().(*mac)
	defer g.macs.Put(m)
	m.info = appendContext(m.info[:0], "keyreeve", string(purpose))
	m.info = append(append(m.info, context...), 1)
	m.Reset()
	m.Write(m.info)
	m.sum = m.Sum(m.sum[:0])
	key := [keySize]byte(m.sum)
	clear(m.sum)
	return key
}

// mac is an HMAC with the key of a generation, which it keeps, and room for what is
// authenticated and for the sum. One goroutine uses it at a time.
type mac struct {
	hash.Hash
	info, sum []byte
}

func newMACs(key []byte) *sync.Pool {
	return &sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, key)} }}
}
