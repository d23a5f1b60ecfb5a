package condition_test

import (
	"fmt"
	"testing"

	"github.com/keyreeve/keyreeve/policy/condition"
	"pgregory.net/rapid"
)

// given is a source with a value for each of some names.
type given map[string]string

func (g given) Value(k condition.Key) (value string, multi, ok bool) {
	value, ok = g[k.String()]
	return value, k.String() == "c", ok
}

// What a source gives is decided like what was set, in whatever order it is asked for,
// and whether keys of the source are asked for by name, by variable or by both.
func TestSource(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SampledFrom([]string{"a", "b", "c"})
		words := rapid.SampledFrom([]string{"", "1", "x", "2001-01-01T00:00:00Z", "10.0.0.1"})
		source := given(rapid.MapOf(names, words).Draw(t, "source"))
		own := rapid.MapOf(names, words).Draw(t, "own")
		below := rapid.Bool().Draw(t, "source below")

		var top, bottom, set condition.Context
		for name, value := range source {
			set.SetValues(name, []string{value}, name == "c")
		}
		asking := top.From(source)
		if below {
			asking = top.Over(bottom.From(source)).From(nil)
		}
		for name, value := range own {
			asking.Set(name, value)
			set.Set(name, value)
		}

		var m condition.Memo
		for range rapid.IntRange(4, 16).Draw(t, "tests") {
			operator := rapid.SampledFrom([]string{
				"StringEquals", "StringNotEquals", "StringLike", "NumericEquals", "DateEquals", "IpAddress", "Null", "ForAnyValue:StringLike", "ForAllValues:StringEquals",
			}).Draw(t, "operator")
			value := words.Draw(t, "value")
			if rapid.Bool().Draw(t, "variable") {
				value = fmt.Sprintf("${%s}", names.Draw(t, "of"))
			}
			test := condition.NewTest(operator, names.Draw(t, "key"), []string{value, words.Draw(t, "other value")}, true)
			if got, want := test.HoldsWith(asking, &m), test.Holds(&set); got != want {
				t.Fatalf("%s is %v with a source, %v with keys that were set", operator, got, want)
			}
		}
	})
}
