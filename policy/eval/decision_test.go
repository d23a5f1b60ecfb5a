package eval_test

import (
	"testing"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// The zero values deny.
func TestZeroValuesDeny(t *testing.T) {
	var d eval.Decision
	if d.Allowed() || d.Outcome.String() != "implicitDeny" {
		t.Error("the zero decision does not deny")
	}
	if d := eval.Decide(&eval.Request{}, &eval.Policies{}); d.Allowed() || d.Fault == "" {
		t.Errorf("the zero request: %+v", d)
	}
}

func policyOf(t *testing.T, text string) *eval.Policy {
	t.Helper()
	doc, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return eval.Compile(doc, eval.Source{})
}

// Nobody owns a resource without an owner: not even a caller without account.
func TestUnknownOwnerIsAnotherAccount(t *testing.T) {
	all := []*eval.Policy{policyOf(t, `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)}
	for _, account := range []string{"111122223333", ""} {
		d := eval.Decide(&eval.Request{
			Principal: eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::111122223333:user/ann", Account: account},
			Action:    "s3:GetObject", Resource: "arn:aws:s3:::b/k",
		}, &eval.Policies{Identity: all})
		if d.Allowed() || !d.CrossAccount {
			t.Errorf("account %q: %+v", account, d)
		}
	}
}

func TestMatchedStatements(t *testing.T) {
	p := policyOf(t, `{"Statement": [
 {"Sid": "Read", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
 {"Sid": "Never", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
 {"Sid": "Other", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}`)
	for action, want := range map[string]string{"s3:GetObject": "Read", "s3:DeleteObject": "Never", "ec2:RunInstances": ""} {
		d := eval.Decide(&eval.Request{
			Principal: eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::111122223333:user/ann", Account: "111122223333"},
			Action:    action, Resource: "*", ResourceAccount: "111122223333",
		}, &eval.Policies{Identity: []*eval.Policy{p}})
		got := ""
		for _, m := range d.Matched {
			got += m.Statement.Sid.Value
		}
		if got != want {
			t.Errorf("%s matches %q, want %q", action, got, want)
		}
	}
}

func TestDetails(t *testing.T) {
	s3 := []*eval.Policy{policyOf(t, `{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:D", "Resource": "*"}]}`)}
	all := []*eval.Policy{policyOf(t, `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)}
	for _, c := range []struct {
		name, action string
		pol          eval.Policies
		org, bound   bool
	}{
		{"no limits", "s3:A", eval.Policies{Identity: all}, true, true},
		{"SCP lacks an Allow", "ec2:A", eval.Policies{Identity: all, SCPs: [][]*eval.Policy{s3}}, false, true},
		{"SCP denies", "s3:D", eval.Policies{Identity: all, SCPs: [][]*eval.Policy{s3}}, false, true},
		{"boundary lacks an Allow", "ec2:A", eval.Policies{Identity: all, Boundary: s3}, true, false},
		{"boundary denies", "s3:D", eval.Policies{Identity: all, Boundary: s3}, true, false},
		{"all allow", "s3:A", eval.Policies{Identity: all, Boundary: s3, SCPs: [][]*eval.Policy{s3}}, true, true},
	} {
		d := eval.Decide(&eval.Request{
			Principal: eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::111122223333:user/ann", Account: "111122223333"},
			Action:    c.action, Resource: "*", ResourceAccount: "111122223333",
		}, &c.pol)
		if d.OrganizationsAllow != c.org || d.BoundaryAllows != c.bound {
			t.Errorf("%s: %v %v", c.name, d.OrganizationsAllow, d.BoundaryAllows)
		}
	}
}

func TestMessage(t *testing.T) {
	const who, where = "arn:aws:iam::111122223333:user/ann", "arn:aws:s3:::b"
	for _, c := range []struct {
		d                eval.Decision
		action, resource string
		want             string
	}{
		{eval.Decision{Kind: eval.Identity}, "s3:ListBucket", where,
			"User: " + who + " is not authorized to perform: s3:ListBucket on resource: " + where + " because no identity-based policy allows the s3:ListBucket action"},
		{eval.Decision{Kind: eval.Identity, Outcome: eval.ExplicitDeny}, "s3:ListBucket", "",
			"User: " + who + " is not authorized to perform: s3:ListBucket with an explicit deny in an identity-based policy"},
		{eval.Decision{Kind: eval.TrustPolicy, Outcome: eval.ExplicitDeny}, "sts:AssumeRole", where,
			"User: " + who + " is not authorized to perform: sts:AssumeRole on resource: " + where + " with an explicit deny in the role trust policy"},
		{eval.Decision{Kind: eval.TrustPolicy, CrossAccount: true}, "sts:AssumeRole", where,
			"User: " + who + " is not authorized to perform: sts:AssumeRole on resource: " + where},
		{eval.Decision{Kind: eval.TrustPolicy}, "sts:AssumeRoleWithWebIdentity", where,
			"Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		{eval.Decision{}, "iam:DeletePolicy", where,
			"User: " + who + " is not authorized to perform: iam:DeletePolicy on resource: " + where},
	} {
		if got := c.d.Message(who, c.action, c.resource); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	doc, err := policy.Parse(`{"Version": "2012-10-17", "Statement": [
 {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": ["arn:aws:s3:::reports/*", "arn:aws:s3:::home/${aws:username}/*"]},
 {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
 {"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:111122223333:jobs"}]}`)
	if err != nil {
		b.Fatal(err)
	}
	pol := &eval.Policies{Identity: []*eval.Policy{eval.Compile(doc, eval.Source{})}}
	var c eval.Context
	c.Set("aws:username", "ann")
	c.Set("aws:SecureTransport", "true")
	req := &eval.Request{
		Principal: eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::111122223333:user/ann", Account: "111122223333"},
		Action:    "s3:GetObject", Resource: "arn:aws:s3:::home/ann/x", ResourceAccount: "111122223333", Context: &c,
	}
	b.ReportAllocs()
	for b.Loop() {
		if d := eval.Decide(req, pol); !d.Allowed() {
			b.Fatal(d)
		}
	}
}
