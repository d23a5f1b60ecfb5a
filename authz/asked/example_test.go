package asked_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
)

func Example() {
	c := asked.Call{
		Caller:  authn.Caller{Kind: authn.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/ann", Name: "ann"},
		Targets: []authz.Target{{Action: "iam:GetUser", Resource: "arn:aws:iam::111122223333:user/bob", Account: "111122223333"}},
		Allowed: true,
	}
	written := c.Append(nil)
	again, err := asked.Decode(written)
	fmt.Println(again.Principal(), again.Targets[0].Action, again.Allowed, err)
	_, err = asked.Decode(written[:20])
	fmt.Println(err)
	// Output:
	// arn:aws:iam::111122223333:user/ann iam:GetUser true <nil>
	// what was asked is damaged
}
