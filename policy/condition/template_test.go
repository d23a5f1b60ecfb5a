package condition

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A template is compared in pieces, which must come to the same as to compare
// its whole text: with letters, too, whose other case has another length.
func TestTemplateEqualsItsText(t *testing.T) {
	word := rapid.StringOfN(rapid.SampledFrom([]rune("aAkK\u212as\u017f\u00e9")), 0, 3, -1)
	equal := 0
	rapid.Check(t, func(t *rapid.T) {
		var c Context
		x, y := word.Draw(t, "x"), word.Draw(t, "y")
		c.Set("x", x)
		c.Set("y", y)
		text := word.Draw(t, "before") + "${x}" + word.Draw(t, "between") + "${y}${x}"
		template := ParseTemplate(text, true, false)
		whole := strings.NewReplacer("${x}", x, "${y}", y).Replace(text)
		value := rapid.SampledFrom([]string{whole, strings.ToUpper(whole), strings.ToLower(whole), word.Draw(t, "value")}).Draw(t, "which")
		if got := template.equals(value, &c, false); got != (value == whole) {
			t.Fatalf("%q equals %q: %v", whole, value, got)
		}
		if got := template.equals(value, &c, true); got != strings.EqualFold(value, whole) {
			t.Fatalf("%q equals %q without regard to case: %v", whole, value, got)
		}
		if value == whole {
			equal++
		}
	})
	if equal == 0 {
		t.Error("no value was equal")
	}
}

// What a memo remembers is of the value that it is asked for.
func TestMemoFollowsTheValue(t *testing.T) {
	tests := []Test{
		NewTest("IpAddress", "ip", []string{"10.0.0.0/8"}, true), NewTest("NumericLessThan", "n", []string{"5"}, true),
		NewTest("DateLessThan", "d", []string{"2024-01-01"}, true),
	}
	values := map[string][]string{"ip": {"10.1.1.1", "11.1.1.1", "x", ""}, "n": {"4", "6", "x", ""}, "d": {"2023", "2025", "x", ""}}
	var m Memo
	for range 2 {
		for key, list := range values {
			for _, v := range list {
				var c Context
				c.Set(key, v)
				for i := range tests {
					if got, want := tests[i].HoldsWith(&c, &m), tests[i].Holds(&c); got != want {
						t.Errorf("%s of %q: %v with a memo, %v without", key, v, got, want)
					}
				}
			}
		}
	}
}
