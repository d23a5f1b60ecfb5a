package server_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// policyWorld is an organization with two member accounts, one of them in a unit.
type policyWorld struct {
	*servertest.Server
	root              *organizations.Client // the management account's root user
	admin             servertest.Clients    // a user of the management account who may do all
	first, second     string                // the members
	firstAs, secondAs *organizations.Client // their administrators
	rootID, unit      string
	id                string
}

func startOrganization(t *testing.T, seen *calls) *policyWorld {
	t.Helper()
	s := servertest.Start(t)
	ctx := context.Background()
	w := &policyWorld{Server: s}
	w.root = organizations.New(s.As(s.Root).Organizations.Options(), func(o *organizations.Options) {
		if seen != nil {
			o.APIOptions = append(o.APIOptions, seen.note)
		}
	})
	w.admin = s.User(t, "admin", allow("*"))
	w.id = *must[*organizations.CreateOrganizationOutput](t)(w.root.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})).Organization.Id
	w.rootID = *must[*organizations.ListRootsOutput](t)(w.root.ListRoots(ctx, &organizations.ListRootsInput{})).Roots[0].Id
	must[*organizations.EnablePolicyTypeOutput](t)(w.root.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: &w.rootID, PolicyType: types.PolicyTypeServiceControlPolicy}))
	w.unit = *must[*organizations.CreateOrganizationalUnitOutput](t)(w.root.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: &w.rootID, Name: new("Unit")})).OrganizationalUnit.Id
	w.first, w.second = w.account(t, "first"), w.account(t, "second")
	must[*organizations.MoveAccountOutput](t)(w.root.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: &w.second, SourceParentId: &w.rootID, DestinationParentId: &w.unit}))
	w.firstAs, w.secondAs = w.administrator(t, w.first), w.administrator(t, w.second)
	return w
}

func (w *policyWorld) account(t *testing.T, name string) string {
	t.Helper()
	ctx := context.Background()
	made := must[*organizations.CreateAccountOutput](t)(w.root.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: &name, Email: new(name + "@example.com")}))
	status := must[*organizations.DescribeCreateAccountStatusOutput](t)(w.root.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: made.CreateAccountStatus.Id}))
	if status.CreateAccountStatus.State != types.CreateAccountStateSucceeded {
		t.Fatalf("account %s: %+v", name, status.CreateAccountStatus)
	}
	return *status.CreateAccountStatus.AccountId
}

// administrator is a session of the role that each account that was made has.
func (w *policyWorld) administrator(t *testing.T, account string) *organizations.Client {
	t.Helper()
	out := must[*sts.AssumeRoleOutput](t)(w.admin.STS.AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: new("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole"), RoleSessionName: new("admin"),
	}))
	return w.Session(out.Credentials).Organizations
}

// reasoned is code, reason and message of a refused call.
func reasoned(err error) string {
	var e smithy.APIError
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	text := e.ErrorCode()
	var violated *types.ConstraintViolationException
	var invalid *types.InvalidInputException
	switch {
	case errors.As(err, &violated):
		text += " " + string(violated.Reason)
	case errors.As(err, &invalid):
		text += " " + string(invalid.Reason)
	}
	return text + ": " + e.ErrorMessage()
}

const (
	denyS3 = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}`

	tagContent  = `{"tags":{"CostCenter":{"tag_key":{"@@assign":"CostCenter"},"tag_value":{"@@assign":["100"]}}}}`
	tagContent2 = `{"tags":{"costcenter":{"tag_value":{"@@append":["200"]}}}}`
	backupTwo   = `{"plans":{"p":{"regions":{"@@assign":["eu-west-1"]}}}}`
)

// storyOfOrganizationPolicies calls every operation on policies, delegation and tags
// with the real client.
func storyOfOrganizationPolicies(t *testing.T, seen *calls) {
	w := startOrganization(t, seen)
	ctx, c := context.Background(), w.root
	create := func(kind types.PolicyType, name, content string) string {
		t.Helper()
		return *must[*organizations.CreatePolicyOutput](t)(c.CreatePolicy(ctx, &organizations.CreatePolicyInput{Type: kind, Name: &name, Description: new(""), Content: &content})).Policy.PolicySummary.Id
	}
	enable := func(kind types.PolicyType) *organizations.EnablePolicyTypeOutput {
		t.Helper()
		return must[*organizations.EnablePolicyTypeOutput](t)(c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: &w.rootID, PolicyType: kind}))
	}
	attach := func(id, target string) {
		t.Helper()
		must[*organizations.AttachPolicyOutput](t)(c.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: &id, TargetId: &target}))
	}

	t.Run("types", func(t *testing.T) {
		// SCPs are enabled already.
		if out := enable(types.PolicyTypeTagPolicy); len(out.Root.PolicyTypes) != 2 || out.Root.PolicyTypes[1].Status != types.PolicyTypeStatusEnabled {
			t.Errorf("enabled: %+v", out.Root.PolicyTypes)
		}
		enable(types.PolicyTypeResourceControlPolicy)
		enable(types.PolicyTypeBackupPolicy)
		for _, target := range []string{w.rootID, w.unit, w.first, servertest.Account} {
			out := must[*organizations.ListPoliciesForTargetOutput](t)(c.ListPoliciesForTarget(ctx, &organizations.ListPoliciesForTargetInput{TargetId: &target, Filter: types.PolicyTypeResourceControlPolicy}))
			if len(out.Policies) != 1 || *out.Policies[0].Id != "p-RCPFullAWSAccess" || !out.Policies[0].AwsManaged ||
				*out.Policies[0].Arn != "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess" {
				t.Errorf("%s has %+v", target, out.Policies)
			}
		}
		out := must[*organizations.DisablePolicyTypeOutput](t)(c.DisablePolicyType(ctx, &organizations.DisablePolicyTypeInput{RootId: &w.rootID, PolicyType: types.PolicyTypeResourceControlPolicy}))
		if len(out.Root.PolicyTypes) != 3 {
			t.Errorf("then: %+v", out.Root.PolicyTypes)
		}
		enable(types.PolicyTypeResourceControlPolicy)
	})

	var scp string
	t.Run("policies", func(t *testing.T) {
		made := must[*organizations.CreatePolicyOutput](t)(c.CreatePolicy(ctx, &organizations.CreatePolicyInput{
			Type: types.PolicyTypeServiceControlPolicy, Name: new("no-s3"), Description: new("nothing of S3"), Content: new(denyS3),
			Tags: []types.Tag{{Key: new("team"), Value: new("red")}},
		})).Policy
		scp = *made.PolicySummary.Id
		if want := "arn:aws:organizations::111122223333:policy/" + w.id + "/service_control_policy/" + scp; *made.PolicySummary.Arn != want || made.PolicySummary.AwsManaged || *made.Content != denyS3 {
			t.Errorf("made %+v, want the ARN %s", made.PolicySummary, want)
		}
		updated := must[*organizations.UpdatePolicyOutput](t)(c.UpdatePolicy(ctx, &organizations.UpdatePolicyInput{PolicyId: &scp, Name: new("No-S3")}))
		described := must[*organizations.DescribePolicyOutput](t)(c.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: &scp}))
		if *updated.Policy.PolicySummary.Name != "No-S3" || *described.Policy.PolicySummary.Name != "No-S3" || *described.Policy.PolicySummary.Description != "nothing of S3" {
			t.Errorf("updated %+v, described %+v", updated.Policy.PolicySummary, described.Policy.PolicySummary)
		}
		attach(scp, w.unit)
		attach(scp, w.first)
		targets := must[*organizations.ListTargetsForPolicyOutput](t)(c.ListTargetsForPolicy(ctx, &organizations.ListTargetsForPolicyInput{PolicyId: &scp}))
		if len(targets.Targets) != 2 || targets.Targets[0].Type != types.TargetTypeAccount || *targets.Targets[0].Name != "first" || *targets.Targets[1].Name != "Unit" {
			t.Errorf("targets: %+v", targets.Targets)
		}
		must[*organizations.DetachPolicyOutput](t)(c.DetachPolicy(ctx, &organizations.DetachPolicyInput{PolicyId: &scp, TargetId: &w.first}))
		var names []string
		p := organizations.NewListPoliciesPaginator(c, &organizations.ListPoliciesInput{Filter: types.PolicyTypeServiceControlPolicy, MaxResults: new(int32(1))})
		for p.HasMorePages() {
			for _, s := range must[*organizations.ListPoliciesOutput](t)(p.NextPage(ctx)).Policies {
				names = append(names, *s.Name)
			}
		}
		if slices.Sort(names); !slices.Equal(names, []string{"FullAWSAccess", "No-S3"}) {
			t.Errorf("policies %v", names)
		}
	})

	t.Run("effective policies", func(t *testing.T) {
		attach(create(types.PolicyTypeTagPolicy, "root", tagContent), w.rootID)
		attach(create(types.PolicyTypeTagPolicy, "unit", tagContent2), w.unit)
		for _, test := range []struct {
			as     *organizations.Client
			target *string
			want   string
		}{
			{c, &w.first, `{"tags":{"costcenter":{"tag_key":"CostCenter","tag_value":["100"]}}}`},
			{c, nil, `{"tags":{"costcenter":{"tag_key":"CostCenter","tag_value":["100"]}}}`},
			{c, &w.second, `{"tags":{"costcenter":{"tag_key":"CostCenter","tag_value":["100","200"]}}}`},
			{w.secondAs, nil, `{"tags":{"costcenter":{"tag_key":"CostCenter","tag_value":["100","200"]}}}`},
		} {
			out := must[*organizations.DescribeEffectivePolicyOutput](t)(test.as.DescribeEffectivePolicy(ctx, &organizations.DescribeEffectivePolicyInput{PolicyType: types.EffectivePolicyTypeTagPolicy, TargetId: test.target}))
			if *out.EffectivePolicy.PolicyContent != test.want || out.EffectivePolicy.LastUpdatedTimestamp == nil {
				t.Errorf("effective is %+v, want %s", *out.EffectivePolicy.PolicyContent, test.want)
			}
		}
		backup := create(types.PolicyTypeBackupPolicy, "half", backupTwo)
		attach(backup, w.unit)
		invalid := must[*organizations.ListAccountsWithInvalidEffectivePolicyOutput](t)(c.ListAccountsWithInvalidEffectivePolicy(ctx, &organizations.ListAccountsWithInvalidEffectivePolicyInput{PolicyType: types.EffectivePolicyTypeBackupPolicy}))
		if len(invalid.Accounts) != 1 || *invalid.Accounts[0].Id != w.second {
			t.Errorf("invalid accounts: %+v", invalid.Accounts)
		}
		faults := must[*organizations.ListEffectivePolicyValidationErrorsOutput](t)(c.ListEffectivePolicyValidationErrors(ctx, &organizations.ListEffectivePolicyValidationErrorsInput{AccountId: &w.second, PolicyType: types.EffectivePolicyTypeBackupPolicy, MaxResults: new(int32(1))}))
		if len(faults.EffectivePolicyValidationErrors) != 1 || faults.NextToken == nil || *faults.Path != w.id+"/"+w.rootID+"/"+w.unit+"/"+w.second+"/" {
			t.Fatalf("errors: %+v", faults)
		}
		if f := faults.EffectivePolicyValidationErrors[0]; *f.ErrorCode != "KEY_REQUIRED" || *f.PathToError != "$.plans.p" || !slices.Equal(f.ContributingPolicies, []string{backup}) {
			t.Errorf("error %+v", f)
		}
	})

	t.Run("trusted services", func(t *testing.T) {
		for _, name := range []string{"guardduty.amazonaws.com", "ssm.amazonaws.com"} {
			must[*organizations.EnableAWSServiceAccessOutput](t)(c.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: &name}))
		}
		must[*organizations.DisableAWSServiceAccessOutput](t)(c.DisableAWSServiceAccess(ctx, &organizations.DisableAWSServiceAccessInput{ServicePrincipal: new("ssm.amazonaws.com")}))
		out := must[*organizations.ListAWSServiceAccessForOrganizationOutput](t)(c.ListAWSServiceAccessForOrganization(ctx, &organizations.ListAWSServiceAccessForOrganizationInput{}))
		if len(out.EnabledServicePrincipals) != 1 || *out.EnabledServicePrincipals[0].ServicePrincipal != "guardduty.amazonaws.com" || out.EnabledServicePrincipals[0].DateEnabled == nil {
			t.Errorf("trusted: %+v", out.EnabledServicePrincipals)
		}
	})

	t.Run("delegated administrators", func(t *testing.T) {
		if _, err := w.firstAs.ListAccounts(ctx, &organizations.ListAccountsInput{}); reasoned(err) != "AccessDeniedException: You don't have permissions to access this resource." {
			t.Errorf("a member lists accounts: %v", err)
		}
		in := organizations.RegisterDelegatedAdministratorInput{AccountId: &w.first, ServicePrincipal: new("guardduty.amazonaws.com")}
		must[*organizations.RegisterDelegatedAdministratorOutput](t)(c.RegisterDelegatedAdministrator(ctx, &in))
		must[*organizations.ListAccountsOutput](t)(w.firstAs.ListAccounts(ctx, &organizations.ListAccountsInput{}))
		if _, err := w.firstAs.CreatePolicy(ctx, &organizations.CreatePolicyInput{Type: types.PolicyTypeTagPolicy, Name: new("x"), Description: new(""), Content: new(tagContent)}); code(err) != "AccessDeniedException" {
			t.Errorf("a delegated administrator of a service makes a policy: %v", err)
		}
		admins := must[*organizations.ListDelegatedAdministratorsOutput](t)(c.ListDelegatedAdministrators(ctx, &organizations.ListDelegatedAdministratorsInput{}))
		if len(admins.DelegatedAdministrators) != 1 || *admins.DelegatedAdministrators[0].Email != "first@example.com" || admins.DelegatedAdministrators[0].DelegationEnabledDate == nil {
			t.Errorf("administrators: %+v", admins.DelegatedAdministrators)
		}
		services := must[*organizations.ListDelegatedServicesForAccountOutput](t)(c.ListDelegatedServicesForAccount(ctx, &organizations.ListDelegatedServicesForAccountInput{AccountId: &w.first}))
		if len(services.DelegatedServices) != 1 || *services.DelegatedServices[0].ServicePrincipal != "guardduty.amazonaws.com" {
			t.Errorf("services: %+v", services.DelegatedServices)
		}
		must[*organizations.DeregisterDelegatedAdministratorOutput](t)(c.DeregisterDelegatedAdministrator(ctx, &organizations.DeregisterDelegatedAdministratorInput{AccountId: &w.first, ServicePrincipal: in.ServicePrincipal}))
		if _, err := w.firstAs.ListAccounts(ctx, &organizations.ListAccountsInput{}); code(err) != "AccessDeniedException" {
			t.Errorf("one that was deregistered lists accounts: %v", err)
		}
	})

	t.Run("resource policy", func(t *testing.T) {
		document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + w.second + `:root"},
			"Action":["organizations:CreatePolicy","organizations:UpdatePolicy","organizations:AttachPolicy"],
			"Resource":["arn:aws:organizations::111122223333:policy/` + w.id + `/tag_policy/*","arn:aws:organizations::111122223333:ou/` + w.id + `/*"],
			"Condition":{"StringEquals":{"organizations:PolicyType":"TAG_POLICY"}}}]}`
		put := must[*organizations.PutResourcePolicyOutput](t)(c.PutResourcePolicy(ctx, &organizations.PutResourcePolicyInput{Content: &document, Tags: []types.Tag{{Key: new("a"), Value: new("b")}}}))
		described := must[*organizations.DescribeResourcePolicyOutput](t)(c.DescribeResourcePolicy(ctx, &organizations.DescribeResourcePolicyInput{}))
		if *described.ResourcePolicy.Content != document || *put.ResourcePolicy.ResourcePolicySummary.Id != *described.ResourcePolicy.ResourcePolicySummary.Id {
			t.Errorf("put %+v, described %+v", put.ResourcePolicy, described.ResourcePolicy)
		}
		made := must[*organizations.CreatePolicyOutput](t)(w.secondAs.CreatePolicy(ctx, &organizations.CreatePolicyInput{Type: types.PolicyTypeTagPolicy, Name: new("theirs"), Description: new(""), Content: new(tagContent)})).Policy.PolicySummary.Id
		must[*organizations.AttachPolicyOutput](t)(w.secondAs.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: made, TargetId: &w.unit}))
		for name, call := range map[string]func() error{
			"another type": func() error {
				_, err := w.secondAs.CreatePolicy(ctx, &organizations.CreatePolicyInput{Type: types.PolicyTypeServiceControlPolicy, Name: new("y"), Description: new(""), Content: new(denyS3)})
				return err
			},
			"another target": func() error {
				_, err := w.secondAs.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: made, TargetId: &w.rootID})
				return err
			},
			"another policy": func() error {
				_, err := w.secondAs.UpdatePolicy(ctx, &organizations.UpdatePolicyInput{PolicyId: &scp, Content: new(denyS3)})
				return err
			},
			"an account in the same organization": func() error {
				_, err := w.firstAs.CreatePolicy(ctx, &organizations.CreatePolicyInput{Type: types.PolicyTypeTagPolicy, Name: new("z"), Description: new(""), Content: new(tagContent)})
				return err
			},
			"the resource policy itself": func() error {
				_, err := w.secondAs.PutResourcePolicy(ctx, &organizations.PutResourcePolicyInput{Content: &document})
				return err
			},
		} {
			if got := reasoned(call()); got != "AccessDeniedException: You don't have permissions to access this resource." {
				t.Errorf("%s: %s", name, got)
			}
		}
		id := *put.ResourcePolicy.ResourcePolicySummary.Id
		if tags := must[*organizations.ListTagsForResourceOutput](t)(c.ListTagsForResource(ctx, &organizations.ListTagsForResourceInput{ResourceId: &id})); len(tags.Tags) != 1 {
			t.Errorf("tags of the resource policy: %+v", tags.Tags)
		}
		must[*organizations.DeleteResourcePolicyOutput](t)(c.DeleteResourcePolicy(ctx, &organizations.DeleteResourcePolicyInput{}))
		if _, err := w.secondAs.CreatePolicy(ctx, &organizations.CreatePolicyInput{Type: types.PolicyTypeTagPolicy, Name: new("late"), Description: new(""), Content: new(tagContent)}); code(err) != "AccessDeniedException" {
			t.Errorf("without a resource policy: %v", err)
		}
	})

	t.Run("tags", func(t *testing.T) {
		for _, id := range []string{w.rootID, w.unit, w.first, scp} {
			must[*organizations.TagResourceOutput](t)(c.TagResource(ctx, &organizations.TagResourceInput{ResourceId: &id, Tags: []types.Tag{{Key: new("team"), Value: new("blue")}, {Key: new("Team"), Value: new("x")}}}))
			must[*organizations.UntagResourceOutput](t)(c.UntagResource(ctx, &organizations.UntagResourceInput{ResourceId: &id, TagKeys: []string{"Team", "none"}}))
			out := must[*organizations.ListTagsForResourceOutput](t)(c.ListTagsForResource(ctx, &organizations.ListTagsForResourceInput{ResourceId: &id}))
			if len(out.Tags) != 1 || *out.Tags[0].Value != "blue" {
				t.Errorf("%s has %+v", id, out.Tags)
			}
		}
	})

	t.Run("the end", func(t *testing.T) {
		id := create(types.PolicyTypeTagPolicy, "gone", tagContent)
		must[*organizations.DeletePolicyOutput](t)(c.DeletePolicy(ctx, &organizations.DeletePolicyInput{PolicyId: &id}))
	})
}

// TestOrganizationPolicies is the story alone.
func TestOrganizationPolicies(t *testing.T) {
	storyOfOrganizationPolicies(t, &calls{seen: map[string]bool{}})
}

// TestRefusedOrganizationPolicies: code, reason and message of what is refused, and
// that it changes nothing.
func TestRefusedOrganizationPolicies(t *testing.T) {
	w := startOrganization(t, nil)
	ctx, c := context.Background(), w.root
	outside := w.User(t, "nobody").Organizations
	create := func(kind types.PolicyType, name, content string) (*organizations.CreatePolicyOutput, error) {
		return c.CreatePolicy(ctx, &organizations.CreatePolicyInput{Type: kind, Name: &name, Description: new(""), Content: &content})
	}
	scp := *must[*organizations.CreatePolicyOutput](t)(create(types.PolicyTypeServiceControlPolicy, "scp", denyS3)).Policy.PolicySummary.Id
	tag := *must[*organizations.CreatePolicyOutput](t)(create(types.PolicyTypeTagPolicy, "tag", tagContent)).Policy.PolicySummary.Id
	attach := func(id, target string) error {
		_, err := c.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: &id, TargetId: &target})
		return err
	}
	detach := func(id, target string) error {
		_, err := c.DetachPolicy(ctx, &organizations.DetachPolicyInput{PolicyId: &id, TargetId: &target})
		return err
	}
	if err := attach(scp, w.unit); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"a type that is enabled", errorOf(c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: &w.rootID, PolicyType: types.PolicyTypeServiceControlPolicy})),
			"PolicyTypeAlreadyEnabledException: The specified policy type is already enabled."},
		{"a type that is not enabled", errorOf(c.DisablePolicyType(ctx, &organizations.DisablePolicyTypeInput{RootId: &w.rootID, PolicyType: types.PolicyTypeTagPolicy})),
			"PolicyTypeNotEnabledException: This operation can be performed only for enabled policy types."},
		{"another root", errorOf(c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: new("r-zzzz"), PolicyType: types.PolicyTypeTagPolicy})),
			"RootNotFoundException: You specified a root that doesn't exist."},
		{"a type whose service is not trusted", errorOf(c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: &w.rootID, PolicyType: types.PolicyTypeSecurityhubPolicy})),
			"ConstraintViolationException SERVICE_ACCESS_NOT_ENABLED: You must enable service access for securityhub.amazonaws.com before you can enable this policy type."},
		{"the same name in capitals", errorOf(create(types.PolicyTypeServiceControlPolicy, "SCP", denyS3)),
			"DuplicatePolicyException: A policy with the same name already exists."},
		{"AWS's name", errorOf(create(types.PolicyTypeServiceControlPolicy, "FullAWSAccess", denyS3)),
			"DuplicatePolicyException: A policy with the same name already exists."},
		{"no policy", errorOf(create(types.PolicyTypeServiceControlPolicy, "x", "{\n \"Statement\": 1}")),
			"MalformedPolicyDocumentException: The provided policy document does not meet the requirements of the specified policy type. (line 2, column 15: a statement is an object, not a number)"},
		{"a policy of another type", errorOf(create(types.PolicyTypeBackupPolicy, "x", tagContent)),
			"MalformedPolicyDocumentException: The provided policy document does not meet the requirements of the specified policy type. (line 1, column 2: tags cannot stand here)"},
		{"too large", errorOf(create(types.PolicyTypeServiceControlPolicy, "x", denyS3+strings.Repeat(" ", 10241-len(denyS3)))),
			"ConstraintViolationException POLICY_CONTENT_LIMIT_EXCEEDED: You have exceeded the maximum policy size."},
		{"AWS's policy updated", errorOf(c.UpdatePolicy(ctx, &organizations.UpdatePolicyInput{PolicyId: new("p-FullAWSAccess"), Content: new(denyS3)})),
			"InvalidInputException IMMUTABLE_POLICY: You specified a policy that is managed by AWS and can't be modified."},
		{"AWS's policy deleted", errorOf(c.DeletePolicy(ctx, &organizations.DeletePolicyInput{PolicyId: new("p-FullAWSAccess")})),
			"InvalidInputException IMMUTABLE_POLICY: You specified a policy that is managed by AWS and can't be modified."},
		{"AWS's policy tagged", errorOf(c.TagResource(ctx, &organizations.TagResourceInput{ResourceId: new("p-FullAWSAccess"), Tags: []types.Tag{{Key: new("a"), Value: new("b")}}})),
			"InvalidInputException IMMUTABLE_POLICY: You specified a policy that is managed by AWS and can't be modified."},
		{"a policy in use", errorOf(c.DeletePolicy(ctx, &organizations.DeletePolicyInput{PolicyId: &scp})),
			"PolicyInUseException: The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before performing this operation."},
		{"no such policy", errorOf(c.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: new("p-00000000")})),
			"PolicyNotFoundException: You specified a policy that doesn't exist."},
		{"attached twice", attach(scp, w.unit), "DuplicatePolicyAttachmentException: The selected policy is already attached to the specified target."},
		{"attached to nothing", attach(scp, "123456789012"), "TargetNotFoundException: You specified a target that doesn't exist."},
		{"a type that is off attached", attach(tag, w.unit), "PolicyTypeNotEnabledException: This operation can be performed only for enabled policy types."},
		{"detached from where it is not", detach(scp, w.rootID), "PolicyNotAttachedException: The policy isn't attached to the specified target in the specified root."},
		{"the last SCP detached", detach("p-FullAWSAccess", w.rootID),
			"ConstraintViolationException MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED: You cannot remove the last policy attached to the specified target. You must have at least one attached at all times."},
		{"policies of nothing", errorOf(c.ListPoliciesForTarget(ctx, &organizations.ListPoliciesForTargetInput{TargetId: new("ou-zzzz-00000000"), Filter: types.PolicyTypeTagPolicy})),
			"TargetNotFoundException: You specified a target that doesn't exist."},
		{"an effective policy of a type that is off", errorOf(c.DescribeEffectivePolicy(ctx, &organizations.DescribeEffectivePolicyInput{PolicyType: types.EffectivePolicyTypeTagPolicy})),
			"EffectivePolicyNotFoundException: This policy type is not enabled."},
		{"an effective policy of a unit", errorOf(c.DescribeEffectivePolicy(ctx, &organizations.DescribeEffectivePolicyInput{PolicyType: types.EffectivePolicyTypeTagPolicy, TargetId: &w.unit})),
			"InvalidInputException TARGET_NOT_SUPPORTED: You can't perform the specified operation on that target entity."},
		{"an effective policy of nobody", errorOf(c.DescribeEffectivePolicy(ctx, &organizations.DescribeEffectivePolicyInput{PolicyType: types.EffectivePolicyTypeTagPolicy, TargetId: new("123456789012")})),
			"TargetNotFoundException: You specified a target that doesn't exist."},
		{"errors of nobody", errorOf(c.ListEffectivePolicyValidationErrors(ctx, &organizations.ListEffectivePolicyValidationErrorsInput{PolicyType: types.EffectivePolicyTypeTagPolicy, AccountId: new("123456789012")})),
			"AccountNotFoundException: You specified an account that doesn't exist."},
		{"a service that AWS has not", errorOf(c.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: new("none.example.com")})),
			"InvalidInputException UNRECOGNIZED_SERVICE_PRINCIPAL: You specified an unrecognized service principal."},
		{"a service by its other name", errorOf(c.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: new("stacksets.cloudformation.amazonaws.com")})),
			"InvalidInputException UNRECOGNIZED_SERVICE_PRINCIPAL: You specified an unrecognized service principal."},
		{"the management account registered", register(ctx, c, servertest.Account, "guardduty.amazonaws.com"),
			"ConstraintViolationException CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR: You cannot register master account/yourself as delegated administrator for your organization."},
		{"nobody registered", register(ctx, c, "123456789012", "guardduty.amazonaws.com"), "AccountNotFoundException: You specified an account that doesn't exist."},
		{"registered for a service that is not trusted", register(ctx, c, w.first, "guardduty.amazonaws.com"),
			"ConstraintViolationException SERVICE_ACCESS_NOT_ENABLED: You attempted to register a delegated administrator before you enabled service access. Call the EnableAWSServiceAccess API first."},
		{"one deregistered who is not registered", errorOf(c.DeregisterDelegatedAdministrator(ctx, &organizations.DeregisterDelegatedAdministratorInput{AccountId: &w.first, ServicePrincipal: new("guardduty.amazonaws.com")})),
			"AccountNotRegisteredException: The provided account is not a registered delegated administrator for your organization."},
		{"services of one who has none", errorOf(c.ListDelegatedServicesForAccount(ctx, &organizations.ListDelegatedServicesForAccountInput{AccountId: &w.first})),
			"AccountNotRegisteredException: The provided account is not a registered delegated administrator for your organization."},
		{"no resource policy", errorOf(c.DescribeResourcePolicy(ctx, &organizations.DescribeResourcePolicyInput{})),
			"ResourcePolicyNotFoundException: We can't find a resource policy request with the parameter that you specified."},
		{"tags twice", errorOf(c.TagResource(ctx, &organizations.TagResourceInput{ResourceId: &w.unit, Tags: []types.Tag{{Key: new("a"), Value: new("b")}, {Key: new("a"), Value: new("c")}}})),
			"InvalidInputException DUPLICATE_TAG_KEY: Tag keys must be unique among the tags attached to the same entity."},
		{"tags of nothing", errorOf(c.ListTagsForResource(ctx, &organizations.ListTagsForResourceInput{ResourceId: new("123456789012")})),
			"TargetNotFoundException: You specified a target that doesn't exist."},
		{"a token of another list", errorOf(c.ListPolicies(ctx, &organizations.ListPoliciesInput{Filter: types.PolicyTypeTagPolicy, NextToken: must[*organizations.ListPoliciesOutput](t)(c.ListPolicies(ctx, &organizations.ListPoliciesInput{Filter: types.PolicyTypeServiceControlPolicy, MaxResults: new(int32(1))})).NextToken})),
			"InvalidInputException INVALID_NEXT_TOKEN: You specified an invalid value for nextToken. You must get the value from the response to a previous call to the API."},
		{"without rights", errorOf(outside.ListPolicies(ctx, &organizations.ListPoliciesInput{Filter: types.PolicyTypeTagPolicy})),
			"AccessDeniedException: User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: organizations:ListPolicies on resource: * because no identity-based policy allows the organizations:ListPolicies action"},
		{"another account's effective policy", errorOf(w.firstAs.DescribeEffectivePolicy(ctx, &organizations.DescribeEffectivePolicyInput{PolicyType: types.EffectivePolicyTypeTagPolicy, TargetId: &w.second})),
			"AccessDeniedException: You don't have permissions to access this resource."},
	} {
		if got := reasoned(test.err); got != test.want {
			t.Errorf("%s:\n%s, want\n%s", test.name, got, test.want)
		}
	}
	for i := range 9 {
		id := *must[*organizations.CreatePolicyOutput](t)(create(types.PolicyTypeServiceControlPolicy, fmt.Sprintf("more-%d", i), denyS3)).Policy.PolicySummary.Id
		if err := attach(id, w.rootID); err != nil {
			t.Fatalf("policy %d: %v", i, err)
		}
	}
	if got := reasoned(attach(scp, w.rootID)); got != "ConstraintViolationException MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED: You have attached the maximum number of policies to the specified target." {
		t.Errorf("an eleventh SCP: %s", got)
	}
	must[*organizations.EnablePolicyTypeOutput](t)(c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: &w.rootID, PolicyType: types.PolicyTypeResourceControlPolicy}))
	if got := reasoned(detach("p-RCPFullAWSAccess", w.rootID)); got != "InvalidInputException NON_DETACHABLE_POLICY: You can't detach this AWS Managed Policy." {
		t.Errorf("AWS's RCP detached: %s", got)
	}
}

func errorOf[Out any](_ Out, err error) error { return err }

func register(ctx context.Context, c *organizations.Client, account, principal string) error {
	return errorOf(c.RegisterDelegatedAdministrator(ctx, &organizations.RegisterDelegatedAdministratorInput{AccountId: &account, ServicePrincipal: &principal}))
}
