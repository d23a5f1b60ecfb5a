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

// What applies to a principal is composed once and asked often. The policy of the
// bucket makes a set of its own, for it is the same for all principals.
func ExampleCompose() {
	compile := func(name, text string) []*eval.Policy {
		doc, err := policy.Parse(text)
		if err != nil {
			panic(err)
		}
		return []*eval.Policy{eval.Compile(doc, eval.Source{ID: name})}
	}
	ann := eval.Compose(eval.Policies{
		Identity: compile("ann", `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}`),
		Boundary: compile("readers", `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}`),
	})
	bucket := eval.Compose(eval.Policies{Resource: compile("bucket", `{"Version": "2012-10-17", "Statement": {
  "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*",
  "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}`)})

	var circumstances eval.Context
	circumstances.Set("aws:SecureTransport", "true")
	request := eval.Request{
		Principal: eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::111122223333:user/ann", Account: "111122223333"},
		Resource:  "arn:aws:s3:::reports/may.csv", ResourceAccount: "111122223333", Context: &circumstances,
	}
	for _, action := range []string{"s3:GetObject", "s3:PutObject"} {
		request.Action = action
		v := ann.Decide(&request, bucket)
		fmt.Println(request.Action, v.Outcome, "by", v.Kind)
	}
	circumstances.Set("aws:SecureTransport", "false")
	d := ann.Explain(&request, bucket)
	fmt.Println(request.Action, d.Outcome, "by", d.Kind, d.Matched[0].Policy.Source().ID)
	// Output:
	// s3:GetObject allowed by identity-based policy
	// s3:PutObject implicitDeny by permissions boundary
	// s3:PutObject explicitDeny by resource-based policy bucket
}

func ExampleNearMisses() {
	doc, err := policy.Parse(`{"Version": "2012-10-17", "Statement": {
  "Sid": "Office", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*",
  "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	var circumstances eval.Context
	circumstances.Set("aws:SourceIp", "192.0.2.7")
	request := eval.Request{
		Principal: eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::111122223333:user/ann", Account: "111122223333"},
		Action:    "s3:GetObject", Resource: "arn:aws:s3:::reports/may.csv", ResourceAccount: "111122223333", Context: &circumstances,
	}
	for _, miss := range eval.NearMisses(&request, &eval.Policies{Identity: []*eval.Policy{eval.Compile(doc, eval.Source{})}}) {
		fmt.Println(miss.Statement.Sid.Value, "in line", miss.Statement.Begin.Line)
		fmt.Println(miss.Failed[0])
	}
	// Output:
	// Office in line 1
	// Condition IpAddress: aws:SourceIp is 192.0.2.7, and the statement wants 10.0.0.0/8
}
