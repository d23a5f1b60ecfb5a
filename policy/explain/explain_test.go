package explain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/policy/explain"
)

const ann = "arn:aws:iam::111122223333:user/ann"

// ask explains what a user may do by one statement.
func ask(t *testing.T, action, resource, statement string, context map[string][]string) explain.Explanation {
	t.Helper()
	doc, err := policy.Parse(`{"Version": "2012-10-17", "Statement": ` + statement + `}`)
	if err != nil {
		t.Fatal(err)
	}
	c := new(eval.Context)
	for key, values := range context {
		c.SetValues(key, values, len(values) > 1)
	}
	r := eval.Request{
		Principal: eval.Principal{Kind: eval.User, ARN: ann, Account: "111122223333"},
		Action:    action, Resource: resource, ResourceAccount: "111122223333", Context: c,
	}
	s := eval.Unindexed(eval.Policies{Identity: []*eval.Policy{eval.Compile(doc, eval.Source{ID: "p"})}})
	return explain.Of(explain.Question{Request: &r, Decision: s.Explain(&r), Gaps: s.Gaps(&r), Catalog: catalog.Default()})
}

// TestConditions has what is said of conditions that fail: operator, value of the
// policy, values of the request, and the sentence.
func TestConditions(t *testing.T) {
	for _, each := range []struct{ operator, key, wanted, seen, text, hint string }{
		{"StringNotEquals", "aws:x", `"a"`, "a", "wants aws:x not to be a (StringNotEquals); the request has a", ""},
		{"StringLike", "aws:x", `["a*", "b*"]`, "c", "wants aws:x like a* or b* (StringLike); the request has c", ""},
		{"StringEquals", "aws:x", `"a*"`, "abc", "wants aws:x to be a* (StringEquals); the request has abc", "StringEquals takes * and ? as they are; StringLike reads them as wildcards"},
		{"StringEquals", "aws:x", `"Blue"`, "blue", "wants aws:x to be Blue (StringEquals); the request has blue", "they differ in upper and lower case only"},
		{"StringEquals", "aws:x", `"a"`, "a,b", "wants aws:x to be a (StringEquals); the request has a and b", "for a key with several values a condition holds only with ForAnyValue: or ForAllValues:"},
		{"ForAnyValue:StringEquals", "aws:x", `"a"`, "b,c", "wants a value of aws:x to be a (ForAnyValue:StringEquals); the request has b and c", ""},
		{"ForAllValues:StringEquals", "aws:x", `"a"`, "a,c", "wants every value of aws:x to be a (ForAllValues:StringEquals); the request has a and c", ""},
		{"NumericLessThanEquals", "aws:x", `"5"`, "6", "wants aws:x at most 5 (NumericLessThanEquals); the request has 6", ""},
		{"DateGreaterThan", "aws:x", `"2030-01-01"`, "2026-01-01", "wants aws:x after 2030-01-01 (DateGreaterThan); the request has 2026-01-01", ""},
		{"NotIpAddress", "aws:SourceIp", `"10.0.0.0/8"`, "10.0.0.7", "wants aws:SourceIp not in 10.0.0.0/8 (NotIpAddress); the request has 10.0.0.7", ""},
		{"Null", "aws:x", `"false"`, "", "wants some aws:x; the request has none", ""},
		{"Null", "aws:x", `"true"`, "a", "wants no aws:x; the request has a", ""},
		{"StringEquals", "aws:x", `["1","2","3","4","5"]`, "6", "wants aws:x to be 1, 2, 3 or 2 others (StringEquals); the request has 6", ""},
		{"StringEquals", "aws:PrincipalTag/team", `"blue"`, "", "wants aws:PrincipalTag/team to be blue (StringEquals); the request has none", "the user has no tag team: aws iam tag-user gives it one"},
		{"Bool", "aws:MultiFactorAuthPresent", `"true"`, "false", "wants aws:MultiFactorAuthPresent to be true (Bool); the request has false", "the session was made without MFA: make one with it (aws sts get-session-token --serial-number DEVICE --token-code CODE)"},
		{"Bool", "aws:MultiFactorAuthPresent", `"false"`, "", "wants aws:MultiFactorAuthPresent to be false (Bool); the request has none", ""},
		{"Null", "aws:MultiFactorAuthPresent", `"true"`, "false", "wants no aws:MultiFactorAuthPresent; the request has false", ""},
		{"NumericLessThan", "aws:MultiFactorAuthAge", `"3600"`, "7200", "wants aws:MultiFactorAuthAge less than 3600 (NumericLessThan); the request has 7200", ""},
		{"StringNotLike", "aws:x", `"a*"`, "abc", "wants aws:x not like a* (StringNotLike); the request has abc", ""},
		{"StringEquals", "aws:RequestTag/team", `"blue"`, "", "wants aws:RequestTag/team to be blue (StringEquals); the request has none", "the call does not set the tag team"},
	} {
		context := map[string][]string{}
		if each.seen != "" {
			context[each.key] = strings.Split(each.seen, ",")
		}
		x := ask(t, "s3:GetObject", "arn:aws:s3:::b/k", fmt.Sprintf(`{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
 "Condition": {%q: {%q: %s}}}`, each.operator, each.key, each.wanted), context)
		if len(x.Missing) != 1 || len(x.Missing[0].Failed) != 1 {
			t.Errorf("%s: %+v", each.operator, x)
			continue
		}
		if f := x.Missing[0].Failed[0]; f.Text != each.text || f.Hint != each.hint {
			t.Errorf("%s:\n got %s\n     %s\nwant %s\n     %s", each.operator, f.Text, f.Hint, each.text, each.hint)
		}
	}
}

// What people use as passwords is not repeated.
func TestSecrets(t *testing.T) {
	for _, key := range []string{"sts:ExternalId", "aws:Referer", "aws:PrincipalTag/Password"} {
		for _, effect := range []string{"Allow", "Deny"} {
			operator, hush := "StringEquals", "hush"
			if effect == "Deny" {
				operator = "StringNotEquals"
			}
			x := ask(t, "s3:GetObject", "arn:aws:s3:::b/k", fmt.Sprintf(`{"Effect": %q, "Action": "s3:*", "Resource": "*",
 "Condition": {%q: {%q: %q}}}`, effect, operator, key, hush), map[string][]string{key: {"guess"}})
			for i := range x.Statements {
				x.Statements[i].Text = "" // the document itself
			}
			for i := range x.Missing {
				x.Missing[i].Text = ""
			}
			if said := fmt.Sprintf("%+v", x); strings.Contains(said, hush) || !strings.Contains(said, "guess") {
				t.Errorf("%s of %s: %s", effect, key, said)
			}
		}
	}
}

// TestHints has what is said of the question as a whole.
func TestHints(t *testing.T) {
	const all = `{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}`
	for _, each := range []struct{ action, resource, hint string }{
		{"s3:GetObject", "arn:aws:s3:::b/k", ""},
		{"s3:GetObjet", "arn:aws:s3:::b/k", "Amazon S3 has no action s3:GetObjet; the nearest is s3:GetObject"},
		{"s3:HeadObject", "arn:aws:s3:::b/k", "Amazon S3 has no action s3:HeadObject: the operation HeadObject is authorized as s3:GetObject"},
		{"s3:Frobnicate", "arn:aws:s3:::b/k", "Amazon S3 has no action s3:Frobnicate"},
		{"own:Frobnicate", "arn:aws:own:::b/k", ""},
		{"s3:ListBucket", "*", "this asks about all resources at once, which only a Resource of * allows; s3:ListBucket acts on an accesspoint or a bucket"},
		{"iam:GetUser", "arn:aws:iam::111122223333:role/app", "iam:GetUser acts on a user, and arn:aws:iam::111122223333:role/app is a role"},
		{"ec2:DescribeInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "ec2:DescribeInstances acts on no resource that policies can name: it is allowed on * only"},
	} {
		x := ask(t, each.action, each.resource, all, nil)
		if got := strings.Join(x.Hints, "; "); got != each.hint {
			t.Errorf("%s on %s:\n got %s\nwant %s", each.action, each.resource, got, each.hint)
		}
	}
}

// TestNext has a denial behind which others wait.
func TestNext(t *testing.T) {
	doc, err := policy.Parse(`{"Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}`)
	if err != nil {
		t.Fatal(err)
	}
	ec2 := []*eval.Policy{eval.Compile(doc, eval.Source{ID: "ec2"})}
	r := eval.Request{
		Principal: eval.Principal{Kind: eval.User, ARN: ann, Account: "111122223333"},
		Action:    "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: "111122223333",
	}
	s := eval.Unindexed(eval.Policies{Identity: ec2, Boundary: ec2, SCPs: [][]*eval.Policy{{}, ec2}})
	x := explain.Of(explain.Question{Request: &r, Decision: s.Explain(&r), Gaps: s.Gaps(&r)})
	want := "the service control policies of levels 1 and 2 (level 1 is the organization's root) do not allow s3:GetObject; each level has to" +
		"; level 1 has no service control policy, and so allows nothing" +
		"; that alone will not do: the identity-based policy and the permissions boundary do not allow it either"
	if got := x.Why + "; " + strings.Join(x.Hints, "; "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(x.Missing) != 3 || x.Missing[0].Level != 2 || x.Missing[1].Level != 0 {
		t.Errorf("%+v", x.Missing)
	}
}
