package organization

import (
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

const (
	orgID         = "o-exampleorgid"
	managementID  = "111122223333"
	administrator = "222233334444"
	named         = "333344445555"
	member        = "444455556666"
)

// seeded is an organization with a root, two units one in the other, and members.
func seeded() *state.Draft {
	d, id := newDraft(), state.Organization(orgID)
	facts.Put(d, id, "", &Facts{ID: orgID, Management: managementID, RootID: "r-ab12", AllFeatures: true})
	units.Put(d, id, "ou-ab12-11111111", &Unit{ID: "ou-ab12-11111111", Name: "Outer", Parent: "r-ab12"})
	units.Put(d, id, "ou-ab12-22222222", &Unit{ID: "ou-ab12-22222222", Name: "Inner", Parent: "ou-ab12-11111111"})
	for account, parent := range map[string]string{managementID: "r-ab12", administrator: "r-ab12", named: "ou-ab12-11111111", member: "ou-ab12-22222222"} {
		members.Put(d, id, account, &Member{Account: account, Parent: parent, Joined: "CREATED"})
	}
	return d
}

// TestAdmitting: for every action that there is, who may do it with an organization
// that trusts nobody more than it must.
func TestAdmitting(t *testing.T) {
	d, id := seeded(), state.Organization(orgID)
	delegations.Put(d, id, state.Key(administrator, "guardduty.amazonaws.com"), &Delegation{Account: administrator, ServicePrincipal: "guardduty.amazonaws.com"})
	resourcePolicies.Put(d, id, "", &ResourcePolicy{ID: "rp-example1", Document: `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::333344445555:root"}, "Action": "organizations:*", "Resource": "*"},
		{"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::222233334444:root"}, "Action": "organizations:ListPolicies", "Resource": "*"}
	]}`})
	o := In(d, orgID)
	if o.Admitting(managementID, "organizations:MoveAccount") != nil {
		t.Error("something decides beside the management account's own policies")
	}
	everything, err := policy.Parse(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)
	if err != nil {
		t.Fatal(err)
	}
	own := eval.Compile(everything, eval.Source{ID: "own"})
	may := func(account, action, resource string) bool {
		var context eval.Context
		context.Set("aws:PrincipalAccount", account)
		v := eval.Compose(eval.Policies{Identity: []*eval.Policy{own}, Resource: o.Admitting(account, action)}).Decide(&eval.Request{
			Principal: eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::" + account + ":user/ann", Account: account},
			Action:    action, Resource: resource, ResourceAccount: managementID, Context: &context,
		}, nil)
		return v.Allowed()
	}
	organizations, _ := catalog.Default().Service("organizations")
	for _, a := range organizations.Actions() {
		reads := a.AccessLevel == catalog.List || a.AccessLevel == catalog.Read
		transfer := strings.Contains(a.Name, "Transfer")
		anybody := strings.HasSuffix(a.Name, "Handshake") || a.Name == "DescribeOrganization" || a.Name == "LeaveOrganization" || a.Name == "ListHandshakesForAccount"
		for account, want := range map[string]bool{
			member:        anybody,
			administrator: anybody || reads && !transfer && a.Name != "ListPolicies",
			named: anybody || reads && !transfer || strings.HasSuffix(a.Name, "Policy") && !strings.Contains(a.Name, "ResourcePolicy") ||
				strings.HasSuffix(a.Name, "PolicyType") || strings.HasSuffix(a.Name, "agResource"),
		} {
			if got := may(account, a.String(), "*"); got != want {
				t.Errorf("%s by %s: %t, want %t", a, account, got, want)
			}
		}
	}
	for resource, want := range map[string]bool{
		"arn:aws:organizations::111122223333:account/o-exampleorgid/444455556666": true,
		"arn:aws:organizations::111122223333:account/o-exampleorgid/333344445555": false,
		"*": false,
	} {
		if got := may(member, "organizations:DescribeEffectivePolicy", resource); got != want {
			t.Errorf("the effective policy of %s: %t, want %t", resource, got, want)
		}
	}
}

// TestUnreadableResourcePolicy denies what it speaks of.
func TestUnreadableResourcePolicy(t *testing.T) {
	d := seeded()
	resourcePolicies.Put(d, state.Organization(orgID), "", &ResourcePolicy{ID: "rp-example1", Document: "{"})
	list := In(d, orgID).Admitting(member, "organizations:ListPolicies")
	v := eval.Compose(eval.Policies{Resource: list}).Decide(&eval.Request{
		Principal: eval.Principal{Kind: eval.Root, ARN: "arn:aws:iam::" + member + ":root", Account: member},
		Action:    "organizations:ListPolicies", Resource: "*", ResourceAccount: managementID,
	}, nil)
	if v.Allowed() {
		t.Error("allowed")
	}
}
