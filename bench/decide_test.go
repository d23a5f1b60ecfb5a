package bench_test

import (
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/condition"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/server/servertest"
)

// BenchmarkDecide is a decision in process over two groups and five policies.
func BenchmarkDecide(b *testing.B) {
	f := start(b)
	view := f.host.Store.View()
	account := identity.In(view, f.host.Site, servertest.Account)
	user, err := account.User(userName(0))
	if err != nil {
		b.Fatal(err)
	}
	caller := authn.Caller{
		Kind: authn.User, Account: servertest.Account, ARN: account.UserARN(user), UserID: user.ID, UniqueID: user.ID,
		Name: user.Name, AccessKeyID: f.keys[0].AccessKeyID,
		Origin: authn.Origin{SourceIP: "127.0.0.1", UserAgent: "keyreeve-bench", Region: "us-east-1"},
	}
	target := authz.Target{Action: "iam:GetUser", Resource: caller.ARN, Account: servertest.Account}
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	z := authz.New(f.host.Site)

	b.Run("floor", func(b *testing.B) {
		policies := eval.Policies{Identity: account.IdentityPolicies(identity.UserAsOwner(user))}
		if len(policies.Identity) != 5 {
			b.Fatalf("%d policies, want 5", len(policies.Identity))
		}
		var keys condition.Context
		keys.Set("aws:username", user.Name)
		request := eval.Request{
			Principal: eval.Principal{Kind: eval.User, ARN: caller.ARN, Account: servertest.Account},
			Action:    target.Action, Resource: target.Resource, ResourceAccount: target.Account, Context: &keys,
		}
		decide(b, func() eval.Decision { return eval.Decide(&request, &policies) })
	})
	b.Run("keyreeve", func(b *testing.B) {
		decide(b, func() eval.Decision { return z.Check(view, &caller, target, now) })
	})
}

func decide(b *testing.B, one func() eval.Decision) {
	b.ReportAllocs()
	for b.Loop() {
		if d := one(); !d.Allowed() {
			b.Fatal("denied")
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}
