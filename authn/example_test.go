package authn_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// A proof stands for whom it stands for now: the key that was just made inactive
// stands for nobody.
func Example() {
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	world := state.NewDraft(empty)
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	site := identity.Site{Partition: "aws", Library: identity.NewLibrary(catalog.Default())}
	deployment.Edit(world).CreateAccount("111122223333", "example", now)
	e := identity.Edit(world, site, "111122223333", identity.Env{
		Now: now, Random: rand.NewChaCha8([32]byte{}), Quotas: deployment.In(world).Quota,
		Seal: func(secret []byte, _ string) ([]byte, error) { return secret, nil },
	})
	alice, _ := e.CreateUser(identity.NewUser{Name: "alice"})
	key, _, _ := e.CreateAccessKey(alice.ID)

	a := authn.Authenticator{Site: site}
	proof := authn.Proof{AccessKeyID: key.ID, Account: "111122223333"}
	caller, err := a.Caller(world, proof, authn.Origin{}, now)
	fmt.Println(caller.ARN, err)

	e.UpdateAccessKey(alice.ID, key.ID, false)
	_, err = a.Caller(world, proof, authn.Origin{}, now)
	fmt.Println(err)
	// Output:
	// arn:aws:iam::111122223333:user/alice <nil>
	// InvalidClientTokenId: The security token included in the request is invalid.
}
