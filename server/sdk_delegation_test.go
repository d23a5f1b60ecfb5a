package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/keyreeve/keyreeve/server/servertest"
)

func storyOfTheCredentialReport(t *testing.T, ctx context.Context, c *iam.Client) {
	if _, err := c.GetCredentialReport(ctx, &iam.GetCredentialReportInput{}); code(err) != "ReportNotPresent" {
		t.Errorf("before there is one: %v, want ReportNotPresent", err)
	}
	for _, want := range []types.ReportStateType{types.ReportStateTypeStarted, types.ReportStateTypeComplete} {
		if out := must[*iam.GenerateCredentialReportOutput](t)(c.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})); out.State != want {
			t.Errorf("the state is %s, want %s", out.State, want)
		}
	}
	r := must[*iam.GetCredentialReportOutput](t)(c.GetCredentialReport(ctx, &iam.GetCredentialReportInput{}))
	lines := strings.Split(string(r.Content), "\n")
	if r.ReportFormat != types.ReportFormatTypeTextCsv || r.GeneratedTime == nil || !strings.HasPrefix(lines[0], "user,arn,") || !strings.HasPrefix(lines[1], "<root_account>,arn:aws:iam::111122223333:root,") {
		t.Errorf("report %+v: %s", r, r.Content)
	}
	if columns := strings.Split(lines[1], ","); columns[8] != "true" || columns[12] != "iam" {
		t.Errorf("root's key is told as %v, want active and used with iam", columns)
	}
}

// withoutOrganization are the operations that always refuse as long as the account is
// in no organization, and with what.
var withoutOrganization = map[string]string{
	"cloudtrail:GetInsightSelectors":                   "InsightNotEnabledException", // Insights are not built, so no trail has any
	"iam:EnableOrganizationsRootCredentialsManagement": "OrganizationNotFoundException", "iam:DisableOrganizationsRootCredentialsManagement": "OrganizationNotFoundException",
	"iam:EnableOrganizationsRootSessions": "OrganizationNotFoundException", "iam:DisableOrganizationsRootSessions": "OrganizationNotFoundException",
	"iam:ListOrganizationsFeatures": "OrganizationNotFoundException", "iam:GenerateOrganizationsAccessReport": "AccessDenied",
	"iam:GetOrganizationsAccessReport": "NoSuchEntity", "sts:AssumeRoot": "AccessDenied",
}

func storyOfOrganizations(t *testing.T, ctx context.Context, c *iam.Client) {
	const alone = "OrganizationNotFoundException"
	_, err := c.EnableOrganizationsRootCredentialsManagement(ctx, &iam.EnableOrganizationsRootCredentialsManagementInput{})
	want(t, err, alone)
	_, err = c.DisableOrganizationsRootCredentialsManagement(ctx, &iam.DisableOrganizationsRootCredentialsManagementInput{})
	want(t, err, alone)
	_, err = c.EnableOrganizationsRootSessions(ctx, &iam.EnableOrganizationsRootSessionsInput{})
	want(t, err, alone)
	_, err = c.DisableOrganizationsRootSessions(ctx, &iam.DisableOrganizationsRootSessionsInput{})
	want(t, err, alone)
	_, err = c.ListOrganizationsFeatures(ctx, &iam.ListOrganizationsFeaturesInput{})
	want(t, err, alone)
	_, err = c.GenerateOrganizationsAccessReport(ctx, &iam.GenerateOrganizationsAccessReportInput{EntityPath: new("o-a1b2c3d4e5/r-f6g7h8i9j0")})
	want(t, err, "AccessDenied")
	_, err = c.GetOrganizationsAccessReport(ctx, &iam.GetOrganizationsAccessReportInput{JobId: new("01234567-89ab-cdef-0123-456789abcdef")})
	want(t, err, "NoSuchEntity")
}

func want(t *testing.T, err error, wanted string) {
	t.Helper()
	if code(err) != wanted {
		t.Errorf("%v, want %s", err, wanted)
	}
}

// storyOfDelegation: a product's account asks a customer's account for the right to
// read one bucket and to make a role; ada of the customer's forwards the request to
// the root user's deputy bob, who accepts it. The product then acts as bob, as far as
// the request goes.
func storyOfDelegation(t *testing.T, ctx context.Context, s *servertest.Server, seen *calls, c *iam.Client, st *sts.Client) {
	boundary := "arn:aws:iam::111122223333:policy/edge"
	template := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetUser","iam:ListRoles"],"Resource":["arn:aws:iam::111122223333:user/@{login}","arn:aws:iam::111122223333:role/"]},` +
		`{"Effect":"Allow","Action":"iam:CreateRole","Resource":"*","Condition":{"StringEquals":{"iam:PermissionsBoundary":"@{edges}"}}}]}`
	must[*iam.CreatePolicyOutput](t)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("setup"), PolicyDocument: &template}))
	ask := func(workflow string, seconds int32) (*iam.CreateDelegationRequestOutput, error) {
		return c.CreateDelegationRequest(ctx, &iam.CreateDelegationRequestInput{
			OwnerAccountId: new("111122223333"), Description: new("sets the product up"), RequestorWorkflowId: &workflow, SessionDuration: &seconds,
			NotificationChannel: new("arn:aws:sns:eu-central-1:111122223333:updates"), OnlySendByOwner: true, RequestMessage: new("as ordered"),
			Permissions: &types.DelegationPermission{
				PolicyTemplateArn: new("arn:aws:iam::111122223333:policy/setup"), Parameters: []types.PolicyParameter{{
					Name: new("login"), Type: types.PolicyParameterTypeEnumString, Values: []string{"bob"},
				}, {
					Name: new("edges"), Type: types.PolicyParameterTypeEnumStringList, Values: []string{boundary},
				}},
			},
		})
	}
	id := must[*iam.CreateDelegationRequestOutput](t)(ask("order-1", 1800)).DelegationRequestId
	_, err := ask("order-1", 1800)
	want(t, err, "EntityAlreadyExists")

	ada, bob := s.User(t, "delegating-ada", allow("iam:*")), s.User(t, "bob", allow("iam:*", "sts:*"))
	for _, of := range []*servertest.Clients{&ada, &bob} {
		of.IAM = iam.New(of.IAM.Options(), func(o *iam.Options) { o.APIOptions = append(o.APIOptions, seen.note) })
	}
	must[*iam.AssociateDelegationRequestOutput](t)(ada.IAM.AssociateDelegationRequest(ctx, &iam.AssociateDelegationRequestInput{DelegationRequestId: id}))
	must[*iam.UpdateDelegationRequestOutput](t)(ada.IAM.UpdateDelegationRequest(ctx, &iam.UpdateDelegationRequestInput{DelegationRequestId: id, Notes: new("please look")}))
	must[*iam.AssociateDelegationRequestOutput](t)(c.AssociateDelegationRequest(ctx, &iam.AssociateDelegationRequestInput{
		DelegationRequestId: must[*iam.CreateDelegationRequestOutput](t)(ask("order-2", 1800)).DelegationRequestId,
	}))
	got := must[*iam.GetDelegationRequestOutput](t)(c.GetDelegationRequest(ctx, &iam.GetDelegationRequestInput{DelegationRequestId: id, DelegationPermissionCheck: true}))
	r := got.DelegationRequest
	if r.State != types.StateTypePendingApproval || *r.OwnerId != "arn:aws:iam::111122223333:user/delegating-ada" || *r.Notes != "please look" || len(r.RolePermissionRestrictionArns) != 1 ||
		!strings.Contains(*r.PermissionPolicy, `{"iam:PermissionsBoundary":["`+boundary+`"]}`) || got.PermissionCheckResult != types.PermissionCheckResultTypeUnsure {
		t.Errorf("request %+v, check %s", r, got.PermissionCheckResult)
	}
	summary := must[*iam.GetHumanReadableSummaryOutput](t)(c.GetHumanReadableSummary(ctx, &iam.GetHumanReadableSummaryInput{EntityArn: new("arn:aws:iam::111122223333:delegation-request/" + *id)}))
	if summary.SummaryState != types.SummaryStateTypeAvailable || !strings.Contains(*summary.SummaryContent, "It may use iam:GetUser, iam:ListRoles on arn:aws:iam::111122223333:user/bob") {
		t.Errorf("summary %+v", summary)
	}
	list := must[*iam.ListDelegationRequestsOutput](t)(c.ListDelegationRequests(ctx, &iam.ListDelegationRequestsInput{OwnerId: r.OwnerId})).DelegationRequests
	if len(list) != 1 || *list[0].DelegationRequestId != *id {
		t.Errorf("ada owns %+v", list)
	}

	_, err = st.GetDelegatedAccessToken(ctx, &sts.GetDelegatedAccessTokenInput{TradeInToken: id})
	want(t, err, "ValidationError")
	must[*iam.AcceptDelegationRequestOutput](t)(bob.IAM.AcceptDelegationRequest(ctx, &iam.AcceptDelegationRequestInput{DelegationRequestId: id}))
	_, err = bob.IAM.SendDelegationToken(ctx, &iam.SendDelegationTokenInput{DelegationRequestId: id})
	want(t, err, "InvalidInput")
	must[*iam.SendDelegationTokenOutput](t)(ada.IAM.SendDelegationToken(ctx, &iam.SendDelegationTokenInput{DelegationRequestId: id}))
	_, err = c.RejectDelegationRequest(ctx, &iam.RejectDelegationRequestInput{DelegationRequestId: id})
	want(t, err, "InvalidInput")
	_, err = bob.STS.GetDelegatedAccessToken(ctx, &sts.GetDelegatedAccessTokenInput{TradeInToken: new("another")})
	want(t, err, "ValidationError")

	given := must[*sts.GetDelegatedAccessTokenOutput](t)(st.GetDelegatedAccessToken(ctx, &sts.GetDelegatedAccessTokenInput{TradeInToken: id}))
	if *given.AssumedPrincipal != "arn:aws:iam::111122223333:user/bob" || time.Until(*given.Credentials.Expiration) > 30*time.Minute {
		t.Errorf("given %+v", given)
	}
	theDelegateMay(t, ctx, s, given.Credentials, boundary)

	other := must[*iam.ListDelegationRequestsOutput](t)(c.ListDelegationRequests(ctx, &iam.ListDelegationRequestsInput{OwnerId: new("arn:aws:iam::111122223333:root")})).DelegationRequests
	must[*iam.RejectDelegationRequestOutput](t)(c.RejectDelegationRequest(ctx, &iam.RejectDelegationRequestInput{DelegationRequestId: other[0].DelegationRequestId, Notes: new("no")}))
}

// theDelegateMay holds the session to the request: not less, and not more, whatever
// bob himself may.
func theDelegateMay(t *testing.T, ctx context.Context, s *servertest.Server, given *ststypes.Credentials, boundary string) {
	t.Helper()
	must[*iam.CreatePolicyOutput](t)(s.As(s.Root).IAM.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("edge"), PolicyDocument: new(allow("s3:*"))}))
	// It trusts bob by name, which alone is enough in bob's own account.
	trusting := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"sts:AssumeRole"}}`
	must[*iam.CreateRoleOutput](t)(s.As(s.Root).IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("bobs"), AssumeRolePolicyDocument: &trusting}))

	delegate := s.Session(given)
	who := must[*sts.GetCallerIdentityOutput](t)(delegate.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	if *who.Arn != "arn:aws:iam::111122223333:user/bob" {
		t.Errorf("the delegate is %s", *who.Arn)
	}
	must[*iam.GetUserOutput](t)(delegate.IAM.GetUser(ctx, &iam.GetUserInput{UserName: new("bob")}))
	must[*iam.ListRolesOutput](t)(delegate.IAM.ListRoles(ctx, &iam.ListRolesInput{}))
	role := &iam.CreateRoleInput{RoleName: new("product"), AssumeRolePolicyDocument: new(trustAccount)}
	_, err := delegate.IAM.CreateRole(ctx, role)
	want(t, err, "AccessDenied")
	role.PermissionsBoundary = &boundary
	must[*iam.CreateRoleOutput](t)(delegate.IAM.CreateRole(ctx, role))
	_, err = delegate.IAM.ListUsers(ctx, &iam.ListUsersInput{})
	want(t, err, "AccessDenied")
	_, err = delegate.IAM.GetUser(ctx, &iam.GetUserInput{UserName: new("delegating-ada")})
	want(t, err, "AccessDenied")
	_, err = delegate.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::111122223333:role/bobs"), RoleSessionName: new("out")})
	want(t, err, "AccessDenied")
	_, err = delegate.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	want(t, err, "AccessDenied")
	_, err = delegate.STS.GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: new("out")})
	want(t, err, "AccessDenied")
}
