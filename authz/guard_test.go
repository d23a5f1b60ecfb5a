package authz_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

const (
	organizationID = "o-exampleorgid"
	head           = "999900001111" // the management account
	member         = "222233334444"
	other          = "333344445555" // a member
	outside        = "444455556666"
)

// realm is some accounts, in each of which the user ann may do everything, and an
// organization of three of them with units one in the other.
type realm struct {
	t         testing.TB
	snapshots map[state.AggregateID]*state.Snapshot
	random    *rand.ChaCha8
	units     []string // from the root down
}

func newRealm(t testing.TB, depth int) *realm {
	r := &realm{t: t, snapshots: map[state.AggregateID]*state.Snapshot{}, random: rand.NewChaCha8([32]byte{})}
	for _, account := range []string{head, member, other, outside} {
		r.change(func(d *state.Draft) error {
			if _, err := deployment.Edit(d).CreateAccount(account, account, noon); err != nil {
				return err
			}
			e := identity.Edit(d, site, account, identity.Env{Now: noon, Random: r.random, Quotas: deployment.In(d).Quota})
			if _, err := e.CreateUser(identity.NewUser{Name: "ann"}); err != nil {
				return err
			}
			return e.Attach("user", "ann", "arn:aws:iam::aws:policy/AdministratorAccess")
		})
	}
	r.edit(func(e organization.Editor) error {
		if err := e.Create(head, true); err != nil {
			return err
		}
		root := e.Facts().RootID
		r.units = []string{root}
		for _, t := range []string{organization.ServiceControl, organization.ResourceControl} {
			if !e.Enabled(t) {
				if err := e.EnablePolicyType(root, t); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for i := range depth {
		r.edit(func(e organization.Editor) error {
			u, err := e.CreateUnit(r.units[i], fmt.Sprint("unit ", i+1), nil)
			if err == nil {
				r.units = append(r.units, u.ID)
			}
			return err
		})
	}
	for _, account := range []string{member, other} {
		r.edit(func(e organization.Editor) error {
			h, err := e.InviteAccount(organization.Party{Type: organization.AccountParty, ID: account}, "", nil)
			if err != nil {
				return err
			}
			_, err = e.AcceptHandshake(h.ID, account)
			return err
		})
	}
	if depth > 0 {
		r.edit(func(e organization.Editor) error { return e.MoveAccount(member, r.units[0], r.units[depth]) })
	}
	return r
}

func (r *realm) source(id state.AggregateID) (*state.Snapshot, error) {
	if s, ok := r.snapshots[id]; ok {
		return s, nil
	}
	return state.Empty(id), nil
}

func (r *realm) view() *state.View { return state.NewView(r.source) }

func (r *realm) change(change func(*state.Draft) error) {
	r.t.Helper()
	if err := r.try(change); err != nil {
		r.t.Fatal(err)
	}
}

func (r *realm) try(change func(*state.Draft) error) error {
	d := state.NewDraft(r.source)
	if err := change(d); err != nil {
		return err
	}
	for _, w := range d.Commit().Writes {
		r.snapshots[w.ID] = w.Next
	}
	return nil
}

func (r *realm) editor(d *state.Draft) organization.Editor {
	return organization.Edit(d, site, organizationID, organization.Env{Now: noon, Random: r.random, Quotas: deployment.In(d).Quota})
}

func (r *realm) edit(change func(organization.Editor) error) {
	r.t.Helper()
	r.change(func(d *state.Draft) error { return change(r.editor(d)) })
}

// policy makes a policy of the organization and attaches it.
func (r *realm) policy(kind, statements string, targets ...string) (id string) {
	r.t.Helper()
	r.edit(func(e organization.Editor) error {
		p, err := e.CreatePolicy(organization.NewPolicy{
			Name: fmt.Sprint("policy ", r.random.Uint64()), Type: kind, Content: `{"Version": "2012-10-17", "Statement": [` + statements + `]}`,
		})
		if err != nil {
			return err
		}
		id = p.ID
		for _, target := range targets {
			if err := e.AttachPolicy(id, target); err != nil {
				return err
			}
		}
		return nil
	})
	return id
}

func (r *realm) caller(account string) *authn.Caller {
	r.t.Helper()
	a := identity.In(r.view(), site, account)
	u, err := a.User("ann")
	if err != nil {
		r.t.Fatal(err)
	}
	return &authn.Caller{Kind: authn.User, Account: account, ARN: a.UserARN(u), UniqueID: u.ID, UserID: u.ID, Name: "ann"}
}

func s3(action, account string, granted ...*eval.Policy) authz.Target {
	return authz.Target{Action: "s3:" + action, Resource: "arn:aws:s3:::photos/1.jpg", Account: account, Granted: granted}
}

const everybody = `{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}`

// TestGuards: what SCPs and RCPs of each level do, to whom, and what AWS says.
func TestGuards(t *testing.T) {
	open := compiled(t, everybody)
	const (
		noDelete = `{"Sid": "Keep", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}`
		gets     = `{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}`
		own      = `{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "` + organizationID + `"}}}`
	)
	denied := func(account, action, why string) string {
		return "AccessDenied: User: arn:aws:iam::" + account + ":user/ann is not authorized to perform: s3:" + action + " on resource: arn:aws:s3:::photos/1.jpg " + why
	}
	const (
		byDeny   = "with an explicit deny in a service control policy"
		byLack   = "because no service control policy allows the s3:PutObject action"
		byLimits = "with an explicit deny in a resource control policy"
	)
	for _, test := range []struct {
		name    string
		prepare func(*realm)
		caller  string
		target  authz.Target
		want    string
	}{
		{"an organization without policies of its own", func(*realm) {}, member, s3("DeleteObject", member), ""},
		{"a Deny at the root", func(r *realm) { r.policy(organization.ServiceControl, noDelete, r.units[0]) }, member, s3("DeleteObject", member), denied(member, "DeleteObject", byDeny)},
		{"another action", func(r *realm) { r.policy(organization.ServiceControl, noDelete, r.units[0]) }, member, s3("GetObject", member), ""},
		{"the management account", func(r *realm) { r.policy(organization.ServiceControl, noDelete, r.units[0]) }, head, s3("DeleteObject", head), ""},
		{"an account outside", func(r *realm) { r.policy(organization.ServiceControl, noDelete, r.units[0]) }, outside, s3("DeleteObject", outside), ""},
		{"a Deny at the deepest unit", func(r *realm) { r.policy(organization.ServiceControl, noDelete, r.units[5]) }, member, s3("DeleteObject", member), denied(member, "DeleteObject", byDeny)},
		{"for a member that is not below it", func(r *realm) { r.policy(organization.ServiceControl, noDelete, r.units[5]) }, other, s3("DeleteObject", other), ""},
		{"a Deny at the account", func(r *realm) { r.policy(organization.ServiceControl, noDelete, member) }, member, s3("DeleteObject", member), denied(member, "DeleteObject", byDeny)},
		{"a level that allows some", func(r *realm) { r.instead(r.policy(organization.ServiceControl, gets, r.units[3]), r.units[3]) }, member, s3("GetObject", member), ""},
		{"a level that allows others", func(r *realm) { r.instead(r.policy(organization.ServiceControl, gets, r.units[3]), r.units[3]) }, member, s3("PutObject", member), denied(member, "PutObject", byLack)},
		{"an SCP for the callers' account, not the resource's", func(r *realm) { r.policy(organization.ServiceControl, noDelete, other) }, member, s3("DeleteObject", other, open...), ""},
		{"the type is not enabled", func(r *realm) {
			r.policy(organization.ServiceControl, noDelete, r.units[0])
			r.edit(func(e organization.Editor) error { return e.DisablePolicyType(r.units[0], organization.ServiceControl) })
		}, member, s3("DeleteObject", member), ""},
		{"out of the organization", func(r *realm) {
			r.policy(organization.ServiceControl, noDelete, r.units[0])
			r.edit(func(e organization.Editor) error { return e.RemoveAccount(member) })
		}, member, s3("DeleteObject", member), ""},
		{"an RCP against others, and a member", func(r *realm) { r.policy(organization.ResourceControl, own, r.units[0]) }, member, s3("GetObject", other, open...), ""},
		{"an RCP against others, and another", func(r *realm) { r.policy(organization.ResourceControl, own, r.units[0]) }, outside, s3("GetObject", other, open...), denied(outside, "GetObject", byLimits)},
		{"an RCP, and the management account's resource", func(r *realm) { r.policy(organization.ResourceControl, own, r.units[0]) }, outside, s3("GetObject", head, open...), ""},
		{"an RCP of a unit, and an account elsewhere", func(r *realm) { r.policy(organization.ResourceControl, own, r.units[1]) }, outside, s3("GetObject", other, open...), ""},
		{"an RCP of the unit", func(r *realm) { r.policy(organization.ResourceControl, own, r.units[4]) }, outside, s3("GetObject", member, open...), denied(outside, "GetObject", byLimits)},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRealm(t, 5)
			z, c := authz.New(site), r.caller(test.caller)
			z.Check(r.view(), c, test.target, noon) // as it was before counts no more
			test.prepare(r)
			for name, d := range map[string]eval.Decision{
				"Decide": z.Decide(r.view(), c, test.target, noon), "Check": z.Check(r.view(), c, test.target, noon),
				"Explain": z.Explain(r.view(), c, test.target, noon).Decision,
			} {
				got := ""
				if !d.Allowed() {
					got = authz.Denied(c, test.target, d).Error()
				}
				if got != test.want {
					t.Errorf("%s: %q, want %q", name, got, test.want)
				}
			}
		})
	}
}

// instead takes away what allows everything, where another policy is attached.
func (r *realm) instead(_, target string) {
	r.edit(func(e organization.Editor) error { return e.DetachPolicy(organization.FullAccess, target) })
}

// TestRolesOfServicesAreNotLimited: service-linked roles are not, the root user of a
// member is.
func TestRolesOfServicesAreNotLimited(t *testing.T) {
	r := newRealm(t, 0)
	r.policy(organization.ServiceControl, `{"Effect": "Deny", "Action": "*", "Resource": "*"}`, member)
	a := identity.In(r.view(), site, member)
	linked, err := a.Role(organization.ServiceLinkedRole)
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[bool]*authn.Caller{
		true:  {Kind: authn.RoleSession, Account: member, ARN: "arn:aws:sts::" + member + ":assumed-role/" + linked.Name + "/x", UniqueID: linked.ID, Session: &session.Record{Kind: session.Role, RoleARN: a.RoleARN(linked)}},
		false: {Kind: authn.Root, Account: member, ARN: a.RootARN(), UniqueID: member, UserID: member},
	} {
		d := authz.New(site).Decide(r.view(), c, authz.Target{Action: "organizations:DescribeOrganization", Resource: "*", Account: member}, noon)
		if got := !denies(d, eval.SCP); got != want {
			t.Errorf("%s: not limited %t, want %t", c.ARN, got, want)
		}
	}
}

func denies(d eval.Decision, k eval.Kind) bool { return d.Outcome == eval.ExplicitDeny && d.Kind == k }

// TestOrganizationKeys: where caller and resource are, as policies may ask.
func TestOrganizationKeys(t *testing.T) {
	r := newRealm(t, 2)
	path := organizationID + "/" + r.units[0] + "/" + r.units[1] + "/" + r.units[2] + "/"
	if got := organization.In(r.view(), organizationID).OrgPath(member); got != path {
		t.Fatalf("the path is %q, want %q", got, path)
	}
	for _, test := range []struct {
		caller, resource, operator, key, value string
		want                                   bool
	}{
		{member, outside, "StringEquals", "aws:PrincipalOrgID", organizationID, true},
		{outside, member, "StringEquals", "aws:PrincipalOrgID", organizationID, false},
		{outside, member, "Null", "aws:PrincipalOrgID", "true", true},
		{head, outside, "StringEquals", "aws:PrincipalOrgID", organizationID, true},
		{outside, member, "StringEquals", "aws:ResourceOrgID", organizationID, true},
		{member, outside, "StringEquals", "aws:ResourceOrgID", organizationID, false},
		{member, outside, "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", organizationID + "/*/" + r.units[1] + "/*", true},
		{other, outside, "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", organizationID + "/*/" + r.units[1] + "/*", false},
		{other, outside, "ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", organizationID + "/" + r.units[0] + "/", true},
		{outside, member, "ForAnyValue:StringEquals", "aws:ResourceOrgPaths", path, true},
		{outside, outside, "ForAnyValue:StringLike", "aws:ResourceOrgPaths", "*", false},
	} {
		granted := compile(t, fmt.Sprintf(`{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {%q: {%q: %q}}}`, test.operator, test.key, test.value))
		z, target := authz.New(site), s3("GetObject", test.resource, granted)
		if test.caller == test.resource { // its own policies would do
			target.Role, target.Trust, target.Granted = true, granted, nil
		}
		d, check := z.Decide(r.view(), r.caller(test.caller), target, noon), z.Check(r.view(), r.caller(test.caller), target, noon)
		if d.Allowed() != test.want || check.Allowed() != test.want {
			t.Errorf("%+v: allowed %t and %t", test, d.Allowed(), check.Allowed())
		}
	}
}

// TestGuardsFollowTheState: whatever is done with an organization, who has decided
// before decides as who has not, on the state and within a draft of the next one.
func TestGuardsFollowTheState(t *testing.T) {
	const steps = 300
	r := newRealm(t, 3)
	z, random := authz.New(site), rand.New(rand.NewPCG(7, 7))
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	statements := []string{
		`{"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}`, `{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}`,
		`{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*/ou-*"}}}`,
	}
	var policies []string
	for _, s := range statements {
		policies = append(policies, r.policy(organization.ServiceControl, s))
	}
	policies = append(policies, organization.FullAccess,
		r.policy(organization.ResourceControl, `{"Effect": "Deny", "Principal": "*", "Action": "s3:Get*", "Resource": "*", "Condition": {"Null": {"aws:PrincipalOrgID": "true"}}}`))
	targets := append(slices.Clone(r.units), member, other)
	types := []string{organization.ServiceControl, organization.ResourceControl}
	open := compile(t, everybody)
	seen := map[eval.Kind]int{}
	for range steps {
		err := r.try(func(d *state.Draft) error {
			e, account := r.editor(d), pick([]string{member, other})
			var err error
			switch random.IntN(8) {
			case 0, 1, 2:
				err = e.AttachPolicy(pick(policies), pick(targets))
			case 3, 4:
				err = e.DetachPolicy(pick(policies), pick(targets))
			case 5:
				if m, ok := e.Member(account); ok {
					err = e.MoveAccount(account, m.Parent, pick(r.units))
				}
			case 6:
				if t := pick(types); e.Enabled(t) && random.IntN(3) == 0 {
					err = e.DisablePolicyType(r.units[0], t)
				} else if !e.Enabled(t) {
					err = e.EnablePolicyType(r.units[0], t)
				}
			case 7:
				content := `{"Version": "2012-10-17", "Statement": [` + pick(statements) + `]}`
				_, err = e.UpdatePolicy(policies[0], organization.PolicyChange{Content: &content})
			}
			if err == nil {
				r.agree(d, z, open, random, seen)
			}
			return err
		})
		_ = err // what is refused changes nothing
		r.agree(r.view(), z, open, random, seen)
	}
	for _, k := range []eval.Kind{eval.SCP, eval.RCP, eval.Identity, eval.ResourceBased} {
		if seen[k] < steps/50 && k != eval.ResourceBased {
			t.Errorf("decided by a %s only %d times", k, seen[k])
		}
	}
}

func (r *realm) agree(w state.World, z *authz.Authorizer, open *eval.Policy, random *rand.Rand, seen map[eval.Kind]int) {
	r.t.Helper()
	accounts := []string{head, member, other, outside}
	c := r.caller(accounts[random.IntN(4)])
	target := s3([]string{"GetObject", "PutObject"}[random.IntN(2)], accounts[random.IntN(4)])
	if target.Account != c.Account {
		target.Granted = []*eval.Policy{open}
	}
	want, got, check := authz.New(site).Decide(w, c, target, noon), z.Decide(w, c, target, noon), z.Check(w, c, target, noon)
	same := cmp.Options{cmpopts.IgnoreUnexported(eval.Decision{}), cmp.Comparer(func(a, b eval.Match) bool { return a == b })}
	if d := cmp.Diff(want, got, same); d != "" || check.Outcome != want.Outcome || check.Kind != want.Kind {
		r.t.Fatalf("%s, %s in %s: %s", c.ARN, target.Action, target.Account, d)
	}
	seen[got.Kind]++
}

// BenchmarkLevels is a decision in a tree of so many units with SCPs at each level, beside that
// of an account without an organization. The SCPs deny other actions; or they deny this one
// too, but for callers from some regions, so that each has to be looked into: all with the
// same condition, or each with a condition of its own.
func BenchmarkLevels(b *testing.B) {
	const trail = `{"Sid": "Trail", "Effect": "Deny", "Action": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], "Resource": "*"}`
	same := func(int) string { return `"eu-west-1", "us-east-1"` }
	for _, kind := range []struct {
		name, free string
		regions    func(level int) string
	}{
		{"others", `"iam:*", "sts:*", "s3:*"`, same}, {"this", `"iam:*", "sts:*"`, same},
		{"this, each with its condition", `"iam:*", "sts:*"`, func(level int) string { return fmt.Sprintf(`"eu-west-%d", "us-east-1"`, level) }},
	} {
		for _, depth := range []int{-1, 0, 5} {
			account, tree := member, fmt.Sprint("units=", depth)
			if depth < 0 {
				account, tree = outside, "without"
			}
			b.Run("deny="+kind.name+"/"+tree, func(b *testing.B) {
				r := newRealm(b, max(depth, 0))
				for i, level := range append(slices.Clone(r.units), member) {
					r.policy(organization.ServiceControl, `{"Sid": "Region", "Effect": "Deny", "NotAction": [`+kind.free+`], "Resource": "*",
						"Condition": {"StringNotEquals": {"aws:RequestedRegion": [`+kind.regions(i)+`]}}},`+trail, level)
				}
				z, view, c, target := authz.New(site), r.view(), r.caller(account), s3("GetObject", account)
				b.ReportAllocs()
				for b.Loop() {
					if d := z.Check(view, c, target, noon); !d.Allowed() {
						b.Fatal("denied")
					}
				}
			})
		}
	}
}
