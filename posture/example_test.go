package posture_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/posture"
	"github.com/keyreeve/keyreeve/state"
)

func Example() {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	draft := state.NewDraft(empty)
	site := identity.Site{Partition: "aws", Library: identity.NewLibrary(catalog.Default())}
	e := identity.Edit(draft, site, "111122223333", identity.Env{
		Now: now, Random: rand.NewChaCha8([32]byte{}), Quotas: deployment.In(draft).Quota,
	})
	if _, err := e.CreateUser(identity.NewUser{Name: "Alice"}); err != nil {
		fmt.Println(err)
	}
	if err := e.Attach("user", "alice", "arn:aws:iam::aws:policy/ReadOnlyAccess"); err != nil {
		fmt.Println(err)
	}

	never := func(kind, subject string) (time.Time, bool) { return time.Time{}, false }
	for _, r := range posture.Of(e.Account, now, never) {
		for _, f := range r.Findings {
			if r.ID == "user-policies" {
				fmt.Println(r.Severity, f.Resource, f.Evidence)
			}
		}
	}
	// Output:
	// low arn:aws:iam::111122223333:user/Alice the policy ReadOnlyAccess is attached
}
