package condition_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/policy/condition"
)

func TestKeyMap(t *testing.T) {
	var none condition.KeyMap[int]
	if none.Get(condition.NewKey("aws:userid")) != nil {
		t.Error("an empty map has something")
	}
	for n := range 70 {
		values := map[string]int{}
		for i := range n {
			values[fmt.Sprintf("aws:Key%d", i)] = i
		}
		m := condition.NewKeyMap(values)
		for name, want := range values {
			if got := m.Get(condition.NewKey(strings.ToUpper(name))); got == nil || *got != want {
				t.Errorf("%d keys: %s has %v, want %d", n, name, got, want)
			}
		}
		for _, name := range []string{"", "aws:Key", "aws:Key70", "s3:prefix"} {
			if got := m.Get(condition.NewKey(name)); got != nil {
				t.Errorf("%d keys: %q has %d", n, name, *got)
			}
		}
		found := 0
		for k, v := range m.All() {
			if found++; k.String() != strings.ToLower(fmt.Sprintf("aws:Key%d", *v)) {
				t.Errorf("%s has %d", k, *v)
			}
		}
		if found != n {
			t.Errorf("%d keys of %d", found, n)
		}
	}
}
