package federation

import (
	"crypto/sha256"

	"github.com/keyreeve/keyreeve/cache"
	"github.com/keyreeve/keyreeve/credential/jwt"
)

const (
	// maxSeen is how many tokens are remembered.
	maxSeen = 4096
	// maxSeenSize is how long a token may be to be remembered, so that a provider
	// cannot fill memory with long ones.
	maxSeenSize = 4096
)

// seen remembers tokens whose signature was found right.
type seen struct {
	byDigest *cache.Map[[sha256.Size]byte, sight]
}

func newSeen() seen { return seen{cache.New[[sha256.Size]byte, sight](maxSeen)} }

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
	if known, ok := s.byDigest.Get(digest); ok && known.keys == keys {
		return known.claims, nil
	}
	claims, err := token.Verify(keys)
	if err != nil {
		return nil, err
	}
	s.byDigest.Put(digest, sight{claims, keys})
	return claims, nil
}
