package eval_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/keyreeve/keyreeve/policy/eval"
)

func TestNearMisses(t *testing.T) {
	identity := []*eval.Policy{policyOf(t, `{"Version": "2012-10-17", "Statement": [
 {"Sid": "far", "Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:q"},
 {"Sid": "other", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"},
 {"Sid": "place", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::c/*"},
 {"Sid": "deny", "Effect": "Deny", "Action": "s3:Get*", "Resource": "arn:aws:s3:::c/*"},
 {"Sid": "when", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*",
  "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["blue", "green"], "aws:username": "ann"}}},
 {"Sid": "both", "Effect": "Allow", "NotAction": "s3:GetObject", "NotResource": "arn:aws:s3:::d/*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
]}`)}
	all := []*eval.Policy{policyOf(t, `{"Statement": {"Sid": "all", "Effect": "Allow", "Action": "*", "Resource": "*"}}`)}
	sqs := []*eval.Policy{policyOf(t, `{"Statement": {"Sid": "sqs", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}`)}
	trust := []*eval.Policy{policyOf(t, `{"Statement": {"Sid": "bob", "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": {"AWS": "arn:aws:iam::111122223333:user/bob"}}}`)}

	var c eval.Context
	c.Set("aws:username", "ann")
	c.Set("aws:SecureTransport", "false")
	req := request("s3:GetObject")
	req.Context = &c

	const failedTag = "Condition StringEquals: aws:PrincipalTag/team is missing, and the statement wants blue, green"
	for name, each := range map[string]struct {
		pol  eval.Policies
		want []string
	}{
		"identity": {eval.Policies{Identity: identity}, []string{
			"when " + failedTag,
			"place Resource: arn:aws:s3:::b/k is not among arn:aws:s3:::c/*",
			"other Action: s3:GetObject is not among s3:PutObject",
			"both NotAction: s3:GetObject is among s3:GetObject; Condition Bool: aws:SecureTransport is false, and the statement wants true",
		}},
		"allowed":  {eval.Policies{Identity: all}, nil},
		"boundary": {eval.Policies{Identity: all, Boundary: sqs}, []string{"sqs Action: s3:GetObject is not among sqs:*"}},
		"levels":   {eval.Policies{Identity: sqs, SCPs: [][]*eval.Policy{all, sqs}}, []string{"sqs Action: s3:GetObject is not among sqs:*"}},
		"trust": {eval.Policies{Identity: identity, Resource: trust, ExplicitTrust: true},
			[]string{"bob Principal: arn:aws:iam::111122223333:user/ann is not among arn:aws:iam::111122223333:user/bob"}},
		"nothing": {eval.Policies{}, nil},
	} {
		var got []string
		for _, m := range eval.NearMisses(req, &each.pol) {
			text := m.Statement.Sid.Value + " "
			for i, f := range m.Failed {
				if i > 0 {
					text += "; "
				}
				text += f.String()
			}
			got = append(got, text)
		}
		if d := cmp.Diff(each.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// The first gap is that of the kind that decided, and the others would come next.
func TestGaps(t *testing.T) {
	all := []*eval.Policy{policyOf(t, `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)}
	sqs := []*eval.Policy{policyOf(t, `{"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}`)}
	bucket := []*eval.Policy{policyOf(t, `{"Statement": [
 {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Principal": "*"},
 {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Principal": {"AWS": "111122223333"}}]}`)}
	for name, each := range map[string]struct {
		pol  eval.Policies
		want []string
	}{
		"nothing":  {eval.Policies{}, []string{"identity-based policy 0: 0 of 0"}},
		"allowed":  {eval.Policies{Identity: all}, nil},
		"levels":   {eval.Policies{SCPs: [][]*eval.Policy{all, sqs, {}}, Identity: all}, []string{"service control policy 1: 1 of 1", "service control policy 2: 0 of 0"}},
		"then":     {eval.Policies{SCPs: [][]*eval.Policy{sqs}, Boundary: sqs, Session: all}, []string{"service control policy 0: 1 of 1", "identity-based policy 0: 0 of 0", "permissions boundary 0: 1 of 1"}},
		"instead":  {eval.Policies{Identity: sqs, Resource: bucket}, []string{"identity-based policy 0: 1 of 1", "resource-based policy 0: 1 of 1 instead"}},
		"explicit": {eval.Policies{Identity: sqs, Resource: bucket, ExplicitTrust: true}, []string{"resource-based policy 0: 2 of 1"}},
	} {
		var got []string
		set := eval.Unindexed(each.pol)
		for _, g := range set.Gaps(request("s3:GetObject")) {
			text := fmt.Sprintf("%v %d: %d of %d", g.Kind, g.Level, len(g.Misses), len(g.Policies))
			if g.Instead {
				text += " instead"
			}
			got = append(got, text)
		}
		if d := cmp.Diff(each.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// A near miss is a statement that did not apply: never one of those that matched.
func TestNearMissesDidNotMatch(t *testing.T) {
	seen := 0
	for seed := range uint64(5000) {
		g := newGenerator(seed, 1)
		c, docs := g.testCase(t)
		req, pol := c.forEval()
		d := eval.Decide(req, pol)
		for _, m := range eval.NearMisses(req, pol) {
			seen++
			if d.Outcome != eval.ImplicitDeny || len(m.Failed) == 0 || m.Kind != d.Kind && (m.Kind != eval.ResourceBased || d.Kind != eval.Identity) {
				t.Fatalf("seed %d: a miss of %v for %v by %v", seed, m.Kind, d.Outcome, d.Kind)
			}
			for _, hit := range d.Matched {
				if hit.Statement == m.Statement && hit.Kind == m.Kind {
					t.Fatalf("seed %d: a statement that matched is missed\n%s", seed, asPage(c, docs, ""))
				}
			}
		}
	}
	if seen < 500 {
		t.Errorf("only %d near misses", seen)
	}
}
