package awsquery

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/apierror"
)

// No name may stand twice, however many there are and wherever they stand: two
// readers could take two values.
func TestNamesStandOnce(t *testing.T) {
	for _, n := range []int{1, fewParameters - 2, fewParameters - 1, fewParameters, fewParameters + 1, 10 * fewParameters} {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("P%d=v", i))
		}
		all := strings.Join(names, "&")
		if _, err := ParseForm("", all); err != nil {
			t.Errorf("%d names: %v", n, err)
		}
		for _, again := range []string{"P0=v", "P0", "%50%30=w", fmt.Sprintf("P%d=", n-1)} {
			for _, parts := range [][]string{{all + "&" + again}, {again, all}, {all, again}} {
				if _, err := ParseForm(parts...); !errors.Is(err, apierror.InvalidQueryParameter) {
					t.Errorf("%d names and %s again: %v, want InvalidQueryParameter", n, again, err)
				}
			}
		}
	}
}
