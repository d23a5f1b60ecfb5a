package awsquery_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/wire/awsquery"
)

func Example() {
	form, err := awsquery.ParseForm("", "Action=GetUser&Version=2010-05-08&UserName=alice")
	if err != nil {
		panic(err)
	}
	op, err := awsquery.FindOperation(form, iamapi.Service)
	if err != nil {
		panic(err)
	}
	in, err := awsquery.Decode(op, form)
	if err != nil {
		panic(err)
	}
	name := *in.(*iamapi.GetUserInput).UserName
	body, status := awsquery.AppendError(nil, op.Service, apierror.New(apierror.NoSuchEntity, "The user with name %s cannot be found.", name), "1-2-3")
	fmt.Println(status)
	fmt.Println(string(body))
	// Output:
	// 404
	// <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The user with name alice cannot be found.</Message></Error><RequestId>1-2-3</RequestId></ErrorResponse>
}
