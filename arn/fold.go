package arn

import (
	"strings"
	"unicode/utf8"
)

// Fold is a text pattern in which the letters of ASCII have no case: actions.
// Its zero value matches the empty text only.
type Fold struct {
	shape shape
	text  string // in lower case, of prefix without the star
	glob  *Glob  // of mixed ones: the same for long texts in lower case
}

// NewFold compiles a pattern with the wildcards `*` and `?`. Its ASCII letters
// must be in lower case.
func NewFold(pattern string) Fold {
	for strings.Contains(pattern, "**") {
		pattern = strings.ReplaceAll(pattern, "**", "*")
	}
	head, isPrefix := strings.CutSuffix(pattern, "*")
	switch {
	case pattern == "*":
		return Fold{shape: all}
	case !strings.ContainsAny(pattern, "*?"):
		return Fold{text: pattern}
	case isPrefix && !strings.ContainsAny(head, "*?"):
		return Fold{shape: prefix, text: head}
	}
	return Fold{shape: mixed, text: pattern, glob: new(NewGlob(Tokens(pattern)))}
}

// foldFrom is how many bytes a text must have for a copy in lower case to pay:
// going back and forth in a short one costs less than that.
const foldFrom = 256

// MatchesAll reports whether the pattern is made of stars only.
func (f *Fold) MatchesAll() bool { return f.shape == all }

// Exact reports whether the pattern has no wildcard.
func (f *Fold) Exact() bool { return f.shape == exact }

// Match reports whether all of s matches.
func (f *Fold) Match(s string) bool {
	switch f.shape {
	case exact:
		return len(s) == len(f.text) && hasPrefixFold(s, f.text)
	case prefix:
		return hasPrefixFold(s, f.text)
	case all:
		return true
	}
	if len(s) >= foldFrom {
		return f.glob.Match(lowered(s), nil)
	}
	return matchFold(f.text, s)
}

// lowered is a text with its ASCII letters in lower case.
func lowered(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] = toLower(b[i])
	}
	return string(b)
}

func hasPrefixFold(s, lowered string) bool {
	if len(s) < len(lowered) {
		return false
	}
	for i := range len(lowered) {
		if toLower(s[i]) != lowered[i] {
			return false
		}
	}
	return true
}

func toLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// matchFold walks both texts once. On a mismatch it goes back to the last star,
// and to no earlier one: the earliest place for what stands between two stars is
// as good as any.
func matchFold(pattern, s string) bool {
	star, from := -1, 0
	p, i := 0, 0
	for i < len(s) {
		if p < len(pattern) {
			switch c := pattern[p]; {
			case c == '*':
				star, from = p, i
				p++
				continue
			case c == '?':
				i += width(s, i)
				p++
				continue
			case c == toLower(s[i]):
				i++
				p++
				continue
			}
		}
		if star < 0 {
			return false
		}
		from += width(s, from)
		p, i = star+1, from
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// width is how many bytes the character at i has.
func width(s string, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return n
}
