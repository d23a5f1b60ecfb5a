package signin_test

import (
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/signin"
)

// A sign-in lasts twelve hours, whatever is done with it.
func Example() {
	s := signin.Session{Account: "111122223333", Owner: "AIDAEXAMPLEEXAMPLEEXA", At: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	fmt.Println(s.Ends().Format(time.TimeOnly))
	// Output: 20:00:00
}
