package authz_test

import (
	"testing"

	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// What a resource of another account grants counts only with what the caller's own
// policies allow, and a refusal names the side that refuses.
func TestGranted(t *testing.T) {
	h, c := alice(t)
	const (
		all    = `{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}`
		denied = `{"Effect": "Deny", "Principal": {"AWS": "` + account + `"}, "Action": "s3:*", "Resource": "*"}`
		other  = `{"Effect": "Allow", "Principal": "*", "Action": "s3:List*", "Resource": "*"}`
	)
	for _, test := range []struct {
		name, action, granted, want string
	}{
		{"both sides", "s3:GetObject", all, ""},
		{"not the resource's", "s3:GetObject", other, "AccessDenied: You don't have permissions to access this resource."},
		{"not the caller's", "s3:PutObject", all, "AccessDenied: User: " + c.ARN + " is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::photos/1.jpg because no identity-based policy allows the s3:PutObject action"},
		{"neither", "s3:PutObject", other, "AccessDenied: User: " + c.ARN + " is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::photos/1.jpg because no identity-based policy allows the s3:PutObject action"},
		{"the resource denies", "s3:GetObject", all + "," + denied, "AccessDenied: User: " + c.ARN + " is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::photos/1.jpg with an explicit deny in a resource-based policy"},
	} {
		target := get
		target.Action, target.Account, target.Granted = test.action, "444455556666", compiled(t, test.granted)
		z := authz.New(site)
		for name, d := range map[string]eval.Decision{"Decide": z.Decide(h.view(), &c, target, noon), "Check": z.Check(h.view(), &c, target, noon)} {
			got := ""
			if !d.Allowed() {
				got = authz.Denied(&c, target, d).Error()
			}
			if got != test.want {
				t.Errorf("%s, %s: %q, want %q", test.name, name, got, test.want)
			}
		}
	}
}

func compile(t testing.TB, statements string) *eval.Policy {
	t.Helper()
	doc, err := policy.Parse(`{"Version": "2012-10-17", "Statement": [` + statements + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	return eval.Compile(doc, eval.Source{ID: "granted"})
}

func compiled(t testing.TB, statements string) []*eval.Policy {
	t.Helper()
	return []*eval.Policy{compile(t, statements)}
}
