package arn

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// The kinds of tokens that must not match a colon, for the definition only.
const (
	starInPart = Hole + 1 + iota
	anyInPart
)

// definition matches a resource pattern by keeping the set of all places that the
// tokens so far can end at.
func definition(tokens []Token, s string) bool {
	parts := splitTokens(tokens)
	for i := range min(len(parts), 5) {
		closing := true // only stars follow in this part
		for j := len(parts[i]) - 1; j >= 0; j-- {
			switch t := &parts[i][j]; {
			case t.Kind == Any:
				t.Kind, closing = anyInPart, false
			case t.Kind == Star && !closing:
				t.Kind = starInPart
			case t.Kind != Star:
				closing = false
			}
		}
	}
	return matchPlaces(joinTokens(parts), s)
}

func joinTokens(parts [][]Token) []Token {
	var ts []Token
	for i, p := range parts {
		if i > 0 {
			ts = append(ts, Token{Text: ":"})
		}
		ts = append(ts, p...)
	}
	return ts
}

func matchPlaces(tokens []Token, s string) bool {
	at, next := make([]bool, len(s)+1), make([]bool, len(s)+1)
	at[0] = true
	for i := range tokens {
		clear(next)
		step(&tokens[i], s, nil, at, next)
		at, next = next, at
	}
	return at[len(s)]
}

// step sets in next all places that token t leads to from the places in at.
func step(t *Token, s string, holes []string, at, next []bool) {
	switch t.Kind {
	case Star, starInPart:
		// A run ends between characters and not within one: what follows could
		// take the rest of it for a character.
		open := false
		for i := 0; ; {
			if i > 0 && t.Kind == starInPart && s[i-1] == ':' {
				open = false
			}
			open = open || at[i]
			next[i] = open
			if i == len(s) {
				break
			}
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
		}
	case Any, anyInPart:
		for i := range len(s) {
			if at[i] && (t.Kind == Any || s[i] != ':') {
				_, n := utf8.DecodeRuneInString(s[i:])
				next[i+n] = true
			}
		}
	default:
		text := t.literal(holes)
		for i := range at {
			if at[i] && strings.HasPrefix(s[i:], text) {
				next[i+len(text)] = true
			}
		}
	}
}

func checkResource(t interface{ Fatalf(string, ...any) }, pattern, s string) {
	tokens := Tokens(pattern)
	r := NewResource(tokens)
	if got, want := r.Match(s, nil), definition(tokens, s); got != want {
		t.Fatalf("%q matches %q: %v, by definition %v", pattern, s, got, want)
	}
	if r.Match(s, nil) && !r.MayMatch(s) {
		t.Fatalf("%q matches %q, and MayMatch says no", pattern, s)
	}
}

func TestResourceAsDefined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("aab:::é**?")), 0, 16, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.SampledFrom([]rune("aab::é")), 0, 16, -1).Draw(t, "text")
		checkResource(t, pattern, s)
	})
}

func FuzzResource(f *testing.F) {
	f.Add("a?*:b*b:*:c", "aa:x:bb:c:c")
	f.Add("?:*:?*?:::é*:*", "a::b:abé::::é::")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern)*len(s) > 1<<16 || !utf8.ValidString(pattern) {
			return
		}
		checkResource(t, pattern, s)
	})
}

// Fold is Match without regard to case.
func FuzzFold(f *testing.F) {
	f.Add("get*o?ject*", "GetAnObject")
	f.Add("*??", "\u20ac")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern)*len(s) > 1<<16 || !utf8.ValidString(s) || !utf8.ValidString(pattern) {
			return
		}
		p := lowerASCII(pattern)
		fold, glob := NewFold(p), NewGlob(Tokens(p))
		if got, want := fold.Match(s), glob.Match(lowerASCII(s), nil); got != want {
			t.Fatalf("%q matches %q: %v, in lower case %v", pattern, s, got, want)
		}
	})
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
