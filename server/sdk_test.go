package server_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// trustAccount is a trust policy that lets everybody in the account who has the
// right assume a role.
const trustAccount = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}]}`

// allow is a policy that allows actions on everything.
func allow(actions ...string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}]}`
}

// calls notes which operations a client has called with success, or with the answer
// that is the right one without an organization.
type calls struct {
	mu   sync.Mutex
	seen map[string]bool
}

// note is a middleware for all operations of a client.
func (c *calls) note(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("note", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		out, md, err := next.HandleInitialize(ctx, in)
		name := strings.ToLower(awsmiddleware.GetServiceID(ctx)) + ":" + awsmiddleware.GetOperationName(ctx)
		if err == nil || code(err) == withoutOrganization[name] {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.seen[name] = true
		}
		return out, md, err
	}), middleware.After)
}

// code is the error code of a refused call, or "" if it succeeded.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// must fails the test where a call failed.
func must[Out any](t testing.TB) func(out Out, err error) Out {
	return func(out Out, err error) Out {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// TestEveryOperationByTheSDK calls each operation that is built with the real
// client, one story after the other, and fails if one was left out.
func TestEveryOperationByTheSDK(t *testing.T) {
	s := servertest.Start(t)
	seen := &calls{seen: map[string]bool{}}
	root := s.As(s.Root)
	c := iam.New(root.IAM.Options(), func(o *iam.Options) { o.APIOptions = append(o.APIOptions, seen.note) })
	st := sts.New(root.STS.Options(), func(o *sts.Options) { o.APIOptions = append(o.APIOptions, seen.note) })
	ctx := context.Background()

	for _, story := range []struct {
		name string
		tell func(*testing.T, context.Context, *iam.Client)
	}{
		{"users and groups", storyOfUsers}, {"managed policies", storyOfPolicies}, {"inline policies", storyOfInlinePolicies},
		{"roles", storyOfRoles}, {"instance profiles", storyOfInstanceProfiles}, {"service-linked roles", storyOfServiceLinkedRoles},
		{"access keys", storyOfAccessKeys}, {"account", storyOfTheAccount}, {"simulators", storyOfSimulators},
		{"SSH keys", storyOfSSHKeys}, {"signing certificates", storyOfSigningCertificates},
		{"server certificates", storyOfServerCertificates}, {"service-specific credentials", storyOfServiceCredentials},
		{"MFA devices", storyOfMFADevices},
		{"OpenID Connect providers", storyOfOIDCProviders},
		{"SAML providers", storyOfSAMLProviders},
		{"credential report", storyOfTheCredentialReport}, {"organizations", storyOfOrganizations},
	} {
		t.Run(story.name, func(t *testing.T) { story.tell(t, ctx, c) })
	}
	t.Run("passwords", func(t *testing.T) { storyOfPasswords(t, ctx, s, c, seen) })
	t.Run("last accessed", func(t *testing.T) { storyOfLastAccessed(t, ctx, s, c) })
	t.Run("web identity", func(t *testing.T) { storyOfWebIdentity(t, ctx, s, seen) })
	t.Run("outbound federation", func(t *testing.T) { storyOfOutboundFederation(t, ctx, s, seen, c) })
	t.Run("SAML", func(t *testing.T) { storyOfSAML(t, ctx, s, seen, c) })
	t.Run("delegation", func(t *testing.T) { storyOfDelegation(t, ctx, s, seen, c, st) })
	t.Run("sessions", func(t *testing.T) { storyOfSessions(t, ctx, s, seen, st) })

	t.Run("the tree", func(t *testing.T) { storyOfTheTree(t, ctx, seen) })
	t.Run("handshakes", func(t *testing.T) { storyOfHandshakes(t, ctx, seen) })
	t.Run("responsibility transfers", func(t *testing.T) { storyOfTransfers(t, ctx, seen) })
	t.Run("policies of organizations", func(t *testing.T) { storyOfOrganizationPolicies(t, seen) })
	t.Run("trails", func(t *testing.T) { storyOfTrails(t, seen) })
	t.Run("looking events up", func(t *testing.T) { storyOfEvents(t, seen) })
	t.Run("event selectors and tags of trails", func(t *testing.T) { storyOfTrailSettings(t, seen) })

	var left []string
	for _, op := range servertest.Tables() {
		if name := op.API.Service.ID + ":" + op.API.Name; !seen.seen[name] {
			left = append(left, name)
		}
	}
	slices.Sort(left)
	if len(left) > 0 && !t.Failed() {
		t.Errorf("no story calls %v", left)
	}
	if n := len(servertest.Tables()); n != 267 {
		t.Errorf("%d operations are built, want 267", n)
	}
}

func storyOfUsers(t *testing.T, ctx context.Context, c *iam.Client) {
	created := must[*iam.CreateUserOutput](t)(c.CreateUser(ctx, &iam.CreateUserInput{
		UserName: new("Alice"), Path: new("/team/"), Tags: []types.Tag{{Key: new("team"), Value: new("red")}},
	}))
	if got := *created.User.Arn; got != "arn:aws:iam::111122223333:user/team/Alice" {
		t.Errorf("ARN %s", got)
	}
	_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: new("ALICE")})
	if code(err) != "EntityAlreadyExists" {
		t.Errorf("the same name in capitals: %v, want EntityAlreadyExists", err)
	}
	must[*iam.TagUserOutput](t)(c.TagUser(ctx, &iam.TagUserInput{UserName: new("Alice"), Tags: []types.Tag{{Key: new("Team"), Value: new("blue")}, {Key: new("x"), Value: new("")}}}))
	must[*iam.UntagUserOutput](t)(c.UntagUser(ctx, &iam.UntagUserInput{UserName: new("Alice"), TagKeys: []string{"X"}}))
	tags := must[*iam.ListUserTagsOutput](t)(c.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: new("Alice")}))
	if len(tags.Tags) != 1 || *tags.Tags[0].Value != "blue" {
		t.Errorf("tags %+v, want team=blue alone", tags.Tags)
	}

	must[*iam.CreateGroupOutput](t)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("Developers")}))
	must[*iam.AddUserToGroupOutput](t)(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: new("Developers"), UserName: new("Alice")}))
	must[*iam.UpdateGroupOutput](t)(c.UpdateGroup(ctx, &iam.UpdateGroupInput{GroupName: new("Developers"), NewGroupName: new("Makers")}))
	must[*iam.UpdateUserOutput](t)(c.UpdateUser(ctx, &iam.UpdateUserInput{UserName: new("Alice"), NewUserName: new("Alicia"), NewPath: new("/")}))
	got := must[*iam.GetUserOutput](t)(c.GetUser(ctx, &iam.GetUserInput{UserName: new("Alicia")}))
	if *got.User.UserId != *created.User.UserId {
		t.Errorf("the rename changed the id %s to %s", *created.User.UserId, *got.User.UserId)
	}
	group := must[*iam.GetGroupOutput](t)(c.GetGroup(ctx, &iam.GetGroupInput{GroupName: new("Makers")}))
	if len(group.Users) != 1 || *group.Users[0].UserName != "Alicia" {
		t.Errorf("members %+v after the rename, want Alicia", group.Users)
	}
	in := must[*iam.ListGroupsForUserOutput](t)(c.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: new("Alicia")}))
	if len(in.Groups) != 1 || *in.Groups[0].GroupName != "Makers" {
		t.Errorf("groups %+v", in.Groups)
	}
	users := must[*iam.ListUsersOutput](t)(c.ListUsers(ctx, &iam.ListUsersInput{}))
	groups := must[*iam.ListGroupsOutput](t)(c.ListGroups(ctx, &iam.ListGroupsInput{}))
	if len(users.Users) != 1 || len(groups.Groups) != 1 || users.IsTruncated {
		t.Errorf("%d users, %d groups, want one of each", len(users.Users), len(groups.Groups))
	}

	_, err = c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("Alicia")})
	if code(err) != "DeleteConflict" {
		t.Errorf("deleting a member: %v, want DeleteConflict", err)
	}
	must[*iam.RemoveUserFromGroupOutput](t)(c.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: new("Makers"), UserName: new("Alicia")}))
	must[*iam.DeleteGroupOutput](t)(c.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: new("Makers")}))
	must[*iam.DeleteUserOutput](t)(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("Alicia")}))
	_, err = c.GetUser(ctx, &iam.GetUserInput{UserName: new("Alicia")})
	if code(err) != "NoSuchEntity" {
		t.Errorf("the deleted user: %v, want NoSuchEntity", err)
	}
}

func storyOfPolicies(t *testing.T, ctx context.Context, c *iam.Client) {
	document := "{\n \"Version\": \"2012-10-17\",\n \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:Get*\", \"Resource\": \"*\"}\n}"
	p := must[*iam.CreatePolicyOutput](t)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: new("read"), Path: new("/team/"), Description: new("reads"), PolicyDocument: &document, Tags: []types.Tag{{Key: new("a"), Value: new("b")}},
	})).Policy
	must[*iam.CreatePolicyVersionOutput](t)(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: p.Arn, PolicyDocument: new(allow("s3:*"))}))
	must[*iam.SetDefaultPolicyVersionOutput](t)(c.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: p.Arn, VersionId: new("v2")}))
	got := must[*iam.GetPolicyOutput](t)(c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: p.Arn})).Policy
	if *got.DefaultVersionId != "v2" || *got.Description != "reads" || len(got.Tags) != 1 {
		t.Errorf("policy %+v", got)
	}
	v := must[*iam.GetPolicyVersionOutput](t)(c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: p.Arn, VersionId: new("v1")})).PolicyVersion
	if text, err := url.PathUnescape(*v.Document); err != nil || text != document {
		t.Errorf("the document came back as %q (%v)", text, err)
	}
	versions := must[*iam.ListPolicyVersionsOutput](t)(c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: p.Arn})).Versions
	if len(versions) != 2 || *versions[0].VersionId != "v2" {
		t.Errorf("versions %+v, want v2 and v1", versions)
	}

	must[*iam.CreateUserOutput](t)(c.CreateUser(ctx, &iam.CreateUserInput{UserName: new("u")}))
	must[*iam.CreateGroupOutput](t)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("g")}))
	must[*iam.CreateRoleOutput](t)(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: new(trustAccount)}))
	must[*iam.AttachUserPolicyOutput](t)(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("u"), PolicyArn: p.Arn}))
	must[*iam.AttachGroupPolicyOutput](t)(c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: new("g"), PolicyArn: p.Arn}))
	must[*iam.AttachRolePolicyOutput](t)(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: p.Arn}))
	must[*iam.PutUserPermissionsBoundaryOutput](t)(c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: new("u"), PermissionsBoundary: p.Arn}))
	must[*iam.PutRolePermissionsBoundaryOutput](t)(c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: new("r"), PermissionsBoundary: p.Arn}))
	entities := must[*iam.ListEntitiesForPolicyOutput](t)(c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: p.Arn}))
	if len(entities.PolicyUsers) != 1 || len(entities.PolicyGroups) != 1 || len(entities.PolicyRoles) != 1 {
		t.Errorf("entities %+v", entities)
	}
	for kind, list := range map[string][]types.AttachedPolicy{
		"user":  must[*iam.ListAttachedUserPoliciesOutput](t)(c.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: new("u")})).AttachedPolicies,
		"group": must[*iam.ListAttachedGroupPoliciesOutput](t)(c.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{GroupName: new("g")})).AttachedPolicies,
		"role":  must[*iam.ListAttachedRolePoliciesOutput](t)(c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: new("r")})).AttachedPolicies,
	} {
		if len(list) != 1 || *list[0].PolicyArn != *p.Arn {
			t.Errorf("attached to the %s: %+v", kind, list)
		}
	}
	local := must[*iam.ListPoliciesOutput](t)(c.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}))
	if len(local.Policies) != 1 || *local.Policies[0].AttachmentCount != 3 || *local.Policies[0].PermissionsBoundaryUsageCount != 2 {
		t.Errorf("policies %+v", local.Policies)
	}
	if n := countAWSPolicies(t, ctx, c); n != 1485 {
		t.Errorf("%d AWS managed policies by pages, want 1485", n)
	}

	must[*iam.TagPolicyOutput](t)(c.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: p.Arn, Tags: []types.Tag{{Key: new("A"), Value: new("c")}}}))
	must[*iam.UntagPolicyOutput](t)(c.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: p.Arn, TagKeys: []string{"a"}}))
	tags := must[*iam.ListPolicyTagsOutput](t)(c.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: p.Arn})).Tags
	if len(tags) != 1 || *tags[0].Key != "A" {
		t.Errorf("tags %+v, want A alone: case counts on policies", tags)
	}

	_, err := c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: p.Arn})
	if code(err) != "DeleteConflict" {
		t.Errorf("deleting a policy in use: %v, want DeleteConflict", err)
	}
	must[*iam.DeleteUserPermissionsBoundaryOutput](t)(c.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: new("u")}))
	must[*iam.DeleteRolePermissionsBoundaryOutput](t)(c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: new("r")}))
	must[*iam.DetachUserPolicyOutput](t)(c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: new("u"), PolicyArn: p.Arn}))
	must[*iam.DetachGroupPolicyOutput](t)(c.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: new("g"), PolicyArn: p.Arn}))
	must[*iam.DetachRolePolicyOutput](t)(c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: new("r"), PolicyArn: p.Arn}))
	must[*iam.DeletePolicyVersionOutput](t)(c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: p.Arn, VersionId: new("v1")}))
	must[*iam.DeletePolicyOutput](t)(c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: p.Arn}))
}

func countAWSPolicies(t *testing.T, ctx context.Context, c *iam.Client) int {
	n := 0
	pages := iam.NewListPoliciesPaginator(c, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeAws, MaxItems: new(int32(400))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Policies)
	}
	return n
}

func storyOfInlinePolicies(t *testing.T, ctx context.Context, c *iam.Client) {
	name, document := new("inline"), new(allow("s3:GetObject"))
	must[*iam.PutUserPolicyOutput](t)(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("u"), PolicyName: name, PolicyDocument: document}))
	must[*iam.PutGroupPolicyOutput](t)(c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: new("g"), PolicyName: name, PolicyDocument: document}))
	must[*iam.PutRolePolicyOutput](t)(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: new("r"), PolicyName: name, PolicyDocument: document}))
	for kind, encoded := range map[string]*string{
		"user":  must[*iam.GetUserPolicyOutput](t)(c.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: new("u"), PolicyName: name})).PolicyDocument,
		"group": must[*iam.GetGroupPolicyOutput](t)(c.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: new("g"), PolicyName: name})).PolicyDocument,
		"role":  must[*iam.GetRolePolicyOutput](t)(c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: new("r"), PolicyName: name})).PolicyDocument,
	} {
		if text, err := url.PathUnescape(*encoded); err != nil || text != *document {
			t.Errorf("the %s's policy came back as %q (%v)", kind, text, err)
		}
	}
	for kind, names := range map[string][]string{
		"user":  must[*iam.ListUserPoliciesOutput](t)(c.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: new("u")})).PolicyNames,
		"group": must[*iam.ListGroupPoliciesOutput](t)(c.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{GroupName: new("g")})).PolicyNames,
		"role":  must[*iam.ListRolePoliciesOutput](t)(c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: new("r")})).PolicyNames,
	} {
		if !slices.Equal(names, []string{"inline"}) {
			t.Errorf("policies of the %s: %v", kind, names)
		}
	}
	must[*iam.DeleteUserPolicyOutput](t)(c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: new("u"), PolicyName: name}))
	must[*iam.DeleteGroupPolicyOutput](t)(c.DeleteGroupPolicy(ctx, &iam.DeleteGroupPolicyInput{GroupName: new("g"), PolicyName: name}))
	must[*iam.DeleteRolePolicyOutput](t)(c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: new("r"), PolicyName: name}))
}

func storyOfRoles(t *testing.T, ctx context.Context, c *iam.Client) {
	r := must[*iam.CreateRoleOutput](t)(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("app"), AssumeRolePolicyDocument: new(trustAccount), Tags: []types.Tag{{Key: new("a"), Value: new("1")}}})).Role
	if r.MaxSessionDuration != nil || r.RoleLastUsed != nil {
		t.Errorf("CreateRole shows MaxSessionDuration or RoleLastUsed, which AWS does not")
	}
	must[*iam.UpdateRoleOutput](t)(c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: new("app"), MaxSessionDuration: new(int32(7200))}))
	must[*iam.UpdateRoleDescriptionOutput](t)(c.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: new("app"), Description: new("the application")}))
	must[*iam.UpdateAssumeRolePolicyOutput](t)(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: new("app"), PolicyDocument: new(trustAccount)}))
	must[*iam.TagRoleOutput](t)(c.TagRole(ctx, &iam.TagRoleInput{RoleName: new("app"), Tags: []types.Tag{{Key: new("b"), Value: new("2")}}}))
	must[*iam.UntagRoleOutput](t)(c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: new("app"), TagKeys: []string{"a"}}))
	tags := must[*iam.ListRoleTagsOutput](t)(c.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: new("app")})).Tags
	got := must[*iam.GetRoleOutput](t)(c.GetRole(ctx, &iam.GetRoleInput{RoleName: new("app")})).Role
	if *got.MaxSessionDuration != 7200 || *got.Description != "the application" || len(got.Tags) != 1 || len(tags) != 1 || got.RoleLastUsed == nil {
		t.Errorf("role %+v, tags %+v", got, tags)
	}
	list := must[*iam.ListRolesOutput](t)(c.ListRoles(ctx, &iam.ListRolesInput{})).Roles
	if len(list) != 2 || list[0].Tags != nil {
		t.Errorf("roles %+v, want app and r without tags", list)
	}
}

func storyOfInstanceProfiles(t *testing.T, ctx context.Context, c *iam.Client) {
	name := new("profile")
	must[*iam.CreateInstanceProfileOutput](t)(c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name}))
	must[*iam.AddRoleToInstanceProfileOutput](t)(c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: new("app")}))
	_, err := c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: new("r")})
	if code(err) != "LimitExceeded" {
		t.Errorf("a second role: %v, want LimitExceeded", err)
	}
	got := must[*iam.GetInstanceProfileOutput](t)(c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name})).InstanceProfile
	all := must[*iam.ListInstanceProfilesOutput](t)(c.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{})).InstanceProfiles
	of := must[*iam.ListInstanceProfilesForRoleOutput](t)(c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: new("app")})).InstanceProfiles
	if len(got.Roles) != 1 || len(all) != 1 || len(of) != 1 {
		t.Errorf("profile %+v, %d in all, %d of the role", got, len(all), len(of))
	}
	must[*iam.TagInstanceProfileOutput](t)(c.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: name, Tags: []types.Tag{{Key: new("a"), Value: new("1")}, {Key: new("b"), Value: new("2")}}}))
	must[*iam.UntagInstanceProfileOutput](t)(c.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: name, TagKeys: []string{"a"}}))
	if tags := must[*iam.ListInstanceProfileTagsOutput](t)(c.ListInstanceProfileTags(ctx, &iam.ListInstanceProfileTagsInput{InstanceProfileName: name})).Tags; len(tags) != 1 {
		t.Errorf("tags %+v", tags)
	}
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: new("app")})
	if code(err) != "DeleteConflict" {
		t.Errorf("deleting a role in an instance profile: %v, want DeleteConflict", err)
	}
	must[*iam.RemoveRoleFromInstanceProfileOutput](t)(c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: new("app")}))
	must[*iam.DeleteInstanceProfileOutput](t)(c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name}))
	must[*iam.DeleteRoleOutput](t)(c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: new("app")}))
}

func storyOfServiceLinkedRoles(t *testing.T, ctx context.Context, c *iam.Client) {
	r := must[*iam.CreateServiceLinkedRoleOutput](t)(c.CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: new("ecs.amazonaws.com")})).Role
	if *r.Path != "/aws-service-role/ecs.amazonaws.com/" || *r.RoleName != "AWSServiceRoleForECS" {
		t.Errorf("role %s%s", *r.Path, *r.RoleName)
	}
	_, err := c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: r.RoleName})
	if code(err) != "UnmodifiableEntity" {
		t.Errorf("deleting it as an ordinary role: %v, want UnmodifiableEntity", err)
	}
	task := must[*iam.DeleteServiceLinkedRoleOutput](t)(c.DeleteServiceLinkedRole(ctx, &iam.DeleteServiceLinkedRoleInput{RoleName: r.RoleName})).DeletionTaskId
	status := must[*iam.GetServiceLinkedRoleDeletionStatusOutput](t)(c.GetServiceLinkedRoleDeletionStatus(ctx, &iam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: task})).Status
	if status != types.DeletionTaskStatusTypeSucceeded {
		t.Errorf("status %s", status)
	}
}

func storyOfAccessKeys(t *testing.T, ctx context.Context, c *iam.Client) {
	u := new("u")
	k := must[*iam.CreateAccessKeyOutput](t)(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: u})).AccessKey
	must[*iam.CreateAccessKeyOutput](t)(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: u}))
	_, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: u})
	if code(err) != "LimitExceeded" {
		t.Errorf("a third key: %v, want LimitExceeded", err)
	}
	must[*iam.UpdateAccessKeyOutput](t)(c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: u, AccessKeyId: k.AccessKeyId, Status: types.StatusTypeInactive}))
	list := must[*iam.ListAccessKeysOutput](t)(c.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: u})).AccessKeyMetadata
	if len(list) != 2 {
		t.Errorf("keys %+v", list)
	}
	used := must[*iam.GetAccessKeyLastUsedOutput](t)(c.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: k.AccessKeyId}))
	if *used.UserName != "u" || *used.AccessKeyLastUsed.ServiceName != "N/A" {
		t.Errorf("last used %+v", used)
	}
	must[*iam.DeleteAccessKeyOutput](t)(c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: u, AccessKeyId: k.AccessKeyId}))
}

func storyOfTheAccount(t *testing.T, ctx context.Context, c *iam.Client) {
	must[*iam.CreateAccountAliasOutput](t)(c.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: new("example-team")}))
	if got := must[*iam.ListAccountAliasesOutput](t)(c.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{})).AccountAliases; !slices.Equal(got, []string{"example-team"}) {
		t.Errorf("aliases %v", got)
	}
	must[*iam.DeleteAccountAliasOutput](t)(c.DeleteAccountAlias(ctx, &iam.DeleteAccountAliasInput{AccountAlias: new("example-team")}))
	summary := must[*iam.GetAccountSummaryOutput](t)(c.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})).SummaryMap
	if summary["Users"] != 1 || summary["Groups"] != 1 || summary["Roles"] != 1 || summary["UsersQuota"] != 5000 {
		t.Errorf("summary %v", summary)
	}
	must[*iam.SetSecurityTokenServicePreferencesOutput](t)(c.SetSecurityTokenServicePreferences(ctx, &iam.SetSecurityTokenServicePreferencesInput{GlobalEndpointTokenVersion: types.GlobalEndpointTokenVersionV2Token}))
	changed := must[*iam.GetAccountSummaryOutput](t)(c.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})).SummaryMap
	if summary["GlobalEndpointTokenVersion"] != 1 || changed["GlobalEndpointTokenVersion"] != 2 {
		t.Errorf("the version of tokens is %d, then %d", summary["GlobalEndpointTokenVersion"], changed["GlobalEndpointTokenVersion"])
	}
	d := must[*iam.GetAccountAuthorizationDetailsOutput](t)(c.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{}))
	if len(d.UserDetailList) != 1 || len(d.GroupDetailList) != 1 || len(d.RoleDetailList) != 1 {
		t.Errorf("details %+v", d)
	}
}

func storyOfSimulators(t *testing.T, ctx context.Context, c *iam.Client) {
	custom := must[*iam.SimulateCustomPolicyOutput](t)(c.SimulateCustomPolicy(ctx, &iam.SimulateCustomPolicyInput{
		PolicyInputList: []string{allow("s3:GetObject")}, ActionNames: []string{"s3:GetObject", "s3:PutObject"}, ResourceArns: []string{"arn:aws:s3:::b/k"},
	})).EvaluationResults
	if len(custom) != 2 || custom[0].EvalDecision != types.PolicyEvaluationDecisionTypeAllowed || custom[1].EvalDecision != types.PolicyEvaluationDecisionTypeImplicitDeny {
		t.Errorf("results %+v", custom)
	}
	must[*iam.PutUserPolicyOutput](t)(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("u"), PolicyName: new("p"), PolicyDocument: new(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`)}))
	source := new("arn:aws:iam::111122223333:user/u")
	principal := must[*iam.SimulatePrincipalPolicyOutput](t)(c.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: source, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{"arn:aws:s3:::u/k"},
	})).EvaluationResults
	if len(principal) != 1 || !slices.Contains(principal[0].MissingContextValues, "aws:SecureTransport") {
		t.Errorf("results %+v, want aws:SecureTransport missing", principal)
	}
	keys := must[*iam.GetContextKeysForPrincipalPolicyOutput](t)(c.GetContextKeysForPrincipalPolicy(ctx, &iam.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: source})).ContextKeyNames
	slices.Sort(keys)
	if !slices.Equal(keys, []string{"aws:SecureTransport", "aws:username"}) {
		t.Errorf("context keys %v", keys)
	}
	keys = must[*iam.GetContextKeysForCustomPolicyOutput](t)(c.GetContextKeysForCustomPolicy(ctx, &iam.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}]}`}})).ContextKeyNames
	if !slices.Equal(keys, []string{"aws:PrincipalTag/team"}) {
		t.Errorf("context keys %v", keys)
	}
}

func storyOfSessions(t *testing.T, ctx context.Context, s *servertest.Server, seen *calls, root *sts.Client) {
	who := must[*sts.GetCallerIdentityOutput](t)(root.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	if *who.Arn != "arn:aws:iam::111122223333:root" {
		t.Errorf("root is %s", *who.Arn)
	}
	info := must[*sts.GetAccessKeyInfoOutput](t)(root.GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: &s.Root.AccessKeyID}))
	if *info.Account != servertest.Account {
		t.Errorf("the key's account is %s", *info.Account)
	}
	ada := s.User(t, "ada", allow("sts:*"))
	st := sts.New(ada.STS.Options(), func(o *sts.Options) { o.APIOptions = append(o.APIOptions, seen.note) })
	must[*iam.CreateRoleOutput](t)(s.As(s.Root).IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("session"), AssumeRolePolicyDocument: new(trustAccount)}))

	assumed := must[*sts.AssumeRoleOutput](t)(st.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: new("arn:aws:iam::111122223333:role/session"), RoleSessionName: new("one"), SourceIdentity: new("ada"),
		Tags: []ststypes.Tag{{Key: new("team"), Value: new("red")}}, TransitiveTagKeys: []string{"team"}, Policy: new(allow("iam:List*")),
	}))
	if got := *assumed.AssumedRoleUser.Arn; got != "arn:aws:sts::111122223333:assumed-role/session/one" || *assumed.SourceIdentity != "ada" || assumed.PackedPolicySize == nil {
		t.Errorf("assumed %+v", assumed)
	}
	who = must[*sts.GetCallerIdentityOutput](t)(s.Session(assumed.Credentials).STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	if *who.Arn != *assumed.AssumedRoleUser.Arn {
		t.Errorf("the session is %s", *who.Arn)
	}
	token := must[*sts.GetSessionTokenOutput](t)(st.GetSessionToken(ctx, &sts.GetSessionTokenInput{}))
	_, err := s.Session(token.Credentials).IAM.ListUsers(ctx, &iam.ListUsersInput{})
	if code(err) != "InvalidClientTokenId" {
		t.Errorf("IAM by a session without MFA: %v, want InvalidClientTokenId", err)
	}
	federated := must[*sts.GetFederationTokenOutput](t)(st.GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: new("bob")}))
	if *federated.PackedPolicySize != 0 || *federated.FederatedUser.Arn != "arn:aws:sts::111122223333:federated-user/bob" {
		t.Errorf("federated %+v", federated)
	}
	_, err = st.AssumeRoot(ctx, &sts.AssumeRootInput{TargetPrincipal: new("444455556666"), TaskPolicyArn: &ststypes.PolicyDescriptorType{Arn: new("arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy")}})
	if code(err) != "AccessDenied" || !strings.HasSuffix(err.Error(), "is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::444455556666:root") {
		t.Errorf("AssumeRoot without an organization: %v, want AccessDenied", err)
	}
	storyOfTheMessage(t, ctx, s, ada, st)
}

// storyOfTheMessage decodes the message that a refusal carries.
func storyOfTheMessage(t *testing.T, ctx context.Context, s *servertest.Server, ada servertest.Clients, st *sts.Client) {
	_, err := ada.IAM.ListUsers(ctx, &iam.ListUsersInput{})
	var refused *smithyhttp.ResponseError
	if !errors.As(err, &refused) {
		t.Fatalf("the refusal has no response: %v", err)
	}
	message := refused.Response.Header.Get("X-Keyreeve-Authorization-Message")
	decoded := must[*sts.DecodeAuthorizationMessageOutput](t)(st.DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: &message}))
	if text := *decoded.DecodedMessage; !strings.Contains(text, `"iam:ListUsers"`) || !strings.Contains(text, `"allowed":false`) {
		t.Errorf("the message says %s", text)
	}
}
