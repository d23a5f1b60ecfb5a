package state_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/state"
)

type animal struct{ Name, Colour string }

var (
	animals  = state.Define[animal](state.AccountAggregate, "animal", 1)
	byColour = animals.Index(func(_ string, a *animal) []string { return []string{a.Colour} })
)

func Example() {
	id := state.Account("111122223333")
	source := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }

	d := state.NewDraft(source)
	animals.Put(d, id, state.Fold("Rex"), &animal{"Rex", "brown"})
	animals.Put(d, id, state.Fold("Ada"), &animal{"Ada", "grey"})
	animals.Put(d, id, state.Fold("Bo"), &animal{"Bo", "brown"})

	after := d.Commit().Writes[0].Next
	fmt.Println(after.Revision(), animals.Count(after))
	for key, a := range byColour.At(after, "brown") {
		fmt.Println(key, a.Name)
	}
	// Output:
	// 1 3
	// bo Bo
	// rex Rex
}
