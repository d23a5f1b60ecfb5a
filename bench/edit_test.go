package bench_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/bench/cost"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/servertest"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// BenchmarkEdit edits the policy of a group in an account with 100,000 users, all of
// whom are in the group, and asks for one of them each time: the edit counts at
// once. What it costs is processor time of the whole process, from the edit to the
// answer, with all that the disk needs.
func BenchmarkEdit(b *testing.B) {
	dir := b.TempDir()
	fill(b, dir)
	h := openHost(b, dir)
	defer closeHost(b, h)
	edit := editor(b, h)
	edit(func(e identity.Editor) error {
		_, err := e.CreateGroup("everybody", nil)
		return err
	})
	const step = 1000
	for from := 0; from < many; from += step {
		edit(func(e identity.Editor) error {
			for n := from; n < from+step; n++ {
				if err := e.AddUserToGroup("everybody", manyName(n)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	z, now := authz.New(h.Site), time.Now()
	effects := [2]string{"Deny", "Allow"}
	used := cost.CPU()
	n := 0
	for b.Loop() {
		edit(func(e identity.Editor) error {
			return e.PutInline("group", "everybody", "policy", *allowing(effects[n%2]))
		})
		c := caller(b, h, manyName(n*7919%many))
		d := z.Check(h.Store.View(), &c, authz.Target{Action: "s3:GetObject", Resource: "arn:aws:s3:::photos/1.jpg", Account: servertest.Account}, now)
		if d.Allowed() != (n%2 == 1) {
			b.Fatalf("edit %d does not count: allowed %t", n, d.Allowed())
		}
		n++
	}
	b.ReportMetric(float64((cost.CPU()-used).Microseconds())/float64(n), "cpu-us/op")
}

func allowing(effect string) *string {
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":"s3:GetObject","Resource":"*"}]}`
	return &text
}

// editor makes changes of the account durable, one after the other.
func editor(b *testing.B, h *server.Host) func(func(identity.Editor) error) {
	random := rand.NewChaCha8([32]byte{1})
	return func(change func(identity.Editor) error) {
		b.Helper()
		err := h.Store.Update(context.Background(), []state.AggregateID{state.Account(servertest.Account)}, func(d *state.Draft) (*store.Event, error) {
			return nil, change(identity.Edit(d, h.Site, servertest.Account, identity.Env{
				Now: time.Now(), Random: random, Quotas: func(string) int { return 2 * many },
			}))
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// caller is a user as its access key would show it.
func caller(b *testing.B, h *server.Host, name string) authn.Caller {
	a := identity.In(h.Store.View(), h.Site, servertest.Account)
	u, err := a.User(name)
	if err != nil {
		b.Fatal(err)
	}
	return authn.Caller{Kind: authn.User, Account: servertest.Account, ARN: a.UserARN(u), UserID: u.ID, UniqueID: u.ID, Name: u.Name}
}
