package identity_test

import (
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/identity"
)

// FuzzPolicyARN: a managed policy is found by the ARN that it has and by no other
// text, whatever stands in it.
func FuzzPolicyARN(f *testing.F) {
	for _, seed := range []string{
		ownPolicy, awsPolicy, slrPolicy, unknown, "arn:aws:iam::" + account + ":policy/x/p", "arn:aws:iam::" + account + ":policyp",
		"arn:aws:iam::" + account + ":policy//p", "arn:aws:iam::aws:policy/aws-service-role/ReadOnlyAccess", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := furnished(t)
		p, ok := e.ManagedPolicy(s)
		if ok && p.ARN != s {
			t.Errorf("%q finds %s", s, p.ARN)
		}
		if err := e.Attach("user", "ada", s); (err == nil) != (ok && !p.ServiceLinkedOnly()) {
			t.Errorf("%q: found %t, attached %v", s, ok, err)
		}
		if err := e.DeletePolicy(s); err == nil && s != ownPolicy {
			t.Errorf("%q was deleted", s)
		}
	})
}

// FuzzTrustPrincipal: a role trusts nobody in this account but by the exact ARN
// or the id of who is there, and what it trusts is shown as the ARN.
func FuzzTrustPrincipal(f *testing.F) {
	ada := "arn:aws:iam::" + account + ":user/ada"
	for _, seed := range []string{ada, "arn:aws:iam::" + account + ":user/x/ada", "arn:aws:iam::" + account + ":role/app", "AIDAX", "*", account, ada + "/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, principal string) {
		if strings.ContainsAny(principal, "\"\\") {
			t.Skip("the document would need escapes")
		}
		e := furnished(t)
		if e.UpdateAssumeRolePolicy("app", trusts(principal)) != nil {
			return
		}
		r, err := e.Role("app")
		must(t, err)
		owner, err := e.Owner("user", "ada")
		must(t, err)
		if got := e.TrustDocument(r); got != trusts(principal) && got != trusts(e.OwnerARN(owner)) && got != trusts(e.RoleARN(r)) {
			t.Errorf("%q is shown as %s", principal, got)
		}
		if strings.HasPrefix(principal, "arn:aws:iam::"+account+":user/") && principal != ada {
			t.Errorf("%q is trusted, and is nobody", principal)
		}
	})
}

// FuzzPath: a path that is taken makes an ARN that leads back to the group.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/", "/a/", "/a/b/", "//", "/a//b/", "a", "/a", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		e, _ := accounts(t)
		g, err := e.CreateGroup("staff", &path)
		if err != nil {
			return
		}
		resource := strings.TrimPrefix(e.GroupARN(g), "arn:aws:iam::"+account+":")
		if !strings.HasPrefix(resource, "group/") || !strings.HasSuffix(resource, "/staff") || strings.Contains(resource, "//") {
			t.Errorf("path %q makes %s", path, resource)
		}
		if e.GroupARN(g) != e.NewGroupARN(&path, "staff") || e.GroupARN(g) != e.OwnerARN(identity.GroupAsOwner(g)) {
			t.Errorf("path %q makes %s, and %s was authorized", path, e.GroupARN(g), e.NewGroupARN(&path, "staff"))
		}
	})
}
