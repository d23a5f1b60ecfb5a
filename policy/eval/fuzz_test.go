package eval_test

import (
	"testing"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// Whatever is asked, Decide answers; without an Allow statement it never
// allows; to say the same twice changes nothing; and composed sets agree.
func FuzzDecide(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${k}"}}`,
		"arn:aws:iam::111122223333:user/ann", "s3:GetObject", "arn:aws:s3:::b/v", "111122223333", "k", "v")
	f.Add(`{"Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"NotAction":"a:b","Condition":{"Bool":{"k":"true"}}}]}`,
		"arn:aws:sts::111122223333:assumed-role/r/s", "sts:AssumeRole", "arn:aws:iam::111122223333:role/r", "", "k", "true")
	f.Add(`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*"},{"Effect":"Allow","Action":"*"}]}`,
		"::::", ":", "*", "", "", "")
	f.Fuzz(func(t *testing.T, document, arn, action, resource, account, key, value string) {
		doc, err := policy.Parse(document)
		if err != nil || len(document)+len(resource)+len(value) > 4000 {
			return
		}
		allows := false
		for _, s := range doc.Statements {
			allows = allows || s.Effect == policy.Allow
		}
		p := []*eval.Policy{eval.Compile(doc, eval.Source{})}
		var c eval.Context
		c.Set(key, value)
		for kind := eval.Anonymous; kind <= eval.FederatedIdentity; kind++ {
			req := &eval.Request{
				Principal: eval.Principal{Kind: kind, ARN: arn, Name: arn, Account: "111122223333"},
				Action:    action, Resource: resource, ResourceAccount: account, Context: &c,
			}
			for _, pol := range []*eval.Policies{
				{Identity: p}, {Resource: p}, {Identity: p, Boundary: p, Session: p}, {Identity: p, SCPs: [][]*eval.Policy{p}, Endpoint: p},
			} {
				d := eval.Decide(req, pol)
				if d.Allowed() && !allows && kind != eval.Root && d.Kind != eval.NoPolicy {
					t.Fatalf("kind %d is allowed by %v without an Allow", kind, d.Kind)
				}
				if d.Allowed() && d.Fault != "" {
					t.Fatalf("allowed in spite of %s", d.Fault)
				}
				twice := *pol
				twice.Identity = append(twice.Identity[:len(twice.Identity):len(twice.Identity)], twice.Identity...)
				if again := eval.Decide(req, &twice); again.Outcome != d.Outcome {
					t.Fatalf("the policy twice: %v instead of %v", again.Outcome, d.Outcome)
				}
				_ = d.Message(arn, action, resource)
				if !checkForms(t, req, pol, d) {
					t.Fatalf("kind %d", kind)
				}
				eval.NearMisses(req, pol)
			}
		}
	})
}
