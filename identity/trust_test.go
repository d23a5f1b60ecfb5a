package identity_test

import (
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/condition"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// trusts is a trust policy for principals, written with white space of its own.
func trusts(principals ...string) string {
	return `{ "Version": "2012-10-17",
  "Statement": {"Effect":"Allow","Principal":{"AWS":["` + strings.Join(principals, `", "`) + `"]},"Action":"sts:AssumeRole"} }`
}

const userBob = "arn:aws:iam::" + account + ":user/bob"

// TestPins: a trust policy means the user that it named when it was written. It
// follows a rename, and does not pass over to another user of the same name (IAM
// User Guide, "AWS JSON policy elements: Principal").
func TestPins(t *testing.T) {
	e, _ := accounts(t)
	bob, err := e.CreateUser(identity.NewUser{Name: "bob"})
	must(t, err)
	_, err = e.CreateRole(identity.NewRole{Name: "app", Trust: trusts(userBob, "999999999999")})
	must(t, err)
	expect := func(when, document, caller string, trusted bool) {
		t.Helper()
		r, err := e.Role("app")
		must(t, err)
		if got := e.TrustDocument(r); got != document {
			t.Errorf("%s it is\n%s\nwant\n%s", when, got, document)
		}
		if got := assumable(e, r, caller); got != trusted {
			t.Errorf("%s %s may assume the role: %t", when, caller, got)
		}
	}
	expect("as written", trusts(userBob, "999999999999"), userBob, true)

	robert := "arn:aws:iam::" + account + ":user/people/robert"
	must(t, e.UpdateUser("bob", new("robert"), new("/people/")))
	expect("renamed", trusts(robert, "999999999999"), robert, true)
	_, err = e.CreateUser(identity.NewUser{Name: "bob"})
	must(t, err)
	expect("renamed, the name taken", trusts(robert, "999999999999"), userBob, false)
	must(t, e.DeleteUser("bob"))
	must(t, e.UpdateUser("robert", new("bob"), new("/")))
	expect("named as before", trusts(userBob, "999999999999"), userBob, true)

	must(t, e.DeleteUser("bob"))
	expect("deleted", trusts(bob.ID, "999999999999"), userBob, false)
	_, err = e.CreateUser(identity.NewUser{Name: "bob"})
	must(t, err)
	expect("made anew", trusts(bob.ID, "999999999999"), userBob, false)

	r, err := e.Role("app")
	must(t, err)
	shown := e.TrustDocument(r)
	want := `MalformedPolicyDocument: Invalid principal in policy: "AWS":"` + bob.ID + `"`
	if got := refusal(e.UpdateAssumeRolePolicy("app", shown)); got != want {
		t.Errorf("written back as shown it came to %s, want %s", got, want)
	}
	must(t, e.UpdateAssumeRolePolicy("app", trusts(userBob)))
	expect("written again", trusts(userBob), userBob, true)
}

// TestPinsByID: a principal may be given by its unique id; it is shown by its ARN.
func TestPinsByID(t *testing.T) {
	e, _ := accounts(t)
	bob, err := e.CreateUser(identity.NewUser{Name: "bob"})
	must(t, err)
	r, err := e.CreateRole(identity.NewRole{Name: "app", Trust: trusts(bob.ID)})
	must(t, err)
	if got := e.TrustDocument(r); got != trusts(userBob) || !assumable(e, r, userBob) {
		t.Errorf("it is %s", got)
	}
	must(t, e.DeleteUser("bob"))
	if got := e.TrustDocument(r); got != trusts(bob.ID) || assumable(e, r, userBob) {
		t.Errorf("after the user it is %s", got)
	}
}

// TestPinsOfOtherAccounts: whom a role trusts in another account must be there,
// and is pinned too.
func TestPinsOfOtherAccounts(t *testing.T) {
	e, other := accounts(t)
	deploy := "arn:aws:iam::" + elsewhere + ":role/deploy"
	_, err := e.CreateRole(identity.NewRole{Name: "app", Trust: trusts(deploy)})
	if got := refusal(err); got != `MalformedPolicyDocument: Invalid principal in policy: "AWS":"`+deploy+`"` {
		t.Fatalf("a role that is not there: %s", got)
	}
	d, err := other.CreateRole(identity.NewRole{Name: "deploy", Trust: trustsEC2})
	must(t, err)
	r, err := e.CreateRole(identity.NewRole{Name: "app", Trust: trusts(deploy)})
	must(t, err)
	must(t, other.DeleteRole("deploy"))
	_, err = other.CreateRole(identity.NewRole{Name: "deploy", Trust: trustsEC2})
	must(t, err)
	if got := e.TrustDocument(r); got != trusts(d.ID) {
		t.Errorf("after the role it is %s", got)
	}
}

// TestPrincipalsThatAreNobody cannot be trusted, whatever they look like.
func TestPrincipalsThatAreNobody(t *testing.T) {
	e := furnished(t)
	for _, principal := range []string{
		"arn:aws:iam::" + account + ":user/ADA", "arn:aws:iam::" + account + ":user/people/ada",
		"arn:aws-cn:iam::" + account + ":user/ada", "arn:aws:iam::" + account + ":user/nobody",
		"arn:aws:iam::" + account + ":group/staff", "arn:aws:iam::" + account + ":user/*",
		"AIDAACKCEVSQ6C2EXAMPLE", "AROAACKCEVSQ6C2EXAMPLE",
	} {
		want := `MalformedPolicyDocument: Invalid principal in policy: "AWS":"` + principal + `"`
		if got := refusal(e.UpdateAssumeRolePolicy("app", trusts(principal))); got != want {
			t.Errorf("%s came to %s", principal, got)
		}
	}
}

// assumable tells whether a role's trust policy alone lets a user assume it.
func assumable(e identity.Editor, r *identity.Role, user string) bool {
	d := eval.Decide(&eval.Request{
		Principal: eval.Principal{Kind: eval.User, ARN: user, Account: account},
		Action:    "sts:AssumeRole", Resource: e.RoleARN(r), ResourceAccount: account, Context: new(condition.Context),
	}, &eval.Policies{ExplicitTrust: true, Resource: []*eval.Policy{e.CompiledTrust(r)}})
	return d.Allowed()
}
