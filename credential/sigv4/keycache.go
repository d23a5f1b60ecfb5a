package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash/maphash"
	"strings"

	"github.com/keyreeve/keyreeve/cache"
)

// KeyCache remembers signing keys, which cost four HMACs to derive and stay the
// same for a day, a region and a service. It may be used by many goroutines. A nil
// KeyCache remembers nothing.
//
// A signing key is found by the secret's fingerprint too, so a key that is deleted and
// made anew with another secret has another one; whether a key is still active
// is for the caller to know, who brings the secret each time.
type KeyCache struct {
	seeds [2]maphash.Seed
	byID  *cache.Map[string, *scopeKey] // by access key id, the last one first
}

// scopeKey is a signing key and what it was derived for. The others of the same access key
// follow.
type scopeKey struct {
	scope
	key  [sha256.Size]byte
	next *scopeKey
}

// scope is what a signing key is derived for.
type scope struct {
	secret                             fingerprint
	accessKeyID, date, region, service string
}

// maxScopes is how many signing keys of one access key are remembered.
const maxScopes = 16

// NewKeyCache gives a cache of the signing keys of at most size access keys, of each its last
// 16. What was not used for the longest time leaves first, roughly.
func NewKeyCache(size int) *KeyCache {
	return &KeyCache{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, byID: cache.New[string, *scopeKey](size)}
}

// Len is the number of access keys of which something is remembered.
func (c *KeyCache) Len() int { return c.byID.Len() }

// scope names the signing key of a signature, if there is a cache to look in.
func (c *KeyCache) scope(secret string, s *Signature) scope {
	if c == nil {
		return scope{}
	}
	return scope{secret: c.fingerprint(secret), accessKeyID: s.AccessKeyID, date: s.Date, region: s.Region, service: s.Service}
}

// recall looks a key up.
func (c *KeyCache) recall(s scope) (key [sha256.Size]byte, known bool) {
	if c == nil {
		return key, false
	}
	first, _ := c.byID.Get(s.accessKeyID)
	for k := first; k != nil; k = k.next {
		if k.scope == s {
			return k.key, true
		}
	}
	return key, false
}

// remember keeps a key that has proved a signature. Others are not to be kept:
// anybody could fill the cache with scopes of his own making.
func (c *KeyCache) remember(s scope, key [sha256.Size]byte) {
	if c == nil {
		return
	}
	s = s.clone()
	first, _ := c.byID.Get(s.accessKeyID)
	c.byID.Put(s.accessKeyID, &scopeKey{scope: s, key: key, next: first.others(s, maxScopes-1)})
}

// others copies at most max keys, without that of a scope and those of other secrets, which
// their owner does not use any more.
func (k *scopeKey) others(s scope, max int) *scopeKey {
	if k == nil || max == 0 {
		return nil
	}
	if k.scope == s || k.secret != s.secret {
		return k.next.others(s, max)
	}
	return &scopeKey{scope: k.scope, key: k.key, next: k.next.others(s, max-1)}
}

// clone copies the strings, which are parts of a request that would stay in
// memory with them.
func (s scope) clone() scope {
	s.accessKeyID, s.date = strings.Clone(s.accessKeyID), strings.Clone(s.date)
	s.region, s.service = strings.Clone(s.region), strings.Clone(s.service)
	return s
}

// fingerprint stands for a secret, which the cache does not keep: two hashes with
// seeds that nobody knows and that last as long as the cache.
type fingerprint [2]uint64

func (c *KeyCache) fingerprint(secret string) fingerprint {
	return fingerprint{maphash.String(c.seeds[0], secret), maphash.String(c.seeds[1], secret)}
}

// deriveKey derives the signing key of a scope.
func deriveKey(secret, date, region, service string) [sha256.Size]byte {
	key := hmacSum([]byte("AWS4"+secret), date)
	key = hmacSum(key[:], region)
	key = hmacSum(key[:], service)
	return hmacSum(key[:], terminator)
}

func hmacSum(key []byte, text string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	mac.Sum(sum[:0])
	return sum
}
