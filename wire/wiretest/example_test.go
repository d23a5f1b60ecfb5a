package wiretest_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/wire/wiretest"
)

func Example() {
	var t testing.TB // a test's
	in := wiretest.Sample(t, orgapi.MoveAccount.Input)
	var sdk organizations.MoveAccountInput
	wiretest.Fill(t, reflect.ValueOf(&sdk).Elem(), in)
	fmt.Println(*sdk.AccountId)
	// Output: 123456789012
}
