package eval_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

func Example() {
	doc, err := policy.Parse(`{"Version": "2012-10-17", "Statement": [
  {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*"}
]}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	policies := eval.Policies{Identity: []*eval.Policy{eval.Compile(doc, eval.Source{ID: "reader"})}}
	request := eval.Request{
		Principal:       eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::111122223333:user/ann", Account: "111122223333"},
		Action:          "s3:GetObject",
		Resource:        "arn:aws:s3:::reports/may.csv",
		ResourceAccount: "111122223333",
	}
	d := eval.Decide(&request, &policies)
	m := d.Matched[0]
	fmt.Println(d.Outcome, m.Policy.Source().ID, m.Statement.Sid.Value, m.Statement.Begin.Line)

	request.Action = "s3:PutObject"
	d = eval.Decide(&request, &policies)
	fmt.Println(d.Outcome)
	fmt.Println(d.Message(request.Principal.ARN, request.Action, request.Resource))
	// Output:
	// allowed reader Read 2
	// implicitDeny
	// User: arn:aws:iam::111122223333:user/ann is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::reports/may.csv because no identity-based policy allows the s3:PutObject action
}
