package cache_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/cache"
)

// What is made of a policy's text is kept, and made anew if it is not there.
func ExampleMap() {
	statements := cache.New[string, int](1000)
	count := func(text string) int {
		n, kept := statements.Get(text)
		if !kept {
			n = len(text)
			statements.Put(text, n)
		}
		fmt.Println(n, kept)
		return n
	}
	count("a policy")
	count("a policy")
	// Output:
	// 8 false
	// 8 true
}
