package impact_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/impact"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/state"
)

const (
	head   = "999900001111" // the management account of the organization
	member = "222233334444"
)

var (
	noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	site = identity.Site{Partition: "aws", Library: identity.NewLibrary(catalog.Default())}
)

// realm is what is so at present: two accounts of an organization.
type realm struct {
	t         testing.TB
	snapshots map[state.AggregateID]*state.Snapshot
	random    *rand.ChaCha8
	root      string // of the organization
	org       string
}

func (r *realm) source(id state.AggregateID) (*state.Snapshot, error) {
	if s, ok := r.snapshots[id]; ok {
		return s, nil
	}
	return state.Empty(id), nil
}

func (r *realm) env() impact.Env {
	return impact.Env{Site: site, Now: noon, Random: r.random, Quotas: func(account, name string) int {
		return deployment.In(state.NewView(r.source)).QuotaOf(account, name)
	}}
}

func (r *realm) change(change func(*state.Draft) error) {
	r.t.Helper()
	d := state.NewDraft(r.source)
	if err := change(d); err != nil {
		r.t.Fatal(err)
	}
	for _, w := range d.Commit().Writes {
		r.snapshots[w.ID] = w.Next
	}
}

func (r *realm) edit(d *state.Draft, account string) identity.Editor {
	return identity.Edit(d, site, account, identity.Env{Now: noon, Random: r.random, Quotas: deployment.In(d).Quota})
}

func (r *realm) editOrg(d *state.Draft) organization.Editor {
	return organization.Edit(d, site, r.org, organization.Env{Now: noon, Random: r.random, Quotas: deployment.In(d).Quota})
}

// newRealm has, in the account member, the users u0 to un-1, whom the managed policy
// shared lets read buckets, and the role auditor.
func newRealm(t testing.TB, users int) *realm {
	r := &realm{t: t, snapshots: map[state.AggregateID]*state.Snapshot{}, random: rand.NewChaCha8([32]byte{}), org: "o-exampleorgid"}
	r.change(func(d *state.Draft) error {
		for _, account := range []string{head, member} {
			if _, err := deployment.Edit(d).CreateAccount(account, account, noon); err != nil {
				return err
			}
		}
		e := r.edit(d, member)
		p, err := e.CreatePolicy(identity.NewPolicy{Name: "shared", Document: doc("Allow", "s3:Get*", "arn:aws:s3:::photos/*")})
		if err != nil {
			return err
		}
		for i := range users {
			name := fmt.Sprint("u", i)
			if _, err := e.CreateUser(identity.NewUser{Name: name}); err != nil {
				return err
			}
			if err := e.Attach("user", name, p.ARN); err != nil {
				return err
			}
		}
		_, err = e.CreateRole(identity.NewRole{Name: "auditor", Trust: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + member + `"},"Action":"sts:AssumeRole"}}`})
		if err != nil {
			return err
		}
		return e.PutInline("role", "auditor", "all", doc("Allow", "*", "*"))
	})
	r.change(func(d *state.Draft) error {
		e := r.editOrg(d)
		if err := e.Create(head, true); err != nil {
			return err
		}
		r.root = e.Facts().RootID
		return nil
	})
	r.change(func(d *state.Draft) error {
		e := r.editOrg(d)
		for _, kind := range []string{organization.ServiceControl, organization.ResourceControl} {
			if !e.Enabled(kind) {
				if err := e.EnablePolicyType(r.root, kind); err != nil {
					return err
				}
			}
		}
		return nil
	})
	r.join()
	return r
}

// join makes member a member of the organization.
func (r *realm) join() {
	r.t.Helper()
	var id string
	r.change(func(d *state.Draft) error {
		h, err := r.editOrg(d).InviteAccount(organization.Party{ID: member, Type: "ACCOUNT"}, "", nil)
		if err == nil {
			id = h.ID
		}
		return err
	})
	r.change(func(d *state.Draft) error {
		_, err := r.editOrg(d).AcceptHandshake(id, member)
		return err
	})
}

func doc(effect, action, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":%q,"Action":%q,"Resource":%q}}`, effect, action, resource)
}

// user is a user of member as a caller.
func (r *realm) user(name string) authn.Caller {
	r.t.Helper()
	a := identity.In(state.NewView(r.source), site, member)
	u, err := a.User(name)
	if err != nil {
		r.t.Fatal(err)
	}
	return authn.Caller{Kind: authn.User, Account: member, ARN: a.UserARN(u), UniqueID: u.ID, UserID: u.ID, Name: u.Name}
}

// auditor is a session of the role.
func (r *realm) auditor() authn.Caller {
	r.t.Helper()
	a := identity.In(state.NewView(r.source), site, member)
	role, err := a.Role("auditor")
	if err != nil {
		r.t.Fatal(err)
	}
	return authn.Caller{
		Kind: authn.RoleSession, Account: member, ARN: "arn:aws:sts::" + member + ":assumed-role/auditor/s", UniqueID: role.ID, UserID: role.ID + ":s", Name: "s",
		Session: &session.Record{Kind: session.Role, RoleARN: a.RoleARN(role), SessionName: "s", IssuedAt: noon, UniqueID: role.ID},
	}
}

// called is a call that was decided by the present state.
func (r *realm) called(who authn.Caller, actionsAndResources ...string) []byte {
	r.t.Helper()
	c := asked.Call{Caller: who}
	for i := 0; i < len(actionsAndResources); i += 2 {
		c.Targets = append(c.Targets, authz.Target{Action: actionsAndResources[i], Resource: actionsAndResources[i+1], Account: member})
	}
	c.Allowed, _ = c.Decide(authz.New(site), state.NewView(r.source), noon)
	return c.Append(nil)
}
