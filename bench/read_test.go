package bench_test

import (
	"fmt"
	"testing"
)

// connections are how many clients call at once.
var connections = []int{1, 16, 64}

// BenchmarkGetUser is a signed call that reads: each user looks at itself.
func BenchmarkGetUser(b *testing.B) {
	beside(b, "iam", func(n int) string {
		return "Action=GetUser&Version=2010-05-08&UserName=" + userName(n)
	})
}

// BenchmarkAssumeRole is a signed call that makes a session: two policies of
// different sides must allow it, and a token is sealed.
func BenchmarkAssumeRole(b *testing.B) {
	beside(b, "sts", func(n int) string {
		return "Action=AssumeRole&Version=2011-06-15&RoleArn=" + roleARN + "&RoleSessionName=" + userName(n)
	})
}

// beside measures a call of every user in turn, and its floor.
func beside(b *testing.B, service string, form func(user int) string) {
	f := start(b)
	var requests [users][]byte
	for n := range requests {
		requests[n] = signed(b, f.url, service, f.keys[n], form(n))
	}
	request := func(n int) []byte { return requests[n%users] }
	header, body := answerTo(b, f.url, requests[0])
	floor := startFloor(b, header, body, atOnce)
	for _, c := range connections {
		b.Run(fmt.Sprintf("connections=%d", c), func(b *testing.B) {
			b.Run("floor", func(b *testing.B) { load(b, floor, c, request) })
			b.Run("keyreeve", func(b *testing.B) { load(b, f.url, c, request) })
		})
	}
}
