package condition_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/policy/condition"
)

func Example() {
	test := condition.NewTest("StringLike", "s3:prefix", []string{"home/${aws:username}/*"}, true)

	var caller, request condition.Context
	caller.Set("aws:username", "ann")
	request.Over(&caller).Set("s3:prefix", "home/ann/photos")

	fmt.Println(test.Holds(&request))
	// Output: true
}
