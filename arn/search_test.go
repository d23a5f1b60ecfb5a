package arn_test

import (
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/arn"
	"pgregory.net/rapid"
)

// plainMatch is a matcher that keeps a table of which beginning of the pattern
// matches which beginning of the text.
func plainMatch(pattern, s string) bool {
	p, t := []rune(pattern), []rune(s)
	row := make([]bool, len(t)+1)
	row[0] = true
	for _, c := range p {
		next := make([]bool, len(t)+1)
		next[0] = c == '*' && row[0]
		for j, r := range t {
			switch c {
			case '*':
				next[j+1] = row[j+1] || next[j]
			case '?':
				next[j+1] = row[j]
			default:
				next[j+1] = row[j] && c == r
			}
		}
		row = next
	}
	return row[len(t)]
}

// Long texts are searched in other ways than short ones. The answers are the same.
func TestLongTexts(t *testing.T) {
	letters := rapid.SampledFrom([]string{"a", "a", "a", "b", "é", "日", "𝄞"})
	rapid.Check(t, func(t *rapid.T) {
		some := func(label string, from *rapid.Generator[string], atMost int) string {
			n := rapid.IntRange(0, atMost).Draw(t, label+" length")
			return strings.Join(rapid.SliceOfN(from, n, n).Draw(t, label), "")
		}
		text := some("text", letters, 400)
		pattern := some("pattern", rapid.OneOf(letters, letters, rapid.SampledFrom([]string{"*", "?", "?a", "aaaa", "?????????"})), 80)
		if rapid.Bool().Draw(t, "open") {
			pattern = "*" + pattern + "*"
		}
		if rapid.Bool().Draw(t, "made to match") {
			text += strings.NewReplacer("*", "ab", "?", "é").Replace(pattern)
			pattern = "*" + pattern
		}
		want := plainMatch(pattern, text)
		if got := arn.Match(pattern, text); got != want {
			t.Fatalf("%q matches %q: %t, want %t", pattern, text, got, want)
		}
		f := arn.NewFold(pattern)
		if got := f.Match(strings.ToUpper(text[:len(text)/2]) + text[len(text)/2:]); got != want && !strings.ContainsAny(text+pattern, "é日𝄞") {
			t.Fatalf("%q matches %q in any case: %t, want %t", pattern, text, got, want)
		}
		holes := []string{"a", "?a*"}
		var tokens []arn.Token
		for i, token := range arn.Tokens(pattern) {
			if token.Text == "a" {
				token = arn.Token{Kind: arn.Hole, Index: i % 2}
			}
			tokens = append(tokens, token)
		}
		filled := ""
		for _, token := range tokens {
			switch token.Kind {
			case arn.Star:
				filled += "*"
			case arn.Any:
				filled += "?"
			case arn.Hole:
				filled += strings.NewReplacer("?", "q", "*", "s").Replace(holes[token.Index])
			default:
				filled += token.Text
			}
		}
		g := arn.NewGlob(tokens)
		marked := strings.NewReplacer("qas", "?a*").Replace(text)
		if got, want := g.Match(marked, holes), plainMatch(filled, text); got != want {
			t.Fatalf("%q with %q in its holes matches %q: %t, want %t", pattern, holes, text, got, want)
		}
	})
}

// A long run with "?" is looked for in time that does not grow with the product of
// both lengths; this only sees to it that the ways for such texts are taken.
func BenchmarkLongTexts(b *testing.B) {
	s := strings.Repeat("a", 4000)
	for name, pattern := range map[string]string{
		"bytes": strings.Repeat("*a", 1000) + "*b*", "run": "*" + strings.Repeat("?a", 1000) + "b*", "literal": "*" + strings.Repeat("a", 2000) + "b*",
	} {
		g, f := arn.NewGlob(arn.Tokens(pattern)), arn.NewFold(pattern)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				g.Match(s, nil)
			}
		})
		b.Run(name+"/fold", func(b *testing.B) {
			for b.Loop() {
				f.Match(s)
			}
		})
	}
}
