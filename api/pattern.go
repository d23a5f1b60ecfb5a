package api

import (
	"regexp"
	"regexp/syntax"
	"sync"
)

// Pattern is a string constraint of a model: a Java regular expression that the
// whole string must match.
type Pattern struct {
	Java string // as the model spells it, and as AWS prints it in errors
	RE2  string // the same language in Go's syntax, written by the generator

	once  sync.Once
	class []rune // set when the pattern is one repeated character class: pairs lo, hi
	empty bool   // with class: the empty string matches
	re    *regexp.Regexp
}

// Match reports whether all of s matches.
//
// Nearly all patterns of IAM and STS are one character class, repeated; these are
// walked without a regular expression machine, which matters for documents of
// many kilobytes.
func (p *Pattern) Match(s string) bool {
	p.once.Do(p.compile)
	if p.re != nil {
		return p.re.MatchString(s)
	}
	if s == "" {
		return p.empty
	}
	for _, r := range s {
		if !inClass(p.class, r) {
			return false
		}
	}
	return true
}

func (p *Pattern) compile() {
	tree, err := syntax.Parse(p.RE2, syntax.Perl)
	if err == nil {
		switch tree = tree.Simplify(); tree.Op {
		case syntax.OpStar, syntax.OpPlus:
			if sub := tree.Sub[0]; sub.Op == syntax.OpCharClass {
				p.class, p.empty = sub.Rune, tree.Op == syntax.OpStar
				return
			}
		}
	}
	p.re = regexp.MustCompile(`\A(?:` + p.RE2 + `)\z`) // the generator has compiled it once
}

// inClass looks r up in sorted pairs of bounds.
func inClass(class []rune, r rune) bool {
	lo, hi := 0, len(class)/2
	for lo < hi {
		mid := (lo + hi) / 2
		switch {
		case r < class[2*mid]:
			hi = mid
		case r > class[2*mid+1]:
			lo = mid + 1
		default:
			return true
		}
	}
	return false
}
