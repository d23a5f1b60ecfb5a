package awsjson_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/wire/awsjson"
)

func Example() {
	_, op, _ := awsjson.FindOperation("AWSOrganizationsV20161128.DescribeAccount", orgapi.Service)
	in, err := awsjson.Decode(op, []byte(`{"AccountId": "111122223333"}`))
	fmt.Println(in.(*orgapi.DescribeAccountInput).AccountId, err)

	_, err = awsjson.Decode(op, []byte(`{"AccountId": 111122223333}`))
	answer, status := awsjson.AppendError(nil, orgapi.Service, err)
	fmt.Println(status, string(answer))

	err = apierror.New("ConstraintViolationException", "You have exceeded the allowed number of accounts.").Reason("ACCOUNT_NUMBER_LIMIT_EXCEEDED")
	answer, status = awsjson.AppendError(nil, orgapi.Service, err)
	fmt.Println(status, string(answer))
	// Output:
	// 111122223333 <nil>
	// 400 {"__type":"SerializationException","message":"NUMBER_VALUE can not be converted to a String"}
	// 400 {"__type":"ConstraintViolationException","Message":"You have exceeded the allowed number of accounts.","Reason":"ACCOUNT_NUMBER_LIMIT_EXCEEDED"}
}
