package arn

import (
	"strings"
)

// TokenKind tells the tokens of a pattern apart.
type TokenKind uint8

// The kinds of tokens.
const (
	Literal TokenKind = iota // Text stands for itself
	Star                     // any run of characters
	Any                      // exactly one character
	Hole                     // the text given under Index when matching, literally
)

// Token is one element of a pattern.
type Token struct {
	Kind  TokenKind
	Text  string // of a Literal
	Index int    // of a Hole
}

// Tokens reads text in which `*` and `?` are wildcards and all else is literal.
func Tokens(text string) []Token {
	var ts []Token
	for text != "" {
		i := strings.IndexAny(text, "*?")
		if i < 0 {
			return append(ts, Token{Text: text})
		}
		if i > 0 {
			ts = append(ts, Token{Text: text[:i]})
		}
		kind := Star
		if text[i] == '?' {
			kind = Any
		}
		ts = append(ts, Token{Kind: kind})
		text = text[i+1:]
	}
	return ts
}

// Match reports whether s matches pattern, in which `*` and `?` are wildcards.
// Compile a [Glob] to match a pattern often.
func Match(pattern, s string) bool {
	g := NewGlob(Tokens(pattern))
	return g.Match(s, nil)
}

// Glob is a compiled text pattern. Its zero value matches the empty text only.
type Glob struct {
	shape shape
	text  string // of the simple shapes; of a mixed one the literal that it begins with
	tail  string // of a mixed one: the literal that it ends with
	runs  []run  // what stands between stars; the first and last are anchored
	least int    // bytes that a text must have
}

// shape singles out the patterns that most policies are made of.
type shape uint8

const (
	exact  shape = iota // text
	prefix              // text*
	all                 // *
	mixed               // anything else, see runs
)

// NewGlob compiles tokens, whose texts are valid UTF-8, as those of a parsed policy
// are.
func NewGlob(tokens []Token) Glob {
	runs := splitRuns(tokens)
	switch {
	case len(runs) == 1 && len(runs[0]) == 0:
		return Glob{}
	case len(runs) == 1 && isText(runs[0]):
		return Glob{text: runs[0][0].Text}
	case len(runs) == 2 && len(runs[0]) == 0 && len(runs[1]) == 0:
		return Glob{shape: all}
	case len(runs) == 2 && isText(runs[0]) && len(runs[1]) == 0:
		return Glob{shape: prefix, text: runs[0][0].Text}
	}
	return Glob{shape: mixed, runs: prepare(runs), text: opening(runs[0]), tail: closing(runs[len(runs)-1]), least: least(tokens)}
}

// least is how many bytes the tokens match at least.
func least(tokens []Token) (n int) {
	for _, t := range tokens {
		n += len(t.Text)
		if t.Kind == Any {
			n++
		}
	}
	return n
}

// opening is the literal that a run begins with, closing the one it ends with.
func opening(run []Token) string {
	if len(run) > 0 && run[0].Kind == Literal {
		return run[0].Text
	}
	return ""
}

func closing(run []Token) string {
	if n := len(run); n > 0 && run[n-1].Kind == Literal {
		return run[n-1].Text
	}
	return ""
}

// MayMatch compares what the pattern begins and ends with, which needs no
// holes: if it is false then Match is too, whatever the holes are.
func (g *Glob) MayMatch(s string) bool {
	switch g.shape {
	case exact:
		return s == g.text
	case prefix:
		return strings.HasPrefix(s, g.text)
	case all:
		return true
	}
	return len(s) >= g.least && strings.HasPrefix(s, g.text) && strings.HasSuffix(s, g.tail)
}

// splitRuns cuts tokens at their stars, takes neighbouring stars as one and
// joins neighbouring literals.
func splitRuns(tokens []Token) [][]Token {
	runs := [][]Token{nil}
	star := false
	for _, t := range tokens {
		if t.Kind == Star {
			if !star {
				runs = append(runs, nil)
			}
			star = true
			continue
		}
		if t.Kind == Literal && t.Text == "" {
			continue
		}
		star = false
		runs[len(runs)-1] = appendToken(runs[len(runs)-1], t)
	}
	return runs
}

func appendToken(run []Token, t Token) []Token {
	if n := len(run); t.Kind == Literal && n > 0 && run[n-1].Kind == Literal {
		run[n-1].Text += t.Text
		return run
	}
	return append(run, t)
}

func isText(run []Token) bool { return len(run) == 1 && run[0].Kind == Literal }

// MatchesAll reports whether the pattern is made of stars only.
func (g *Glob) MatchesAll() bool { return g.shape == all }

// Match reports whether all of s matches. The holes' texts are taken literally.
func (g *Glob) Match(s string, holes []string) bool {
	switch g.shape {
	case exact:
		return s == g.text
	case prefix:
		return strings.HasPrefix(s, g.text)
	case all:
		return true
	}
	if len(s) < g.least || !strings.HasPrefix(s, g.text) || !strings.HasSuffix(s, g.tail) {
		return false
	}
	s, ok := cutPrefix(g.runs[0].tokens, s, holes)
	if !ok || len(g.runs) == 1 {
		return ok && s == ""
	}
	last := len(g.runs) - 1
	if s, ok = cutSuffix(g.runs[last].tokens, s, holes); !ok {
		return false
	}
	// The earliest place is as good as any for what lies between two stars:
	// it leaves the most room for the rest. So nothing is tried twice.
	for i := 1; i < last; i++ {
		if s, ok = g.runs[i].cutFirst(s, holes); !ok {
			return false
		}
	}
	return true
}
