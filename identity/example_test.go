package identity_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

func Example() {
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	draft := state.NewDraft(empty)
	site := identity.Site{Partition: "aws", Library: identity.NewLibrary(catalog.Default())}
	e := identity.Edit(draft, site, "111122223333", identity.Env{
		Now:    time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
		Random: rand.NewChaCha8([32]byte{}),
		Quotas: deployment.In(draft).Quota,
	})

	alice, err := e.CreateUser(identity.NewUser{Name: "Alice", Path: new("/team/")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.UserARN(alice))
	fmt.Println(e.Attach("user", "alice", "arn:aws:iam::aws:policy/ReadOnlyAccess"))
	fmt.Println(e.DeleteUser("alice"))
	// Output:
	// arn:aws:iam::111122223333:user/team/Alice
	// <nil>
	// DeleteConflict: Cannot delete entity, must detach all policies first.
}
