package iam_test

import (
	"testing"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
)

// TestSimulatedInOrganization: SCPs and RCPs of the account count in simulations as
// they do in calls, and the answer tells which they let pass.
func TestSimulatedInOrganization(t *testing.T) {
	const head, id, user = "999900001111", "o-exampleorgid", "arn:aws:iam::" + account + ":user/ada"
	w := newWorld(t)
	_, err := w.edit().CreateUser(identity.NewUser{Name: "ada"})
	w.must(err)
	w.must(w.edit().PutInline("user", "ada", "all", allow("*", "*")))
	_, err = deployment.Edit(w.draft).CreateAccount(head, "head", now)
	w.must(err)
	ask := func(action, resource string, context ...iamapi.ContextEntry) iamapi.EvaluationResult {
		t.Helper()
		out, err := run[*iamapi.SimulatePrincipalPolicyOutput](w, "SimulatePrincipalPolicy", &iamapi.SimulatePrincipalPolicyInput{
			PolicySourceArn: user, ActionNames: []string{action}, ResourceArns: []string{resource}, ContextEntries: context,
		})
		w.must(err)
		return out.EvaluationResults[0]
	}
	if r := ask("s3:GetObject", "arn:aws:s3:::b/k"); r.OrganizationsDecisionDetail != nil || r.EvalDecision != "allowed" {
		t.Errorf("without an organization: %+v", r)
	}
	e := organization.Edit(w.draft, w.tools.Site, id, organization.Env{Now: now, Random: w.random, Quotas: deployment.In(w.draft).Quota})
	w.must(e.Create(head, true))
	h, err := e.InviteAccount(organization.Party{Type: organization.AccountParty, ID: account}, "", nil)
	w.must(err)
	_, err = e.AcceptHandshake(h.ID, account)
	w.must(err)
	root := e.Facts().RootID
	for kind, statements := range map[string]string{
		organization.ServiceControl: `{"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
			{"Effect": "Deny", "Action": "ec2:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}`,
		organization.ResourceControl: `{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "` + id + `"}}},
			{"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*"}`,
	} {
		if !e.Enabled(kind) {
			w.must(e.EnablePolicyType(root, kind))
		}
		p, err := e.CreatePolicy(organization.NewPolicy{Name: kind, Type: kind, Content: `{"Version": "2012-10-17", "Statement": [` + statements + `]}`})
		w.must(err)
		w.must(e.AttachPolicy(p.ID, root))
	}
	region := func(name string) iamapi.ContextEntry {
		return iamapi.ContextEntry{ContextKeyName: new("aws:RequestedRegion"), ContextKeyType: new("string"), ContextKeyValues: []string{name}}
	}
	for _, c := range []struct {
		action, resource string
		context          []iamapi.ContextEntry
		want             string
		admitted         bool
	}{
		{"s3:GetObject", "arn:aws:s3:::b/k", nil, "allowed", true},
		{"s3:DeleteObject", "arn:aws:s3:::b/k", nil, "explicitDeny", false},
		{"s3:PutObject", "arn:aws:s3:::b/k", nil, "explicitDeny", false},
		{"ec2:RunInstances", "*", []iamapi.ContextEntry{region("eu-west-1")}, "allowed", true},
		{"ec2:RunInstances", "*", []iamapi.ContextEntry{region("us-east-1")}, "explicitDeny", false},
	} {
		r := ask(c.action, c.resource, c.context...)
		if r.EvalDecision != c.want || r.OrganizationsDecisionDetail == nil || *r.OrganizationsDecisionDetail.AllowedByOrganizations != c.admitted {
			t.Errorf("%s: %s, %+v", c.action, r.EvalDecision, r.OrganizationsDecisionDetail)
		}
		if got := len(r.MatchedStatements) > 0; got != c.admitted {
			t.Errorf("%s: statements %+v", c.action, r.MatchedStatements)
		}
	}
	if r := ask("s3:GetObject", "arn:aws:s3:::b/k"); len(r.MissingContextValues) != 1 || r.MissingContextValues[0] != "aws:RequestedRegion" {
		t.Errorf("missing are %v", r.MissingContextValues)
	}
	w.must(e.DetachPolicy(organization.FullAccess, root)) // one of two
	if r := ask("iam:GetUser", user); r.EvalDecision != "implicitDeny" || *r.OrganizationsDecisionDetail.AllowedByOrganizations || len(r.MatchedStatements) != 0 {
		t.Errorf("at a level that allows nothing: %+v", r)
	}
}
