package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash/maphash"
	"strings"
	"sync"
)

// KeyCache remembers signing keys, which cost four HMACs to derive and stay the
// same for a day, a region and a service. It may be used by many goroutines. A nil
// KeyCache remembers nothing.
//
// An entry is found by the secret's fingerprint too, so a key that is deleted and
// made anew with another secret has another entry; whether a key is still active
// is for the caller to know, who brings the secret each time.
type KeyCache struct {
	half  int // how many entries a generation has
	seeds [2]maphash.Seed

	mu           sync.Mutex
	newer, older map[scope][sha256.Size]byte
}

// scope is what a signing key is derived for.
type scope struct {
	secret                             fingerprint
	accessKeyID, date, region, service string
}

// NewKeyCache gives a cache of at most size keys. What was not used for the
// longest time leaves first, roughly.
func NewKeyCache(size int) *KeyCache {
	return &KeyCache{
		half: max(1, size/2), newer: map[scope][sha256.Size]byte{},
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
	}
}

// Len is the number of keys that are remembered.
func (c *KeyCache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.newer) + len(c.older)
}

// scope names the signing key of a signature, if there is a cache to look in.
func (c *KeyCache) scope(secret string, s *Signature) scope {
	if c == nil {
		return scope{}
	}
	return scope{secret: c.fingerprint(secret), accessKeyID: s.AccessKeyID, date: s.Date, region: s.Region, service: s.Service}
}

// recall looks a key up; one of the older generation is moved to the newer.
func (c *KeyCache) recall(s scope) ([sha256.Size]byte, bool) {
	if c == nil {
		return [sha256.Size]byte{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if key, ok := c.newer[s]; ok {
		return key, true
	}
	key, ok := c.older[s]
	if ok {
		delete(c.older, s)
		c.put(s.clone(), key)
	}
	return key, ok
}

// remember keeps a key that has proved a signature. Others are not to be kept:
// anybody could fill the cache with scopes of his own making.
func (c *KeyCache) remember(s scope, key [sha256.Size]byte) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.older, s)
	c.put(s.clone(), key)
}

// put adds to the newer generation. When it is full it becomes the older one,
// and the older one is forgotten.
func (c *KeyCache) put(s scope, key [sha256.Size]byte) {
	if _, there := c.newer[s]; !there && len(c.newer) >= c.half {
		c.older, c.newer = c.newer, make(map[scope][sha256.Size]byte, c.half)
	}
	c.newer[s] = key
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
