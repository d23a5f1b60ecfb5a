package sigv4_test

import (
	"net/textproto"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/sigv4"
	"pgregory.net/rapid"
)

func TestParseTimeIsPackageTimes(t *testing.T) {
	const layout = "20060102T150405Z"
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`(00|19|20)[0-9]{2}[01][0-9][0-3][0-9]T[0-2][0-9][0-6][0-9][0-6][0-9]Z`),
			rapid.StringMatching(`[0-9 +-]{8}[T ][0-9.,]{6}Z`),
			rapid.Map(rapid.Int64Range(-62135596800, 253402300799), func(s int64) string { return time.Unix(s, 0).UTC().Format(layout) }),
		).Draw(t, "text")
		want, err := time.Parse(layout, text)
		got, ok := sigv4.ParseTime(text)
		if ok != (err == nil && len(text) == len(layout)) || ok && !got.Equal(want) {
			t.Fatalf("%q: %v, %t; package time has %v, %v", text, got, ok, want, err)
		}
	})
}

func TestIsCanonicalIsTextprotos(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.StringMatching(`[aAzZ09_!-]{0,8}`), rapid.String()).Draw(t, "name")
		valid := name != ""
		for _, c := range []byte(name) {
			valid = valid && c > ' ' && c < 0x7f && !containsByte(`"(),/:;<=>?@[\]{}`, c)
		}
		if got, want := sigv4.IsCanonical(name), valid && textproto.CanonicalMIMEHeaderKey(name) == name; got != want {
			t.Fatalf("%q: %t, want %t", name, got, want)
		}
	})
}

func containsByte(s string, c byte) bool {
	for i := range len(s) {
		if s[i] == c {
			return true
		}
	}
	return false
}
