package identity_test

import (
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/identity"
)

// A role has the ARN that RoleARN makes, and nothing that looks like it.
func TestHasARN(t *testing.T) {
	a := identity.Account{Site: identity.Site{Partition: "aws"}, ID: account}
	for _, r := range []*identity.Role{{Name: "Deploy", Path: "/"}, {Name: "Deploy", Path: "/ops/eu/"}} {
		arn := a.RoleARN(r)
		if !a.HasARN(r, arn) {
			t.Errorf("%s is not its own", arn)
		}
		for _, other := range []string{
			"", strings.ToLower(arn), arn + "x", arn + "/", arn[:len(arn)-1], "x" + arn, arn[1:],
			strings.Replace(arn, account, "444455556666", 1), strings.Replace(arn, "aws", "aws-cn", 1), strings.Replace(arn, ":role/", ":user/", 1),
			strings.Replace(arn, ":role"+r.Path, ":role/other/", 1), strings.Replace(arn, ":role/", ":role//", 1), strings.Replace(arn, "iam", "sts", 1),
		} {
			if a.HasARN(r, other) {
				t.Errorf("%q is taken for %s", other, arn)
			}
		}
	}
}
