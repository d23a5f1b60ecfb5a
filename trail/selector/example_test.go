package selector_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/trail/selector"
)

// A trail that logs what changes something, and nothing else.
func Example() {
	changes := selector.Set{Advanced: []selector.Advanced{{Conditions: []selector.Condition{
		{Field: "eventCategory", Equals: []string{"Management"}},
		{Field: "readOnly", Equals: []string{"false"}},
	}}}}
	fmt.Printf("%q\n", changes.Check())
	for _, record := range []string{
		`{"eventName":"CreateUser","eventCategory":"Management","readOnly":false}`,
		`{"eventName":"GetUser","eventCategory":"Management","readOnly":true}`,
	} {
		e, _ := selector.Read([]byte(record))
		fmt.Println(e.Name, changes.Match(&e))
	}
	// Output:
	// ""
	// CreateUser true
	// GetUser false
}
