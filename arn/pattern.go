package arn

import "strings"

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
	glob     Glob
	confined *confined // if a wildcard must not match colons; glob is then looser than the pattern
	parts    int
}

// NewResource compiles tokens. There should be no holes before the fifth colon.
func NewResource(tokens []Token) Resource {
	parts := splitTokens(tokens)
	if confine(parts) {
		return Resource{confined: newConfined(parts), parts: len(parts), glob: NewGlob(tokens)}
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
func (r *Resource) MatchesAll() bool { return r.confined == nil && r.glob.MatchesAll() }

// Ends are the texts that whatever the pattern matches begins and ends with. If
// simple is set that is all there is to compare: the pattern is head alone, or
// head and a star if exactly is not set.
func (r *Resource) Ends() (head, tail string, simple, exactly bool) {
	g := &r.glob
	simple = r.confined == nil && (g.shape == exact || g.shape == prefix)
	return g.text, g.tail, simple, g.shape == exact
}

// MayMatch compares what the pattern begins and ends with, see [Glob.MayMatch].
func (r *Resource) MayMatch(resource string) bool { return r.glob.MayMatch(resource) }

// Match reports whether the pattern matches a resource. Holes as in Glob.
func (r *Resource) Match(resource string, holes []string) bool {
	if r.confined == nil {
		return r.glob.Match(resource, holes)
	}
	return r.glob.MayMatch(resource) && r.confined.match(resource, holes)
}

// confine reports whether a wildcard is such that it must not match a colon.
func confine(parts [][]Token) bool {
	for i := range min(len(parts), 5) {
		for _, t := range core(parts[i]) {
			if t.Kind == Any || t.Kind == Star {
				return true
			}
		}
	}
	return false
}

// core is a part without the stars that close it.
func core(part []Token) []Token {
	for len(part) > 0 && part[len(part)-1].Kind == Star {
		part = part[:len(part)-1]
	}
	return part
}
