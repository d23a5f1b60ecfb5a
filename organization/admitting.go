package organization

import (
	"strings"
	"sync"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// Admitting are the resource-based policies of the organization that decide whether a
// member account's principals may do an action with it: the account's own policies
// must allow the action, and one of these must, too. For the management account there
// are none, as the organization is its own.
//
//   - Every member may look at the organization, leave it, and answer handshakes.
//   - A delegated administrator of any service may read.
//   - Whom the organization's resource policy names may do what it says, out of the
//     actions that can be delegated. What it denies, it denies to delegated
//     administrators, too.
func (o Organization) Admitting(account, action string) []*eval.Policy {
	if account == o.Facts().Management {
		return nil
	}
	list := []*eval.Policy{forMembers()}
	if o.Administers(account) {
		list = append(list, forAdministrators())
	}
	if p, ok := resourcePolicies.Get(o.snapshot(), ""); ok && delegable(action) {
		list = append(list, p.compile())
	}
	return list
}

// Administers tells whether a member account is a delegated administrator of any
// service.
func (o Organization) Administers(account string) bool {
	for range delegations.Below(o.snapshot(), account) {
		return true
	}
	return false
}

func (p *ResourcePolicy) compile() *eval.Policy {
	p.once.Do(func() {
		src := eval.Source{ID: p.ID}
		doc, err := policy.Parse(p.Document)
		if err != nil {
			p.compiled = identity.DenyAll(src)
			return
		}
		p.compiled = eval.Compile(doc, src)
	})
	return p.compiled
}

// memberActions are those that the API reference opens to every account of an
// organization.
var memberActions = []string{
	"AcceptHandshake", "CancelHandshake", "DeclineHandshake", "DescribeHandshake", "DescribeOrganization", "LeaveOrganization",
	"ListHandshakesForAccount",
}

// administratorActions are those that read and that the API reference opens to "the
// management account or a member account that is a delegated administrator".
var administratorActions = []string{
	"DescribeAccount", "DescribeCreateAccountStatus", "DescribeEffectivePolicy", "DescribeHandshake", "DescribeOrganization",
	"DescribeOrganizationalUnit", "DescribePolicy", "DescribeResourcePolicy", "ListAccounts", "ListAccountsForParent",
	"ListAccountsWithInvalidEffectivePolicy", "ListAWSServiceAccessForOrganization", "ListChildren", "ListCreateAccountStatus",
	"ListDelegatedAdministrators", "ListDelegatedServicesForAccount", "ListEffectivePolicyValidationErrors",
	"ListHandshakesForAccount", "ListHandshakesForOrganization", "ListOrganizationalUnitsForParent", "ListParents", "ListPolicies",
	"ListPoliciesForTarget", "ListRoots", "ListTagsForResource", "ListTargetsForPolicy",
}

// policyActions are those that a resource policy can delegate beside the ones that read
// (AWS Organizations User Guide, "Delegated administrator for AWS Organizations",
// supported delegation policy actions).
var policyActions = []string{
	"AttachPolicy", "CreatePolicy", "DeletePolicy", "DetachPolicy", "DisablePolicyType", "EnablePolicyType", "TagResource",
	"UntagResource", "UpdatePolicy",
}

var delegableActions = func() map[string]bool {
	set := map[string]bool{}
	for _, list := range [][]string{administratorActions, policyActions} {
		for _, name := range list {
			set[strings.ToLower("organizations:"+name)] = true
		}
	}
	return set
}()

// delegable tells whether a resource policy can say anything of an action. The others
// stay the management account's, whatever a document says.
func delegable(action string) bool { return delegableActions[strings.ToLower(action)] }

// forMembers is what the organization allows every member. The effective policy that
// a member may see is its own.
var forMembers = sync.OnceValue(func() *eval.Policy {
	return allowing("members", statement(memberActions, "*")+","+
		statement([]string{"DescribeEffectivePolicy"}, "arn:*:organizations::*:account/*/${aws:PrincipalAccount}"))
})

// forAdministrators is what the organization allows delegated administrators.
var forAdministrators = sync.OnceValue(func() *eval.Policy {
	return allowing("delegated administrators", statement(administratorActions, "*"))
})

func statement(actions []string, resource string) string {
	return `{"Effect": "Allow", "Principal": "*", "Action": ["organizations:` + strings.Join(actions, `", "organizations:`) + `"], "Resource": "` + resource + `"}`
}

func allowing(name, statements string) *eval.Policy {
	doc, err := policy.Parse(`{"Version": "2012-10-17", "Statement": [` + statements + `]}`)
	if err != nil {
		panic("organization: " + name + ": " + err.Error()) // a constant, read by the tests
	}
	return eval.Compile(doc, eval.Source{ID: name})
}
