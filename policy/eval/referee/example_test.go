package referee_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval/referee"
)

func Example() {
	doc, err := policy.Parse(`{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	c := referee.Case{
		Principal: "arn:aws:iam::111122223333:user/ann",
		Action:    "s3:GetObject", Resource: "arn:aws:s3:::b/k", Owner: "111122223333",
		Identity: []*policy.Document{doc},
	}
	fmt.Println(referee.Decide(&c))
	c.Owner = "444455556666"
	fmt.Println(referee.Decide(&c))
	// Output:
	// allowed
	// implicitDeny
}
