package iam_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/identity"
)

// TestListPolicies by scope, path and use.
func TestListPolicies(t *testing.T) {
	w := newWorld(t)
	e := w.edit()
	_, err := e.CreateUser(identity.NewUser{Name: "ada"})
	w.must(err)
	for _, name := range []string{"attached", "bounding", "idle"} {
		_, err := e.CreatePolicy(identity.NewPolicy{Name: name, Path: new("/" + name + "/"), Document: allow("s3:*", "*")})
		w.must(err)
	}
	own := "arn:aws:iam::" + account + ":policy/"
	w.must(e.Attach("user", "ada", own+"attached/attached"))
	w.must(e.Attach("user", "ada", "arn:aws:iam::aws:policy/ReadOnlyAccess"))
	w.must(e.PutUserPermissionsBoundary("ada", own+"bounding/bounding"))
	for _, c := range []struct {
		name string
		in   iamapi.ListPoliciesInput
		want string
	}{
		{"local", iamapi.ListPoliciesInput{Scope: new("Local")}, "attached bounding idle"},
		{"path", iamapi.ListPoliciesInput{Scope: new("Local"), PathPrefix: new("/idle/")}, "idle"},
		{"in use", iamapi.ListPoliciesInput{OnlyAttached: new(true)}, "attached bounding ReadOnlyAccess"},
		{"of AWS in use", iamapi.ListPoliciesInput{Scope: new("AWS"), OnlyAttached: new(true)}, "ReadOnlyAccess"},
		{"permissions", iamapi.ListPoliciesInput{PolicyUsageFilter: new("PermissionsPolicy")}, "attached ReadOnlyAccess"},
		{"boundaries", iamapi.ListPoliciesInput{PolicyUsageFilter: new("PermissionsBoundary")}, "bounding"},
	} {
		out, err := run[*iamapi.ListPoliciesOutput](w, "ListPolicies", &c.in)
		w.must(err)
		var got []string
		for _, p := range out.Policies {
			got = append(got, *p.PolicyName)
			if p.Description != nil || p.Tags != nil {
				t.Errorf("a list shows %+v", p)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

// TestPages: page by page is the whole list, each item once; a marker of another
// list is refused.
func TestPages(t *testing.T) {
	w := newWorld(t)
	e := w.edit()
	for _, name := range []string{"ReadOnlyAccess", "AAA", "zzz"} {
		_, err := e.CreatePolicy(identity.NewPolicy{Name: name, Document: allow("s3:*", "*")})
		w.must(err)
	}
	var names []string
	in := iamapi.ListPoliciesInput{MaxItems: new(int32(97))}
	for {
		out, err := run[*iamapi.ListPoliciesOutput](w, "ListPolicies", &in)
		w.must(err)
		for _, p := range out.Policies {
			names = append(names, *p.Arn)
		}
		if !*out.IsTruncated {
			break
		}
		in.Marker = out.Marker
	}
	if want := 3 + w.tools.Site.Library.PolicyCount(); len(names) != want {
		t.Errorf("%d policies, want %d", len(names), want)
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(names) {
		t.Error("some stand on two pages")
	}
	in.Scope = new("Local")
	if _, err := run[*iamapi.ListPoliciesOutput](w, "ListPolicies", &in); refusal(err) != "ValidationError: Invalid Marker." {
		t.Errorf("a marker of another list: %s", refusal(err))
	}
}

// TestEntitiesForPolicy by type, path and use.
func TestEntitiesForPolicy(t *testing.T) {
	w := furnished(t)
	e := w.edit()
	arn := "arn:aws:iam::" + account + ":policy/p"
	w.must(e.Attach("user", "alice", arn))
	w.must(e.Attach("group", "devs", arn))
	for _, c := range []struct {
		name string
		in   iamapi.ListEntitiesForPolicyInput
		want string
	}{
		{"all", iamapi.ListEntitiesForPolicyInput{}, "alice devs app"},
		{"users", iamapi.ListEntitiesForPolicyInput{EntityFilter: new("User")}, "alice"},
		{"roles", iamapi.ListEntitiesForPolicyInput{EntityFilter: new("Role")}, "app"},
		{"path", iamapi.ListEntitiesForPolicyInput{PathPrefix: new("/other/")}, ""},
		{"permissions", iamapi.ListEntitiesForPolicyInput{PolicyUsageFilter: new("PermissionsPolicy")}, "alice devs"},
		{"boundaries", iamapi.ListEntitiesForPolicyInput{PolicyUsageFilter: new("PermissionsBoundary")}, "alice app"},
	} {
		c.in.PolicyArn = arn
		out, err := run[*iamapi.ListEntitiesForPolicyOutput](w, "ListEntitiesForPolicy", &c.in)
		w.must(err)
		var got []string
		for _, u := range out.PolicyUsers {
			got = append(got, *u.UserName)
		}
		for _, g := range out.PolicyGroups {
			got = append(got, *g.GroupName)
		}
		for _, r := range out.PolicyRoles {
			got = append(got, *r.RoleName)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

// TestWhichFieldsAreThere, as AWS was seen to answer.
func TestWhichFieldsAreThere(t *testing.T) {
	w := furnished(t)
	role, err := run[*iamapi.GetRoleOutput](w, "GetRole", &iamapi.GetRoleInput{RoleName: "app"})
	w.must(err)
	if r := role.Role; *r.MaxSessionDuration != 3600 || r.RoleLastUsed == nil || r.RoleLastUsed.LastUsedDate != nil || len(r.Tags) != 1 || *r.PermissionsBoundary.PermissionsBoundaryType != "Policy" {
		t.Errorf("GetRole: %+v", r)
	}
	roles, err := run[*iamapi.ListRolesOutput](w, "ListRoles", &iamapi.ListRolesInput{PathPrefix: new("/team/")})
	w.must(err)
	if r := roles.Roles[0]; *r.MaxSessionDuration != 3600 || r.RoleLastUsed != nil || r.Tags != nil || r.PermissionsBoundary != nil || *roles.IsTruncated {
		t.Errorf("ListRoles: %+v", r)
	}
	made, err := run[*iamapi.CreateRoleOutput](w, "CreateRole", &iamapi.CreateRoleInput{RoleName: "new", AssumeRolePolicyDocument: trustsEC2})
	w.must(err)
	if r := made.Role; r.MaxSessionDuration != nil || r.RoleLastUsed != nil || r.Tags != nil || r.Description != nil {
		t.Errorf("CreateRole: %+v", r)
	}
	user, err := run[*iamapi.CreateUserOutput](w, "CreateUser", &iamapi.CreateUserInput{UserName: "new"})
	w.must(err)
	if u := user.User; u.Tags != nil || u.PasswordLastUsed != nil || u.PermissionsBoundary != nil || u.Path != "/" {
		t.Errorf("CreateUser: %+v", u)
	}
	policy, err := run[*iamapi.CreatePolicyOutput](w, "CreatePolicy", &iamapi.CreatePolicyInput{PolicyName: "new", PolicyDocument: allow("s3:*", "*")})
	w.must(err)
	if p := policy.Policy; *p.AttachmentCount != 0 || *p.PermissionsBoundaryUsageCount != 0 || !*p.IsAttachable || *p.DefaultVersionId != "v1" || p.Description != nil || p.Tags != nil {
		t.Errorf("CreatePolicy: %+v", p)
	}
}

// TestDocumentsAreEncodedOnce: what is decoded once is what was written, percent
// signs and all.
func TestDocumentsAreEncodedOnce(t *testing.T) {
	w := furnished(t)
	document := "{\"Version\":\"2012-10-17\",\r\n\t\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:*\"],\"Resource\":\"arn:aws:s3:::b/%3A%20+~'()*\u00e4\u00ff\"}]}"
	_, err := run[*iamapi.PutUserPolicyOutput](w, "PutUserPolicy", &iamapi.PutUserPolicyInput{UserName: "alice", PolicyName: "x", PolicyDocument: document})
	w.must(err)
	out, err := run[*iamapi.GetUserPolicyOutput](w, "GetUserPolicy", &iamapi.GetUserPolicyInput{UserName: "ALICE", PolicyName: "X"})
	w.must(err)
	if got, err := url.PathUnescape(out.PolicyDocument); err != nil || got != document || strings.ContainsAny(out.PolicyDocument, " +{\"\u00e4") {
		t.Errorf("it comes back as %q", out.PolicyDocument)
	}
	if out.UserName != "alice" || out.PolicyName != "x" {
		t.Errorf("names %s %s", out.UserName, out.PolicyName)
	}
}

// TestNamesLeftOut mean the caller, and a role's session is nobody to mean.
func TestNamesLeftOut(t *testing.T) {
	w := furnished(t)
	alice, err := w.edit().User("alice")
	w.must(err)
	user, err := run[*iamapi.GetUserOutput](w, "GetUser", &iamapi.GetUserInput{})
	w.must(err)
	if user.User.Arn != "arn:aws:iam::"+account+":root" || user.User.UserId != account || !user.User.CreateDate.Equal(now) {
		t.Errorf("root is %+v", user.User)
	}
	w.caller = authn.Caller{Kind: authn.User, Account: account, ARN: w.edit().UserARN(alice), UniqueID: alice.ID, Name: "alice"}
	user, err = run[*iamapi.GetUserOutput](w, "GetUser", &iamapi.GetUserInput{})
	w.must(err)
	keys, err := run[*iamapi.ListAccessKeysOutput](w, "ListAccessKeys", &iamapi.ListAccessKeysInput{})
	w.must(err)
	if user.User.UserName != "alice" || len(keys.AccessKeyMetadata) != 1 {
		t.Errorf("alice is %+v with keys %+v", user.User, keys)
	}
	w.caller = authn.Caller{Kind: authn.RoleSession, Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/app/one"}
	_, err = run[*iamapi.GetUserOutput](w, "GetUser", &iamapi.GetUserInput{})
	if got := refusal(err); got != "ValidationError: Must specify userName when calling with non-User credentials" {
		t.Error(got)
	}
}

// TestAccountSummary: all of its names are AWS's, and the counts count.
func TestAccountSummary(t *testing.T) {
	w := furnished(t)
	out, err := run[*iamapi.GetAccountSummaryOutput](w, "GetAccountSummary", &iamapi.GetAccountSummaryInput{})
	w.must(err)
	for name, want := range map[string]int32{
		"Users": 1, "Groups": 1, "Roles": 2, "Policies": 1, "InstanceProfiles": 1, "PolicyVersionsInUse": 1, "UsersQuota": 5000, "GroupsQuota": 300,
		"RolesQuota": 1000, "PoliciesQuota": 1500, "PolicySizeQuota": 6144, "AssumeRolePolicySizeQuota": 2048, "AttachedPoliciesPerRoleQuota": 10,
		"VersionsPerPolicyQuota": 5, "AccessKeysPerUserQuota": 2, "AccountAccessKeysPresent": 0, "AccountMFAEnabled": 0,
	} {
		if got, ok := out.SummaryMap[name]; !ok || got != want {
			t.Errorf("%s is %d, %t; want %d", name, got, ok, want)
		}
	}
}

// TestAuthorizationDetails by filter and page by page.
func TestAuthorizationDetails(t *testing.T) {
	w := furnished(t)
	w.must(w.edit().AddUserToGroup("devs", "alice"))
	w.must(w.edit().AddRoleToInstanceProfile("profile", "app"))
	w.must(w.edit().Attach("group", "devs", "arn:aws:iam::aws:policy/ReadOnlyAccess"))
	var counts [4]int
	in := iamapi.GetAccountAuthorizationDetailsInput{MaxItems: new(int32(1))}
	for {
		out, err := run[*iamapi.GetAccountAuthorizationDetailsOutput](w, "GetAccountAuthorizationDetails", &in)
		w.must(err)
		for i, n := range []int{len(out.UserDetailList), len(out.GroupDetailList), len(out.RoleDetailList), len(out.Policies)} {
			counts[i] += n
		}
		for _, u := range out.UserDetailList {
			if len(u.GroupList) != 1 || len(u.Tags) != 1 || u.PermissionsBoundary == nil {
				t.Errorf("user %+v", u)
			}
		}
		if in.Marker = out.Marker; !*out.IsTruncated {
			break
		}
	}
	// The policies are p, ReadOnlyAccess and the one of the service-linked role.
	if counts != [4]int{1, 1, 2, 3} {
		t.Errorf("users, groups, roles, policies: %v", counts)
	}
	out, err := run[*iamapi.GetAccountAuthorizationDetailsOutput](w, "GetAccountAuthorizationDetails", &iamapi.GetAccountAuthorizationDetailsInput{Filter: []string{"LocalManagedPolicy", "Group"}})
	w.must(err)
	if len(out.UserDetailList)+len(out.RoleDetailList) != 0 || len(out.GroupDetailList) != 1 || len(out.Policies) != 1 {
		t.Errorf("filtered: %+v", out)
	}
}
