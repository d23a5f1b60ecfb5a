package api_test

import (
	"encoding/json"
	"fmt"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
)

func Example() {
	op := iamapi.Service.Operation("CreateUser")
	fmt.Println(op.Service.Namespace, op.ResultWrapper)

	name := op.Input.Member("UserName")
	fmt.Println(name.Required, name.CamelName(), *name.Shape.Max, name.Shape.Pattern.Match("alice"), name.Shape.Pattern.Match("al ice"))
	// Output:
	// https://iam.amazonaws.com/doc/2010-05-08/ CreateUserResult
	// true userName 64 true false
}

func ExampleTree() {
	in := &iamapi.CreateLoginProfileInput{UserName: new("alice"), Password: new("correct horse"), PasswordResetRequired: new(true)}
	b, _ := json.Marshal(api.Tree{Structure: in})
	fmt.Println(string(b)) // the password is sensitive
	// Output: {"userName":"alice","passwordResetRequired":true}
}

// register stands for a table of handlers: it infers the types from the operation.
func register[In, Out any](op api.Op[In, Out], run func(In) (Out, error)) string {
	return op.Name
}

func ExampleOp() {
	fmt.Println(register(iamapi.GetUser, func(in iamapi.GetUserInput) (iamapi.GetUserOutput, error) {
		return iamapi.GetUserOutput{User: iamapi.User{UserName: *in.UserName}}, nil
	}))
	// Output: GetUser
}
