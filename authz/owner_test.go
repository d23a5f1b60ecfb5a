package authz_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

const (
	account = "111122223333"
	reading = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
)

var (
	site = identity.Site{Partition: "aws", Library: identity.NewLibrary(catalog.Default())}
	noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	get  = authz.Target{Action: "s3:GetObject", Resource: "arn:aws:s3:::photos/1.jpg", Account: account}
)

// history is an account whose states follow each other.
type history struct{ now *state.Snapshot }

func (h *history) source(id state.AggregateID) (*state.Snapshot, error) {
	if id == state.Account(account) && h.now != nil {
		return h.now, nil
	}
	return state.Empty(id), nil
}

func (h *history) view() *state.View { return state.NewView(h.source) }

// change gives the state after a change, without making it the present one.
func (h *history) change(t testing.TB, change func(identity.Editor, *state.Draft) error) *state.Snapshot {
	t.Helper()
	d := state.NewDraft(h.source)
	if err := change(editor(d), d); err != nil {
		t.Fatal(err)
	}
	return d.Commit().Writes[0].Next
}

func editor(d *state.Draft) identity.Editor {
	return identity.Edit(d, site, account, identity.Env{
		Now: noon, Random: rand.NewChaCha8([32]byte{}), Quotas: deployment.In(d).Quota,
	})
}

// alice is a user who may read, and a caller who is her.
func alice(t testing.TB) (*history, authn.Caller) {
	var c authn.Caller
	h := new(history)
	h.now = h.change(t, func(e identity.Editor, _ *state.Draft) error {
		u, err := e.CreateUser(identity.NewUser{Name: "alice"})
		if err != nil {
			return err
		}
		c = authn.Caller{Kind: authn.User, Account: account, ARN: e.UserARN(u), UniqueID: u.ID, UserID: u.ID, Name: u.Name}
		return e.Attach("user", "alice", reading)
	})
	return h, c
}

func detach(e identity.Editor, _ *state.Draft) error { return e.Detach("user", "alice", reading) }

// What is kept of a caller is of one state of the account, whatever came before.
func TestDecisionsFollowTheState(t *testing.T) {
	h, c := alice(t)
	z := authz.New(site)
	before := h.now
	decide := func() bool { d := z.Decide(h.view(), &c, get, noon); return d.Allowed() }
	for range 2 {
		if !decide() {
			t.Fatal("alice may not read")
		}
	}
	detached := h.change(t, detach)
	other := h.change(t, func(e identity.Editor, _ *state.Draft) error { _, err := e.CreateGroup("g", nil); return err })
	if detached.Revision() != other.Revision() {
		t.Fatalf("revisions %d and %d, want two states of one revision", detached.Revision(), other.Revision())
	}
	for _, step := range []struct {
		name string
		now  *state.Snapshot
		want bool
	}{
		{"detached", detached, false}, {"another state of that revision", other, true}, {"detached again", detached, false},
		{"the state before", before, true},
	} {
		h.now = step.now
		for range 2 {
			if got := decide(); got != step.want {
				t.Errorf("%s: allowed %t, want %t", step.name, got, step.want)
			}
		}
	}
	h.now = nil
	if decide() {
		t.Error("allowed in an account that is not there")
	}
}

// A draft changes while it is looked at.
func TestDecisionsFollowTheDraft(t *testing.T) {
	h, c := alice(t)
	z := authz.New(site)
	z.Decide(h.view(), &c, get, noon)
	h.change(t, func(e identity.Editor, d *state.Draft) error {
		if d := z.Decide(d, &c, get, noon); !d.Allowed() {
			t.Error("denied before the change")
		}
		if err := detach(e, d); err != nil {
			return err
		}
		if d := z.Decide(d, &c, get, noon); d.Allowed() {
			t.Error("allowed after the policy was detached")
		}
		return nil
	})
	if d := z.Decide(h.view(), &c, get, noon); !d.Allowed() {
		t.Error("a draft that was thrown away changed a decision")
	}
}

// A unique id counts in its account only.
func TestAccountsAreKeptApart(t *testing.T) {
	h, c := alice(t)
	z := authz.New(site)
	if d := z.Decide(h.view(), &c, get, noon); !d.Allowed() {
		t.Fatal("alice may not read")
	}
	other := c
	other.Account = "444455556666"
	if d := z.Decide(h.view(), &other, get, noon); d.Allowed() {
		t.Error("allowed to a caller of another account with the same unique id")
	}
}

func TestDecisionsInParallel(t *testing.T) {
	h, c := alice(t)
	z := authz.New(site)
	states := map[*state.Snapshot]bool{h.now: true, h.change(t, detach): false}
	var wg sync.WaitGroup
	for s, want := range states {
		for range 2 {
			wg.Go(func() {
				for range 200 {
					view := (&history{now: s}).view()
					if d := z.Decide(view, &c, get, noon); d.Allowed() != want {
						t.Errorf("allowed %t, want %t", d.Allowed(), want)
						return
					}
				}
			})
		}
	}
	wg.Wait()
}

// What is kept of a caller is worked out anew when any of its parts changes, and
// only then: a new Authorizer, which has kept nothing, must say the same.
func TestEveryChangeOfWhatAppliesCounts(t *testing.T) {
	h, c := alice(t)
	z := authz.New(site)
	document := func(effect string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":"s3:*","Resource":"*"}]}`
	}
	arn := "arn:aws:iam::" + account + ":policy/p"
	asked := "arn:aws:iam::aws:policy/AdministratorAccess"
	for _, step := range []struct {
		name   string
		change func(e identity.Editor) error
		want   bool
	}{
		{"somebody else", func(e identity.Editor) error { _, err := e.CreateUser(identity.NewUser{Name: "bob"}); return err }, true},
		{"detached", func(e identity.Editor) error { return e.Detach("user", "alice", reading) }, false},
		{"own inline policy", func(e identity.Editor) error { return e.PutInline("user", "alice", "own", document("Allow")) }, true},
		{"that policy denies", func(e identity.Editor) error { return e.PutInline("user", "alice", "own", document("Deny")) }, false},
		{"that policy is gone", func(e identity.Editor) error { return e.DeleteInline("user", "alice", "own") }, false},
		{"a group", func(e identity.Editor) error { _, err := e.CreateGroup("g", nil); return err }, false},
		{"the group may", func(e identity.Editor) error { return e.PutInline("group", "g", "p", document("Allow")) }, false},
		{"a member of it", func(e identity.Editor) error { return e.AddUserToGroup("g", "alice") }, true},
		{"a managed policy", func(e identity.Editor) error {
			_, err := e.CreatePolicy(identity.NewPolicy{Name: "p", Document: document("Deny")})
			return err
		}, true},
		{"the group has it", func(e identity.Editor) error { return e.Attach("group", "g", arn) }, false},
		{"another version of it", func(e identity.Editor) error {
			_, err := e.CreatePolicyVersion(arn, document("Allow"), true)
			return err
		}, true},
		{"its first version", func(e identity.Editor) error { return e.SetDefaultPolicyVersion(arn, "v1") }, false},
		{"the group has it no more", func(e identity.Editor) error { return e.Detach("group", "g", arn) }, true},
		{"a boundary", func(e identity.Editor) error { return e.PutUserPermissionsBoundary("alice", arn) }, false},
		{"a wider boundary", func(e identity.Editor) error { return e.PutUserPermissionsBoundary("alice", asked) }, true},
		{"no member", func(e identity.Editor) error { return e.RemoveUserFromGroup("g", "alice") }, false},
	} {
		for range 2 { // known from the state before, and as of this one
			z.Decide(h.view(), &c, get, noon)
		}
		h.now = h.change(t, func(e identity.Editor, d *state.Draft) error {
			z.Decide(d, &c, get, noon)
			if err := step.change(e); err != nil {
				return err
			}
			if in := z.Decide(d, &c, get, noon); in.Allowed() != step.want {
				t.Errorf("%s: allowed %t in the draft, want %t", step.name, in.Allowed(), step.want)
			}
			return nil
		})
		got, fresh := z.Decide(h.view(), &c, get, noon), authz.New(site).Decide(h.view(), &c, get, noon)
		if got.Allowed() != step.want || fresh.Allowed() != step.want {
			t.Errorf("%s: allowed %t, and %t to somebody new, want %t", step.name, got.Allowed(), fresh.Allowed(), step.want)
		}
	}
}
