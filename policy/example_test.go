package policy_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/policy"
)

func Example() {
	_, err := policy.ParseAs(policy.ManagedPolicy, `{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "GetObject", "Resource": "*"}
}`)
	fmt.Println(err)
	// Output:
	// Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. at line 3, column 46
}
