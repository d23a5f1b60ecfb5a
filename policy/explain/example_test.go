package explain_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/policy/explain"
)

func Example() {
	doc, err := policy.Parse(`{"Version": "2012-10-17", "Statement": {
  "Sid": "Photos", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::photos/*"}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	ann := eval.Compose(eval.Policies{Identity: []*eval.Policy{eval.Compile(doc, eval.Source{ID: "photographers"})}})
	request := eval.Request{
		Principal: eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::111122223333:user/ann", Account: "111122223333"},
		Action:    "s3:ListBucket", Resource: "arn:aws:s3:::photos", ResourceAccount: "111122223333",
	}
	x := explain.Of(explain.Question{
		Request: &request, Decision: ann.Explain(&request), Gaps: ann.Gaps(&request), Catalog: catalog.Default(),
	})
	fmt.Println(x.Why)
	for _, miss := range x.Missing {
		fmt.Printf("%s in %s, line %d: %s\n", miss.Sid, miss.Policy, miss.Begin.Line, miss.Failed[0].Text)
		fmt.Println(miss.Failed[0].Hint)
	}
	// Output:
	// no identity-based policy allows s3:ListBucket here, and what nothing allows is denied
	// Photos in photographers, line 1: allows s3:ListBucket, but on arn:aws:s3:::photos/*, not on arn:aws:s3:::photos
	// s3:ListBucket acts on a bucket, and arn:aws:s3:::photos/* is an object: add arn:aws:s3:::photos to its Resource
}
