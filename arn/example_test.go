package arn_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/arn"
)

func Example() {
	a, err := arn.Parse("arn:aws:iam::111122223333:role/service-role/deploy")
	fmt.Println(a.Account, a.Resource, err)

	pattern := arn.NewResource(arn.Tokens("arn:aws:sqs:*:jobs"))
	fmt.Println(pattern.Match("arn:aws:sqs:eu-west-1:111122223333:jobs", nil))
	// Output:
	// 111122223333 role/service-role/deploy <nil>
	// true
}
