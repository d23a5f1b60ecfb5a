package authz_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// An edited policy counts at once, whoever else had the one before.
func TestEditedPolicyCountsAtOnce(t *testing.T) {
	h, c := alice(t)
	z := authz.New(site)
	put := func(effect string) func(identity.Editor, *state.Draft) error {
		return func(e identity.Editor, _ *state.Draft) error {
			return e.PutInline("user", "alice", "own", `{"Version":"2012-10-17","Statement":{"Effect":"`+effect+`","Action":"s3:GetObject","Resource":"*"}}`)
		}
	}
	for range 2 {
		for effect, want := range map[string]bool{"Deny": false, "Allow": true} {
			h.now = h.change(t, put(effect))
			for range 2 {
				if d := z.Check(h.view(), &c, get, noon); d.Allowed() != want {
					t.Errorf("after %s: allowed %t", effect, d.Allowed())
				}
			}
		}
	}
}

// Check and Decide agree, except that an Allow is not explained.
func TestCheckIsDecide(t *testing.T) {
	h, c := alice(t)
	z := authz.New(site)
	r := rand.New(rand.NewPCG(1, 1))
	outcomes := map[eval.Outcome]int{}
	for range 200 {
		target := get
		if r.IntN(2) == 0 {
			target.Action = "s3:DeleteObject"
		}
		if target.Role = r.IntN(4) == 0; target.Role {
			target.Account = "444455556666"
		}
		want, got := z.Decide(h.view(), &c, target, noon), z.Check(h.view(), &c, target, noon)
		if want.Allowed() {
			want.Matched = nil
		}
		if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(eval.Decision{}), cmp.Comparer(func(a, b eval.Match) bool { return a == b })); d != "" {
			t.Fatal(d)
		}
		outcomes[got.Outcome]++
	}
	if len(outcomes) != 2 {
		t.Error(outcomes)
	}
}

// BenchmarkCheck is a decision in process, as calls ask for it, and one that tells
// which statements allow.
func BenchmarkCheck(b *testing.B) {
	h, c := alice(b)
	z, view := authz.New(site), h.view()
	for name, decide := range map[string]func() eval.Decision{
		"check":  func() eval.Decision { return z.Check(view, &c, get, noon) },
		"decide": func() eval.Decision { return z.Decide(view, &c, get, noon) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := decide(); !d.Allowed() {
					b.Fatal("denied")
				}
			}
		})
	}
}
