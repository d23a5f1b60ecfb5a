package servertest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// How a test uses a server.
func Example() {
	whoAmI := func(t *testing.T) {
		s := servertest.Start(t)
		out, err := s.As(s.Root).STS.GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(*out.Arn)
	}
	testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "who am I", F: whoAmI}})
	// Output: arn:aws:iam::111122223333:root
}
