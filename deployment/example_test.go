package deployment_test

import (
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/state"
)

func Example() {
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	draft := state.NewDraft(empty)
	d := deployment.Edit(draft)
	d.CreateAccount("111122223333", "production", time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	d.CreateAccount("444455556666", "staging", time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC))
	d.SetAlias("111122223333", "example-team")

	fmt.Println(d.SetAlias("444455556666", "example-team"))
	fmt.Println(d.FirstAccount(), d.Quota("UsersQuota"))
	// Output:
	// EntityAlreadyExists: The account alias example-team already exists.
	// 111122223333 5000
}
