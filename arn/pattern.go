package arn

import (
	"strings"
	"unicode/utf8"
)

// Like is the pattern of the condition operators ArnLike and ArnEquals, which
// are one and the same: pattern and value are cut at their first five colons
// and compared part by part, so no wildcard ever matches a colon except in the
// resource part. A pattern of fewer parts matches nothing; a lone `*` matches
// every ARN. A value that is no ARN is never matched. The zero value matches
// nothing.
type Like struct {
	any, ok bool
	parts   [6]Glob
}

// NewLike compiles tokens.
func NewLike(tokens []Token) Like {
	if len(tokens) == 1 && tokens[0].Kind == Star {
		return Like{any: true}
	}
	parts := splitTokens(tokens)
	if len(parts) != 6 {
		return Like{}
	}
	l := Like{ok: true}
	for i, p := range parts {
		l.parts[i] = NewGlob(p)
	}
	return l
}

// Match reports whether value is an ARN that the pattern matches.
func (l *Like) Match(value string, holes []string) bool {
	if !l.any && !l.ok {
		return false
	}
	v, ok := split(value)
	if !ok || v[0] != "arn" {
		return false
	}
	if l.any {
		return true
	}
	for i := range v {
		if !l.parts[i].Match(v[i], holes) {
			return false
		}
	}
	return true
}

// splitTokens cuts tokens at the first five colons of their literals.
func splitTokens(tokens []Token) [][]Token {
	parts := [][]Token{nil}
	add := func(t Token) {
		if t.Kind != Literal || t.Text != "" {
			parts[len(parts)-1] = append(parts[len(parts)-1], t)
		}
	}
	for _, t := range tokens {
		if t.Kind == Literal {
			for len(parts) < 6 {
				head, tail, found := strings.Cut(t.Text, ":")
				if !found {
					break
				}
				add(Token{Text: head})
				parts = append(parts, nil)
				t.Text = tail
			}
		}
		add(t)
	}
	return parts
}

// Resource is a pattern of the Resource and NotResource elements. In the parts
// before the fifth colon a wildcard stays inside its part, except for a star
// that ends its part: that one may run on over the following colons, which is
// documented and is why arn:aws:sqs:*:jobs matches the queue
// arn:aws:sqs:eu-west-1:111122223333:jobs. In the resource part wildcards match
// everything. The zero value matches nothing but the empty text.
type Resource struct {
	glob   Glob
	tokens []Token // if a wildcard must not match colons; glob is then looser than the pattern
	parts  int
}

// NewResource compiles tokens. There should be no holes before the fifth colon.
func NewResource(tokens []Token) Resource {
	parts := splitTokens(tokens)
	if confine(parts) {
		return Resource{tokens: joinTokens(parts), parts: len(parts), glob: NewGlob(tokens)}
	}
	return Resource{glob: NewGlob(tokens), parts: len(parts)}
}

// Pad gives the pattern that r's tokens make when missing parts are filled with
// stars, which is how some kinds of policies read a pattern of fewer than six.
func Pad(tokens []Token) Resource {
	padded := append([]Token(nil), tokens...)
	for range 6 - len(splitTokens(tokens)) {
		padded = append(padded, Token{Text: ":"}, Token{Kind: Star})
	}
	return NewResource(padded)
}

// Parts is the number of parts that the pattern has as written, at most six.
func (r *Resource) Parts() int { return r.parts }

// MatchesAll reports whether the pattern is made of stars only.
func (r *Resource) MatchesAll() bool { return r.tokens == nil && r.glob.MatchesAll() }

// MayMatch compares what the pattern begins and ends with, see [Glob.MayMatch].
func (r *Resource) MayMatch(resource string) bool { return r.glob.MayMatch(resource) }

// Match reports whether the pattern matches a resource. Holes as in Glob.
func (r *Resource) Match(resource string, holes []string) bool {
	if r.tokens == nil {
		return r.glob.Match(resource, holes)
	}
	return r.glob.MayMatch(resource) && matchConfined(r.tokens, resource, holes)
}

// confine turns the wildcards that must not match a colon into their confined
// kinds and reports whether there are any.
func confine(parts [][]Token) (found bool) {
	for i := range min(len(parts), 5) {
		closing := true // only stars follow in this part
		for j := len(parts[i]) - 1; j >= 0; j-- {
			switch t := &parts[i][j]; {
			case t.Kind == Any:
				t.Kind, found, closing = anyIn, true, false
			case t.Kind == Star && !closing:
				t.Kind, found = starIn, true
			case t.Kind != Star:
				closing = false
			}
		}
	}
	return found
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

// matchConfined keeps the set of places in s that the tokens so far can end at.
// With two kinds of stars the earliest place is no longer always the best, so
// the short way of Glob is not open; patterns that come here are rare.
func matchConfined(tokens []Token, s string, holes []string) bool {
	var a, b [512]bool
	at, next := a[:], b[:]
	if len(s) >= len(a) {
		at, next = make([]bool, len(s)+1), make([]bool, len(s)+1)
	}
	at, next = at[:len(s)+1], next[:len(s)+1]
	at[0] = true
	for i := range tokens {
		clear(next)
		step(&tokens[i], s, holes, at, next)
		at, next = next, at
	}
	return at[len(s)]
}

// step sets in next all places that token t leads to from the places in at.
func step(t *Token, s string, holes []string, at, next []bool) {
	switch t.Kind {
	case Star, starIn:
		open := false
		for i := range at {
			if i > 0 && t.Kind == starIn && s[i-1] == ':' {
				open = false
			}
			open = open || at[i]
			next[i] = open
		}
	case Any, anyIn:
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
