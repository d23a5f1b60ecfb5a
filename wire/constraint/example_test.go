package constraint_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/wire/constraint"
)

func Example() {
	// The inputs of CreateUser and GetSessionToken, as a protocol would have parsed them.
	user := iamapi.CreateUser.Input
	in := &api.Value{Shape: user, Members: make([]*api.Value, len(user.Members))}
	fmt.Println(constraint.Check(in, constraint.StyleOf(iamapi.Service)))

	token := stsapi.GetSessionToken.Input
	in = &api.Value{Shape: token, Members: make([]*api.Value, len(token.Members))}
	seconds := token.Member("DurationSeconds")
	in.Members[seconds.Index] = &api.Value{Shape: seconds.Shape, Integer: 60}
	fmt.Println(constraint.Check(in, constraint.StyleOf(stsapi.Service)))
	// Output:
	// ValidationError: 1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must not be null
	// ValidationError: 1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900
}
