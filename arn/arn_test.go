package arn_test

import (
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/arn"
	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"**", "a:b/c", true},
		{"?", "", false},
		{"?", "é", true},
		{"??", "é", false},
		{"*?", "é", true},
		{"*??", "é", false},
		{"a*", "a", true},
		{"a*", "ba", false},
		{"*a", "ba", true},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"a*b*c", "a-b-b-c", true},
		{"a*?b*c", "abbc", true},
		{"a*?b*c", "abc", false},
		{"*ab*ab*", "ab-ab", true},
		{"*ab*ab*", "aba-b", false},
		{"*a?c*", "aacabc", true},
		{"a.b", "axb", false},
		{"[ab]", "a", false},
		{`\*`, `\x`, true},
		{"(a|b)+^$", "(a|b)+^$", true},
		{"*é", "xé", true},
		{"A", "a", false},
	} {
		if got := arn.Match(c.pattern, c.s); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}

// Patterns that make a backtracking matcher take years.
func TestMatchIsFast(t *testing.T) {
	s := strings.Repeat("a", 20000)
	for _, pattern := range []string{
		strings.Repeat("*a", 3000) + "*b",
		strings.Repeat("*a?", 2000) + "*b",
		strings.Repeat("*", 6000) + "b",
	} {
		if arn.Match(pattern, s) {
			t.Errorf("%.20q... matches", pattern)
		}
	}
	confined := arn.NewResource(arn.Tokens("arn:a" + strings.Repeat("*a", 1000) + "*b:*"))
	if confined.Match("arn:"+s+":b", nil) {
		t.Error("the confined pattern matches")
	}
}

func TestResource(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "arn:aws:s3:::b", true},
		{"arn:aws:s3:::b", "arn:aws:s3:::b", true},
		{"arn:aws:s3:::b", "arn:aws:s3:::B", false},
		{"arn:aws:s3:::b*", "arn:aws:s3:::b1/k", true},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b", false},
		{"arn:aws:sqs:*:jobs", "arn:aws:sqs:eu-west-1:111122223333:jobs", true},
		{"arn:aws:sqs:e*t:jobs", "arn:aws:sqs:eu-west-1:111122223333:t:jobs", false},
		{"arn:aws:sqs:eu-*-1:*:jobs", "arn:aws:sqs:eu-west-1:111122223333:jobs", true},
		{"arn:aws:sqs:eu-*-1:*:jobs", "arn:aws:sqs:eu-west:x-1:jobs", false},
		{"arn:aws:sqs:eu-west-?:*:jobs", "arn:aws:sqs:eu-west-1:1:jobs", true},
		{"arn:aws:sqs:eu-west-??1:jobs", "arn:aws:sqs:eu-west-1:1:jobs", false},
		{"arn:*:sqs:us-*-1:1:q", "arn:aws:sqs:us-east-1:1:q", true},
		{"arn:*:sqs:us-*-1:1:q", "arn:aws:x:sqs:us-east-1:1:q", true},
		{"arn:aws:iam::1:role/a?c", "arn:aws:iam::1:role/a:c", true},
		{"arn:aws:iam::1:role/a*c", "arn:aws:iam::1:role/a:b:c", true},
		{"arn:aws:iam::*:*", "arn:aws:iam::1:user/u", true},
		{"arn:aws:s**t:::b", "arn:aws:s:t:::b", false},
		{"arn:aws:s**:::b", "arn:aws:s:t:::b", true},
	} {
		p := arn.NewResource(arn.Tokens(c.pattern))
		if got := p.Match(c.s, nil); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.s, got)
		}
	}
}

func TestPad(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"arn:aws:s3", "arn:aws:s3:::b", true},
		{"arn:aws:iam::*", "arn:aws:iam::1:user/u", true},
		{"arn:aws:iam::2", "arn:aws:iam::1:user/u", false},
	} {
		p := arn.Pad(arn.Tokens(c.pattern))
		if got := p.Match(c.s, nil); got != c.want {
			t.Errorf("padded %q matches %q: %v", c.pattern, c.s, got)
		}
	}
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "arn:aws:s3:::b", true},
		{"*", "b", false},
		{"**", "arn:aws:s3:::b", false},
		{"arn:aws:s3:*", "arn:aws:s3:::b", false},
		{"arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x", true},
		{"arn:aws:iam:*:role/x", "arn:aws:iam::1:role/x", false},
		{"arn:aws:sns:*:1:t", "arn:aws:sns:a:b:1:t", false},
		{"arn:aws:iam::1:role/*", "arn:aws:iam::1:role/a:b", true},
		{"*:*:*:*:*:*", "arn:a:b:c:d:e", true},
		{"*:*:*:*:*:*", "urn:a:b:c:d:e", false},
	} {
		l := arn.NewLike(arn.Tokens(c.pattern))
		if got := l.Match(c.s, nil); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.s, got)
		}
	}
}

func TestHolesAreLiteral(t *testing.T) {
	g := arn.NewGlob([]arn.Token{{Text: "home/"}, {Kind: arn.Hole}, {Text: "/"}, {Kind: arn.Star}})
	if g.Match("home/x/y", []string{"*"}) {
		t.Error("a star in a hole is a wildcard")
	}
	if !g.Match("home/*/y", []string{"*"}) || !g.Match("home//y", []string{""}) {
		t.Error("a hole does not match its text")
	}
}

// naive is the definition of a pattern.
func naive(p, s []rune) bool {
	if len(p) == 0 {
		return len(s) == 0
	}
	switch p[0] {
	case '*':
		return naive(p[1:], s) || len(s) > 0 && naive(p, s[1:])
	case '?':
		return len(s) > 0 && naive(p[1:], s[1:])
	}
	return len(s) > 0 && p[0] == s[0] && naive(p[1:], s[1:])
}

func TestMatchAsDefined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.StringOfN(rapid.SampledFrom([]rune("ab:é*?")), 0, 9, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.SampledFrom([]rune("ab:é")), 0, 9, -1).Draw(t, "text")
		if got, want := arn.Match(p, s), naive([]rune(p), []rune(s)); got != want {
			t.Fatalf("Match = %v, by definition %v", got, want)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"arn:aws:iam::1:user/a", "arn:::::", "arn:aws:s3", "", "arn:a:b:c:d:e:f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := arn.Parse(s)
		if err == nil && a.String() != s {
			t.Errorf("%q is printed %q", s, a.String())
		}
		if ok := strings.HasPrefix(s, "arn:") && strings.Count(s, ":") >= 5; ok != (err == nil) {
			t.Errorf("Parse(%q) = %v", s, err)
		}
	})
}

// What matches as Like matches as Resource, and that as plain text.
func FuzzPatterns(f *testing.F) {
	f.Add("arn:aws:sqs:*:jobs", "arn:aws:sqs:eu-west-1:1:jobs")
	f.Add("arn:*:s*3:?:b:c*", "arn:aws:s3:x:b:cc")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern)*len(s) > 1<<16 {
			return
		}
		tokens := arn.Tokens(pattern)
		like, res := arn.NewLike(tokens), arn.NewResource(tokens)
		if like.Match(s, nil) && !res.Match(s, nil) {
			t.Errorf("%q: Like matches %q, Resource does not", pattern, s)
		}
		if res.Match(s, nil) && !arn.Match(pattern, s) {
			t.Errorf("%q: Resource matches %q, plain text does not", pattern, s)
		}
	})
}
