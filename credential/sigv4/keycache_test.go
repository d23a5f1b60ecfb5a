package sigv4

import (
	"encoding/hex"
	"fmt"
	"sync"
	"testing"
)

// TestDerivedKey compares with the example of the general reference, section
// "Deriving the signing key".
func TestDerivedKey(t *testing.T) {
	key := deriveKey("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", "us-east-1", "iam")
	if got, want := hex.EncodeToString(key[:]), "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"; got != want {
		t.Errorf("key is %s, want %s", got, want)
	}
}

// ask derives or recalls, and remembers.
func ask(c *KeyCache, secret, id, region string) (recalled bool) {
	s := &Signature{AccessKeyID: id, Date: "20260301", Region: region, Service: "iam"}
	right := deriveKey(secret, s.Date, region, "iam")
	key, recalled := c.recall(c.scope(secret, s))
	if recalled && key != right {
		panic("another key is remembered")
	}
	c.remember(c.scope(secret, s), right)
	return recalled
}

func TestCacheRemembers(t *testing.T) {
	c := NewKeyCache(100)
	if ask(c, "secret", "A", "r") {
		t.Error("an empty cache remembers")
	}
	if !ask(c, "secret", "A", "r") {
		t.Error("the second time the key is derived again")
	}
	for _, other := range [][3]string{{"other", "A", "r"}, {"secret", "B", "r"}, {"secret", "A", "s"}} {
		if ask(c, other[0], other[1], other[2]) {
			t.Errorf("%v is taken for another", other)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	for _, size := range []int{0, 1, 2, 10, 11} {
		c := NewKeyCache(size)
		for i := range 100 {
			ask(c, "secret", fmt.Sprint(i), "r")
			if c.Len() > max(size, 2) {
				t.Fatalf("size %d: %d keys", size, c.Len())
			}
		}
	}
}

// Of an access key a few signing keys are kept, the last ones, and those of one secret only.
func TestCacheOfOneAccessKey(t *testing.T) {
	c := NewKeyCache(10)
	for i := range 100 {
		ask(c, "secret", "A", fmt.Sprint(i))
	}
	for i := range 100 {
		s := &Signature{AccessKeyID: "A", Date: "20260301", Region: fmt.Sprint(i), Service: "iam"}
		if _, known := c.recall(c.scope("secret", s)); known != (i >= 100-maxScopes) {
			t.Errorf("the key of region %d of 100: known %t", i, known)
		}
	}
	ask(c, "other", "A", "r")
	if ask(c, "secret", "A", "99") {
		t.Error("the key of a secret that was replaced is kept")
	}
}

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	c := NewKeyCache(10)
	for i := range 100 {
		ask(c, "secret", fmt.Sprint(i), "r")
		if i > 0 && !ask(c, "secret", "often", "r") && i > 1 {
			t.Fatalf("after %d others the key in use is forgotten", i)
		}
	}
}

func TestNoCache(t *testing.T) {
	var c *KeyCache
	for range 2 {
		if ask(c, "secret", "A", "r") {
			t.Error("a nil cache remembers")
		}
	}
}

func TestCacheIsShared(t *testing.T) {
	c := NewKeyCache(4)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 200 {
				ask(c, "secret", fmt.Sprint(i%(worker+3)), "r")
			}
		})
	}
	group.Wait()
	if c.Len() > 4 {
		t.Errorf("%d keys", c.Len())
	}
}
