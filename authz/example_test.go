package authz_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

func Example() {
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	world := state.NewDraft(empty)
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	site := identity.Site{Partition: "aws", Library: identity.NewLibrary(catalog.Default())}
	e := identity.Edit(world, site, "111122223333", identity.Env{
		Now: now, Random: rand.NewChaCha8([32]byte{}), Quotas: deployment.In(world).Quota,
	})
	alice, _ := e.CreateUser(identity.NewUser{Name: "alice"})
	e.Attach("user", "alice", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")

	caller := authn.Caller{Kind: authn.User, Account: e.ID, ARN: e.UserARN(alice), UniqueID: alice.ID, UserID: alice.ID, Name: alice.Name}
	z := authz.New(site)
	for _, action := range []string{"s3:GetObject", "s3:PutObject"} {
		target := authz.Target{Action: action, Resource: "arn:aws:s3:::photos/1.jpg", Account: e.ID}
		decision := z.Decide(world, &caller, target, now)
		fmt.Println(action, decision.Outcome)
		if !decision.Allowed() {
			fmt.Println(authz.Denied(&caller, target, decision))
		}
	}
	// Output:
	// s3:GetObject allowed
	// s3:PutObject implicitDeny
	// AccessDenied: User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::photos/1.jpg because no identity-based policy allows the s3:PutObject action
}
