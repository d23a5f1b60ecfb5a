package federation

import (
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

// Token is a token that is well-formed. Nothing that it says is proven, unless Verify says so.
type Token struct {
	*jwt.Token
	sight *sight // if it was found right before
}

// sight is a token whose signature was found right: its claims, and the keys that it was
// verified with. Clients send a token many times, and reading one costs much.
type sight struct {
	token  *jwt.Token
	claims *jwt.Claims
	keys   *jwt.KeySet
}

type seen struct {
	byText *cache.Map[string, *sight]
}

func newSeen() seen { return seen{cache.New[string, *sight](maxSeen)} }

// parse is what jwt.Parse gives, of a token that was verified before what it gave then.
// Others are not remembered: anybody can make them.
func (s *seen) parse(text string) (Token, error) {
	if known, ok := s.byText.Get(text); ok {
		return Token{known.token, known}, nil
	}
	token, err := jwt.Parse(text)
	return Token{token, nil}, err
}

// verify is what token.Verify gives, whose refusals are not remembered.
func (s *seen) verify(token Token, keys *jwt.KeySet) (*jwt.Claims, error) {
	if token.sight != nil && token.sight.keys == keys {
		return token.sight.claims, nil
	}
	claims, err := token.Token.Verify(keys)
	if err == nil && len(token.Text()) <= maxSeenSize {
		s.byText.Put(token.Text(), &sight{token.Token, claims, keys})
	}
	return claims, err
}
