package iam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/identity"
)

// simulate is one result of SimulateCustomPolicy.
func simulate(w *world, in iamapi.SimulateCustomPolicyInput) (iamapi.EvaluationResult, error) {
	w.t.Helper()
	out, err := run[*iamapi.SimulateCustomPolicyOutput](w, "SimulateCustomPolicy", &in)
	if err != nil {
		return iamapi.EvaluationResult{}, err
	}
	if len(out.EvaluationResults) != 1 {
		w.t.Fatalf("there are %d results", len(out.EvaluationResults))
	}
	return out.EvaluationResults[0], nil
}

// TestSimulatedPrincipal is an answer that AWS gave: the positions stand one past
// the braces of the statement.
func TestSimulatedPrincipal(t *testing.T) {
	w := newWorld(t)
	e := w.edit()
	_, err := e.CreateRole(identity.NewRole{Name: "app", Trust: trustsEC2})
	w.must(err)
	const document = `{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}}`
	w.must(e.PutInline("role", "app", "p", document))
	out, err := run[*iamapi.SimulatePrincipalPolicyOutput](w, "SimulatePrincipalPolicy", &iamapi.SimulatePrincipalPolicyInput{
		PolicySourceArn: "arn:aws:iam::" + account + ":role/app", ActionNames: []string{"s3:GetObject", "ec2:RunInstances"}, ResourceArns: []string{"arn:aws:s3:::b/k"},
	})
	w.must(err)
	statement := []iamapi.Statement{{
		SourcePolicyId: new("role_app_p"), SourcePolicyType: new("IAM Policy"),
		StartPosition: &iamapi.Position{Line: new(int32(1)), Column: new(int32(41))}, EndPosition: &iamapi.Position{Line: new(int32(1)), Column: new(int32(len(document)))},
	}}
	result := func(action, decision string, statements []iamapi.Statement) iamapi.EvaluationResult {
		return iamapi.EvaluationResult{
			EvalActionName: action, EvalDecision: decision, EvalResourceName: new("arn:aws:s3:::b/k"), MatchedStatements: statements,
			MissingContextValues: []string{}, EvalDecisionDetails: map[string]string{},
			ResourceSpecificResults: []iamapi.ResourceSpecificResult{{
				EvalResourceName: "arn:aws:s3:::b/k", EvalResourceDecision: decision, MatchedStatements: statements, MissingContextValues: []string{},
			}},
		}
	}
	want := []iamapi.EvaluationResult{result("s3:GetObject", "allowed", statement), result("ec2:RunInstances", "implicitDeny", []iamapi.Statement{})}
	if diff := cmp.Diff(want, out.EvaluationResults); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

// TestSimulatedEverything: for "*" there is nothing by resource.
func TestSimulatedEverything(t *testing.T) {
	w := newWorld(t)
	for _, resources := range [][]string{nil, {"*"}} {
		r, err := simulate(w, iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allow("s3:*", "*")}, ActionNames: []string{"s3:ListAllMyBuckets"}, ResourceArns: resources})
		w.must(err)
		if r.EvalDecision != "allowed" || *r.EvalResourceName != "*" || r.ResourceSpecificResults != nil || r.EvalDecisionDetails != nil || r.OrganizationsDecisionDetail != nil {
			t.Errorf("result %+v", r)
		}
	}
	r, err := simulate(w, iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allow("s3:*", "arn:aws:s3:::b/*")}, ActionNames: []string{"s3:GetObject"}})
	w.must(err)
	if r.EvalDecision != "implicitDeny" {
		t.Errorf("on everything: %s", r.EvalDecision)
	}
}

// TestSimulatedTogether: over several resources stand the most restrictive
// decision, the form of their ARNs, and the statements that led to it.
func TestSimulatedTogether(t *testing.T) {
	w := newWorld(t)
	r, err := simulate(w, iamapi.SimulateCustomPolicyInput{
		PolicyInputList: []string{allow("s3:*", "arn:aws:s3:::b/*")}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{"arn:aws:s3:::b/1", "arn:aws:s3:::c/1", "arn:aws:s3:::b/2"},
	})
	w.must(err)
	var each []string
	for _, one := range r.ResourceSpecificResults {
		each = append(each, one.EvalResourceName+" "+one.EvalResourceDecision)
	}
	want := []string{"arn:aws:s3:::b/1 allowed", "arn:aws:s3:::c/1 implicitDeny", "arn:aws:s3:::b/2 allowed"}
	if !slices.Equal(each, want) || r.EvalDecision != "implicitDeny" || len(r.MatchedStatements) != 0 || !strings.HasPrefix(*r.EvalResourceName, "arn:aws:s3:") || !strings.Contains(*r.EvalResourceName, "${") {
		t.Errorf("result %+v, each %v", r, each)
	}
	r, err = simulate(w, iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allow("s3:*", "arn:aws:s3:::b/*")}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{"arn:aws:s3:::b/1", "arn:aws:s3:::b/2"}})
	w.must(err)
	if r.EvalDecision != "allowed" || len(r.MatchedStatements) != 1 {
		t.Errorf("allowed by one statement: %+v", r)
	}
}

// TestSimulatedAcrossAccounts: the account of a resource is that of its ARN, or
// else ResourceOwner; each side is told by itself.
func TestSimulatedAcrossAccounts(t *testing.T) {
	const caller, other = "arn:aws:iam::" + account + ":user/ada", "444455556666"
	open := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + caller + `"},"Action":"sqs:*","Resource":"*"}}`
	for _, c := range []struct {
		name, identity, resource string
		owner                    *string
		want                     string
		details                  map[string]string
	}{
		{"own", "ec2:*", "arn:aws:sqs:eu-west-1:" + account + ":q", nil, "allowed", map[string]string{}},
		{"other by ARN", "ec2:*", "arn:aws:sqs:eu-west-1:" + other + ":q", nil, "implicitDeny", map[string]string{"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}},
		{"both allow", "sqs:*", "arn:aws:sqs:eu-west-1:" + other + ":q", nil, "allowed", map[string]string{"IAM Policy": "allowed", "Resource Policy": "allowed"}},
		{"other by owner", "ec2:*", "arn:aws:sqs:::q", new("arn:aws:iam::" + other + ":root"), "implicitDeny", map[string]string{"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}},
		{"the ARN before the owner", "ec2:*", "arn:aws:sqs:eu-west-1:" + account + ":q", new("arn:aws:iam::" + other + ":root"), "allowed", map[string]string{}},
	} {
		w := newWorld(t)
		r, err := simulate(w, iamapi.SimulateCustomPolicyInput{
			PolicyInputList: []string{allow(c.identity, "*")}, ActionNames: []string{"sqs:SendMessage"}, ResourceArns: []string{c.resource},
			ResourcePolicy: &open, CallerArn: new(caller), ResourceOwner: c.owner,
		})
		w.must(err)
		if diff := cmp.Diff(c.details, r.EvalDecisionDetails); r.EvalDecision != c.want || diff != "" {
			t.Errorf("%s: %s, details (-want +got):\n%s", c.name, r.EvalDecision, diff)
		}
	}
}

func TestSimulationsThatAreRefused(t *testing.T) {
	open := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`
	user, role := "arn:aws:iam::"+account+":user/ada", "arn:aws:iam::"+account+":role/app"
	for name, in := range map[string]iamapi.SimulateCustomPolicyInput{
		"a wildcard":                          {ActionNames: []string{"s3:Get*"}},
		"no vendor":                           {ActionNames: []string{"GetObject"}},
		"a resource that is no ARN":           {ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{"bucket"}},
		"a policy that is none":               {ActionNames: []string{"s3:GetObject"}, PolicyInputList: []string{"{}"}},
		"a session as caller":                 {ActionNames: []string{"s3:GetObject"}, CallerArn: new("arn:aws:sts::" + account + ":assumed-role/app/one")},
		"a resource policy without caller":    {ActionNames: []string{"s3:GetObject"}, ResourcePolicy: &open},
		"a resource policy for a role":        {ActionNames: []string{"s3:GetObject"}, ResourcePolicy: &open, CallerArn: &role},
		"a resource policy without principal": {ActionNames: []string{"s3:GetObject"}, ResourcePolicy: new(allow("s3:*", "*")), CallerArn: &user},
	} {
		if _, err := simulate(newWorld(t), in); !strings.HasPrefix(refusal(err), "InvalidInput: ") {
			t.Errorf("%s: %s", name, refusal(err))
		}
	}
}

// TestSimulatedBoundary tells of itself, and limits.
func TestSimulatedBoundary(t *testing.T) {
	r, err := simulate(newWorld(t), iamapi.SimulateCustomPolicyInput{
		PolicyInputList: []string{`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`}, PermissionsBoundaryPolicyInputList: []string{allow("ec2:*", "*")},
		ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{"arn:aws:s3:::b/k"},
	})
	if err != nil || r.EvalDecision != "implicitDeny" || *r.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary {
		t.Errorf("result %+v, %v", r, err)
	}
}
