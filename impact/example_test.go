package impact_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/impact"
	"github.com/keyreeve/keyreeve/state"
)

func Example() {
	// An account with a user who may read buckets.
	snapshots := map[state.AggregateID]*state.Snapshot{}
	source := func(id state.AggregateID) (*state.Snapshot, error) {
		if s, ok := snapshots[id]; ok {
			return s, nil
		}
		return state.Empty(id), nil
	}
	d := state.NewDraft(source)
	deployment.Edit(d).CreateAccount("111122223333", "main", noon)
	e := identity.Edit(d, site, "111122223333", identity.Env{Now: noon, Random: rand.NewChaCha8([32]byte{}), Quotas: deployment.In(d).Quota})
	ann, _ := e.CreateUser(identity.NewUser{Name: "ann"})
	e.Attach("user", "ann", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
	for _, w := range d.Commit().Writes {
		snapshots[w.ID] = w.Next
	}

	// What she has done, as the audit trail keeps it.
	arn := "arn:aws:iam::111122223333:user/ann"
	call := asked.Call{
		Caller:  authn.Caller{Kind: authn.User, Account: "111122223333", ARN: arn, UniqueID: ann.ID, Name: "ann"},
		Targets: []authz.Target{{Action: "s3:GetObject", Resource: "arn:aws:s3:::photos/1.jpg", Account: "111122223333"}},
		Allowed: true,
	}

	r, err := impact.New(source, impact.Change{Type: impact.Detach, Policy: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", For: arn}, impact.Env{
		Site: site, Now: noon, Random: rand.NewChaCha8([32]byte{}),
		Quotas: func(account, name string) int { return deployment.In(state.NewView(source)).QuotaOf(account, name) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Add("event-1", noon, call.Append(nil))
	report, _ := r.Report()
	for _, e := range report.Effects {
		fmt.Println(e.Outcome, e.Principal, e.Action, e.Resource, e.Count, e.Events)
	}
	// Output:
	// refused arn:aws:iam::111122223333:user/ann s3:GetObject arn:aws:s3:::photos/1.jpg 1 [event-1]
}
