package totp_test

import (
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/credential/totp"
)

// A code is good once, and the one after it is good next.
func Example() {
	seed := totp.Seed("12345678901234567890")
	now := time.Unix(1111111111, 0)
	code := seed.Code(totp.StepAt(now))

	state, ok := seed.Verify(totp.State{}, code, now)
	fmt.Println(code, ok)
	state, ok = seed.Verify(state, code, now)
	fmt.Println(code, ok)
	now = now.Add(totp.Period)
	_, ok = seed.Verify(state, seed.Code(totp.StepAt(now)), now)
	fmt.Println(ok)
	// Output:
	// 050471 true
	// 050471 false
	// true
}
