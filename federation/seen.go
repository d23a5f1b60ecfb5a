package federation

import (
	"crypto/sha256"
	"sync"

	"github.com/keyreeve/keyreeve/credential/jwt"
)

const (
	// maxSeen is how many tokens are remembered; when there are more, all are forgotten.
	maxSeen = 4096
	// maxSeenSize is how long a token may be to be remembered, so that a provider
	// cannot fill memory with long ones.
	maxSeenSize = 4096
)

// seen remembers tokens whose signature was found right.
type seen struct {
	mu       sync.RWMutex
	byDigest map[[sha256.Size]byte]sight
}

// sight is a token's claims, and the keys that it was verified with.
type sight struct {
	claims *jwt.Claims
	keys   *jwt.KeySet
}

// verify is what token.Verify gives, whose refusals are not remembered.
func (s *seen) verify(token *jwt.Token, keys *jwt.KeySet) (*jwt.Claims, error) {
	if token.Size() > maxSeenSize {
		return token.Verify(keys)
	}
	digest := token.Digest()
	s.mu.RLock()
	known, ok := s.byDigest[digest]
	s.mu.RUnlock()
	if ok && known.keys == keys {
		return known.claims, nil
	}
	claims, err := token.Verify(keys)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byDigest) >= maxSeen || s.byDigest == nil {
		s.byDigest = map[[sha256.Size]byte]sight{}
	}
	s.byDigest[digest] = sight{claims, keys}
	return claims, nil
}
