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

// orgWorld is an organization with two member accounts, one of them in a unit.
type orgWorld struct {
	*servertest.Server
	root              *organizations.Client // the management account's root user
	admin             servertest.Clients    // a user of the management account who may do all
	first, second     string                // the members
	firstAs, secondAs *organizations.Client // their administrators
	rootID, unit      string
	id                string
}

func startOrganization(t *testing.T, seen *calls) *orgWorld {
	t.Helper()
	s := servertest.Start(t)
	ctx := context.Background()
	w := &orgWorld{Server: s}
	w.root = organizations.New(s.As(s.Root).Organizations.Options(), func(o *organizations.Options) {
		if seen != nil {
			o.APIOptions = append(o.APIOptions, seen.note)
		}
	})
	w.admin = s.User(t, "admin", allow("*"))
	w.id = *must[*organizations.CreateOrganizationOutput](t)(w.root.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})).Organization.Id
	w.rootID = *must[*organizations.ListRootsOutput](t)(w.root.ListRoots(ctx, &organizations.ListRootsInput{})).Roots[0].Id
	w.unit = *must[*organizations.CreateOrganizationalUnitOutput](t)(w.root.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: &w.rootID, Name: new("Unit")})).OrganizationalUnit.Id
	w.first, w.second = w.account(t, "first"), w.account(t, "second")
	must[*organizations.MoveAccountOutput](t)(w.root.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: &w.second, SourceParentId: &w.rootID, DestinationParentId: &w.unit}))
	w.firstAs, w.secondAs = w.administrator(t, w.first), w.administrator(t, w.second)
	return w
}

func (w *orgWorld) account(t *testing.T, name string) string {
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
func (w *orgWorld) administrator(t *testing.T, account string) *organizations.Client {
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
	denyS3      = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}`
	denyAll     = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}`
	tagContent  = `{"tags":{"CostCenter":{"tag_key":{"@@assign":"CostCenter"},"tag_value":{"@@assign":["100"]}}}}`
	tagContent2 = `{"tags":{"costcenter":{"tag_value":{"@@append":["200"]}}}}`
	backupTwo   = `{"plans":{"p":{"regions":{"@@assign":["eu-west-1"]}}}}`
)

// TestOrganizationPolicies calls every operation on policies, delegation and tags with
// the real client.
func TestOrganizationPolicies(t *testing.T) {
	seen := &calls{seen: map[string]bool{}}
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
		// A new organization with all features has SCPs already.
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

	for _, name := range strings.Fields(`EnablePolicyType DisablePolicyType CreatePolicy UpdatePolicy DeletePolicy DescribePolicy ListPolicies AttachPolicy
		DetachPolicy ListPoliciesForTarget ListTargetsForPolicy DescribeEffectivePolicy ListAccountsWithInvalidEffectivePolicy
		ListEffectivePolicyValidationErrors RegisterDelegatedAdministrator DeregisterDelegatedAdministrator ListDelegatedAdministrators
		ListDelegatedServicesForAccount EnableAWSServiceAccess DisableAWSServiceAccess ListAWSServiceAccessForOrganization
		PutResourcePolicy DescribeResourcePolicy DeleteResourcePolicy TagResource UntagResource ListTagsForResource`) {
		if !seen.seen["organizations:"+name] && !t.Failed() {
			t.Errorf("%s was not called", name)
		}
	}
}
