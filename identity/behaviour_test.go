package identity_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/identity"
)

// odd is a policy with all that a document may have: percent signs, characters up
// to U+00FF, line ends of both sorts and tabs.
const odd = "{\r\n\t\"Version\" : \"2012-10-17\",\n  \"Statement\":[ { \"Sid\":\"\",\"Effect\":\"Allow\" , \"Action\":[\"s3:*\"],\"Resource\":\"arn:aws:s3:::b%3A%2F/\u00e4\u00ff+ &<>'\"} ]}\n "

// TestDocumentsStayAsWritten, to the last blank.
func TestDocumentsStayAsWritten(t *testing.T) {
	e := furnished(t)
	must(t, e.PutInline("user", "ada", "odd", odd))
	ada, err := e.Owner("user", "ada")
	must(t, err)
	inline, err := e.InlinePolicy(ada, "ODD")
	must(t, err)
	p, err := e.CreatePolicy(identity.NewPolicy{Name: "odd", Document: odd})
	must(t, err)
	version, err := e.Version(p, "v1")
	must(t, err)
	trust := strings.Replace(trustsEC2, `"Effect"`, "\r\n\t\"Sid\": \"\" ,\"Effect\"", 1)
	must(t, e.UpdateAssumeRolePolicy("app", trust))
	app, err := e.Role("app")
	must(t, err)
	for _, c := range [][3]string{{"inline", inline.Document, odd}, {"managed", version.Document, odd}, {"trust", e.TrustDocument(app), trust}} {
		if c[1] != c[2] {
			t.Errorf("%s policy comes back as\n%q\nwant\n%q", c[0], c[1], c[2])
		}
	}
}

// TestMalformed: AWS's words and no more, but for the message that says nothing.
func TestMalformed(t *testing.T) {
	e := furnished(t)
	for _, c := range []struct{ name, document, want string }{
		{"no JSON", `{"Version":"2012-10-17",}`,
			`MalformedPolicyDocument: Syntax errors in policy. (line 1, column 25: `},
		{"unknown member", "{\"Version\":\"2012-10-17\",\n \"Statements\":[]}",
			`MalformedPolicyDocument: Syntax errors in policy. (line 2, column 2: `},
		{"no actions", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*"}}`,
			`MalformedPolicyDocument: Policy statement must contain actions.`},
		{"no vendor", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"x","Resource":"*"}}`,
			`MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.`},
		{"bad resource", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"b"}}`,
			`MalformedPolicyDocument: Resource b must be in ARN format or "*".`},
	} {
		got := refusal(e.PutInline("role", "app", "x", c.document))
		complete := strings.HasSuffix(c.want, ": ") && strings.HasPrefix(got, c.want) && strings.HasSuffix(got, ")") || got == c.want
		if !complete {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	if got := refusal(e.UpdateAssumeRolePolicy("app", `{"Version":"2012-10-17",}`)); got != "MalformedPolicyDocument: This policy contains invalid Json" {
		t.Errorf("trust policy that is no JSON: %s", got)
	}
}

// TestTwiceIsNoError: where AWS was seen to take a call again, or to have nothing
// to do, and leaves all as it is.
func TestTwiceIsNoError(t *testing.T) {
	e := furnished(t)
	for range 2 {
		must(t, e.AddUserToGroup("STAFF", "Ada"))
		must(t, e.Attach("user", "ada", ownPolicy))
		must(t, e.TagUser("ada", []identity.Tag{{Key: "a", Value: "b"}}))
	}
	for range 2 {
		must(t, e.RemoveUserFromGroup("staff", "ada"))
		must(t, e.UntagUser("ada", []string{"A", "none"}))
	}
	ada, err := e.User("ada")
	must(t, err)
	if len(e.GroupsOf(ada)) != 0 || len(ada.Tags) != 0 || e.AttachmentCount(ownPolicy) != 1 {
		t.Errorf("groups %v, tags %v, attached %d times", e.GroupsOf(ada), ada.Tags, e.AttachmentCount(ownPolicy))
	}
}

// TestTagsAndCase: on users and roles keys are the same in any case and the last
// one written stays; elsewhere they are not (IAM User Guide, "Rules for tagging").
func TestTagsAndCase(t *testing.T) {
	e := furnished(t)
	before := []identity.Tag{{Key: "Team", Value: "1"}, {Key: "cost", Value: ""}}
	after := []identity.Tag{{Key: "team", Value: "2"}}
	must(t, e.TagRole("app", before))
	must(t, e.TagRole("app", after))
	must(t, e.TagInstanceProfile("box", before))
	must(t, e.TagInstanceProfile("box", after))
	app, err := e.Role("app")
	must(t, err)
	box, err := e.InstanceProfile("box")
	must(t, err)
	if want := []identity.Tag{{Key: "team", Value: "2"}, {Key: "cost"}}; !slices.Equal(app.Tags, want) {
		t.Errorf("role: %v, want %v", app.Tags, want)
	}
	if want := append(slices.Clone(before), after...); !slices.Equal(box.Tags, want) {
		t.Errorf("instance profile: %v, want %v", box.Tags, want)
	}
	must(t, e.UntagInstanceProfile("box", []string{"TEAM", "team"}))
	if box, err = e.InstanceProfile("box"); err != nil || !slices.Equal(box.Tags, before) {
		t.Errorf("instance profile untagged: %v, %v", box.Tags, err)
	}
}

// TestRename: the entity, its id and all that belongs to it stay.
func TestRename(t *testing.T) {
	e := furnished(t)
	ada, err := e.User("ada")
	must(t, err)
	must(t, e.AddUserToGroup("staff", "ada"))
	must(t, e.Attach("user", "ada", awsPolicy))
	must(t, e.PutInline("user", "ada", "x", document))
	_, _, err = e.CreateAccessKey(ada.ID)
	must(t, err)
	for _, next := range []string{"Ada", "lovelace", "ADA"} {
		current, _ := e.UserByID(ada.ID)
		must(t, e.UpdateUser(strings.ToUpper(current.Name), &next, new("/math/")))
		got, err := e.User(next)
		must(t, err)
		o := identity.UserAsOwner(got)
		if got.ID != ada.ID || got.Name != next || e.UserARN(got) != "arn:aws:iam::"+account+":user/math/"+next ||
			len(e.GroupsOf(got)) != 1 || len(e.Attached(o)) != 1 || len(e.InlinePolicies(o)) != 1 || len(e.AccessKeysOf(got.ID)) != 1 {
			t.Errorf("renamed to %s: %+v", next, got)
		}
	}
	if users := slices.Collect(second2(e.Users("", ""))); len(users) != 1 {
		t.Errorf("there are %d users", len(users))
	}
	must(t, e.UpdateUser("ADA", nil, nil))
	if got := refusal(e.UpdateGroup("staff", new("nobody"), new("//"))); !strings.HasPrefix(got, "ValidationError") {
		t.Errorf("a path of slashes: %s", got)
	}
}

func second2[K, V any](all func(func(K, V) bool)) func(func(V) bool) {
	return func(yield func(V) bool) { all(func(_ K, v V) bool { return yield(v) }) }
}

// TestUpdateRole changes what is given and leaves the rest, as AWS was seen to.
func TestUpdateRole(t *testing.T) {
	e := furnished(t)
	type settings struct {
		Description string
		Max         int
	}
	is := func(want settings) {
		t.Helper()
		r, err := e.Role("app")
		must(t, err)
		got := settings{Max: r.MaxSessionDuration}
		if r.Description != nil {
			got.Description = *r.Description
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the role (-want +got):\n%s", diff)
		}
	}
	is(settings{"", 3600})
	must(t, e.UpdateRole("app", nil, new(int32(7200))))
	is(settings{"", 7200})
	must(t, e.UpdateRole("app", new("the app"), nil))
	is(settings{"the app", 7200})
	must(t, e.UpdateRole("app", nil, nil))
	is(settings{"the app", 7200})
	must(t, e.UpdateRole("app", new(""), new(int32(3600))))
	is(settings{"", 3600})
}

// TestServiceLinkedRoles of all services come and go, and leave nothing behind.
func TestServiceLinkedRoles(t *testing.T) {
	e, _ := accounts(t)
	for kind := range library.ServiceLinkedRoles() {
		r, err := e.CreateServiceLinkedRole(kind.Principal, nil, nil)
		must(t, err)
		o := identity.RoleAsOwner(r)
		attached := e.Attached(o)
		if kind.PolicyWithdrawn != (len(attached) == 0) || len(attached) > 1 || len(e.IdentityPolicies(o)) != len(attached) {
			t.Errorf("%s has %d policies, %d of them in force", r.Name, len(attached), len(e.IdentityPolicies(o)))
		}
		if r.Path != "/aws-service-role/"+kind.Principal+"/" || r.MaxSessionDuration != 3600 {
			t.Errorf("role %+v", r)
		}
		task, err := e.DeleteServiceLinkedRole(r.Name, "uuid")
		must(t, err)
		if found, err := e.DeletionTask(task.ID); err != nil || found.Status != "SUCCEEDED" || task.ID != "task"+r.Path+r.Name+"/uuid" {
			t.Errorf("task %+v, %v", task, err)
		}
		if _, err := e.Role(r.Name); err == nil || e.AttachmentCount(kind.PolicyARN) != 0 {
			t.Errorf("something is left of %s", r.Name)
		}
	}
	if got := refusal(second(e.DeletionTask("task/none"))); got != "NoSuchEntity: Deletion Task Id task/none cannot be found." {
		t.Error(got)
	}
	app, err := e.CreateRole(identity.NewRole{Name: "app", Trust: trustsEC2})
	must(t, err)
	if got := refusal(second(e.DeleteServiceLinkedRole(app.Name, "uuid"))); got != "NoSuchEntity: The role with name app cannot be found." {
		t.Errorf("an ordinary role: %s", got)
	}
}

// TestAttachedInOrder: policies of the account and of AWS may have one name, and
// lists go on after the one with the key.
func TestAttachedInOrder(t *testing.T) {
	e := furnished(t)
	p, err := e.CreatePolicy(identity.NewPolicy{Name: "ReadOnlyAccess", Document: document})
	must(t, err)
	must(t, e.Attach("role", "app", awsPolicy))
	must(t, e.Attach("role", "app", p.ARN))
	must(t, e.Attach("role", "app", ownPolicy))
	app, err := e.Owner("role", "app")
	must(t, err)
	var got []string
	for _, p := range e.Attached(app) {
		got = append(got, p.ARN)
	}
	if want := []string{p.ARN, awsPolicy, ownPolicy}; !slices.Equal(got, want) {
		t.Errorf("attached %v, want %v", got, want)
	}
}

// TestVersions: numbers are not used again, and the default is the one in force.
func TestVersions(t *testing.T) {
	e := furnished(t)
	v2, err := e.CreatePolicyVersion(ownPolicy, odd, true)
	must(t, err)
	must(t, e.DeletePolicyVersion(ownPolicy, "v1"))
	v3, err := e.CreatePolicyVersion(ownPolicy, document, false)
	must(t, err)
	must(t, e.DeletePolicyVersion(ownPolicy, "v3"))
	v4, err := e.CreatePolicyVersion(ownPolicy, document, false)
	must(t, err)
	if v2.ID != "v2" || !v2.Default || v3.ID != "v3" || v3.Default || v4.ID != "v4" {
		t.Errorf("versions %s %s %s", v2.ID, v3.ID, v4.ID)
	}
	p, err := e.ReadPolicy(ownPolicy)
	must(t, err)
	if got := e.CompiledPolicy(ownPolicy).Document().Text; got != odd || p.DefaultVersion != "v2" {
		t.Errorf("in force is %s: %s", p.DefaultVersion, got)
	}
	for _, wrong := range []string{"v02", "2", "v", "V2", "v2.x"} {
		if got := refusal(second(e.Version(p, wrong))); !strings.HasPrefix(got, "NoSuchEntity") {
			t.Errorf("version %s: %s", wrong, got)
		}
		if got := refusal(e.SetDefaultPolicyVersion(ownPolicy, wrong)); !strings.HasPrefix(got, "NoSuchEntity") {
			t.Errorf("version %s: %s", wrong, got)
		}
	}
}

// TestUnreadablePolicies that apply deny everything.
func TestUnreadablePolicies(t *testing.T) {
	e := furnished(t)
	if got := e.CompiledPolicy(unknown).Document().Text; !strings.Contains(got, `"Effect":"Deny"`) {
		t.Errorf("a policy that is not there is %s", got)
	}
}
