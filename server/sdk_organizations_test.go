package server_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// orgWorld is a server with accounts that may come together in organizations.
type orgWorld struct {
	*world
	seen *calls // nil if nobody wants to know which operations were called
}

func startOrganizations(t testing.TB, seen *calls) *orgWorld {
	w := &orgWorld{start(t), seen}
	w.operate(t, "SetQuota", "Name", "AccountsPerOrganizationQuota", "Value", "60")
	return w
}

// account makes an account and gives clients of its root user.
func (w *orgWorld) account(t testing.TB, id, name string) servertest.Clients {
	w.operate(t, "CreateAccount", "AccountId", id, "Name", name, "Email", name+"@example.com")
	return w.clients(w.rootOf(t, id))
}

func (w *orgWorld) clients(c aws.Credentials) servertest.Clients {
	all := w.As(c)
	if w.seen != nil {
		all.Organizations = organizations.New(all.Organizations.Options(), func(o *organizations.Options) { o.APIOptions = append(o.APIOptions, w.seen.note) })
	}
	return all
}

// refused tells code and reason of a refused call: "ConstraintViolationException OU_DEPTH_LIMIT_EXCEEDED".
func refused(err error) string {
	got := code(err)
	var constraint *types.ConstraintViolationException
	var handshake *types.HandshakeConstraintViolationException
	var input *types.InvalidInputException
	var dependency *types.AccessDeniedForDependencyException
	switch {
	case errors.As(err, &constraint):
		got += " " + string(constraint.Reason)
	case errors.As(err, &handshake):
		got += " " + string(handshake.Reason)
	case errors.As(err, &input):
		got += " " + string(input.Reason)
	case errors.As(err, &dependency):
		got += " " + string(dependency.Reason)
	}
	return got
}

// orgRefusal fails the test unless a call was refused with a code and reason and a message.
func orgRefusal(t testing.TB, err error, want, message string) {
	t.Helper()
	if got := refused(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
		return
	}
	var e smithy.APIError
	if errors.As(err, &e) && e.ErrorMessage() != message {
		t.Errorf("message %q, want %q", e.ErrorMessage(), message)
	}
}

const (
	memberA = "222222222222"
	memberB = "333333333333"
)

// storyOfTheTree: an organization is made, grows, and ends.
func storyOfTheTree(t *testing.T, ctx context.Context, seen *calls) {
	w := startOrganizations(t, seen)
	all := w.clients(w.Root)
	c := all.Organizations
	_, err := c.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	orgRefusal(t, err, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	_, err = c.ListRoots(ctx, &organizations.ListRootsInput{})
	orgRefusal(t, err, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")

	made := must[*organizations.CreateOrganizationOutput](t)(c.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})).Organization
	o := must[*organizations.DescribeOrganizationOutput](t)(c.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})).Organization
	if *o.Id != *made.Id || *o.Arn != "arn:aws:organizations::111122223333:organization/"+*o.Id || o.FeatureSet != "ALL" ||
		*o.MasterAccountArn != "arn:aws:organizations::111122223333:account/"+*o.Id+"/111122223333" || len(o.AvailablePolicyTypes) != 1 {
		t.Errorf("organization %+v", o)
	}
	_, err = c.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})
	orgRefusal(t, err, "AlreadyInOrganizationException", "The AWS account is already a member of an organization.")
	role := must[*iam.GetRoleOutput](t)(all.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: new("AWSServiceRoleForOrganizations")}))
	if *role.Role.Path != "/aws-service-role/organizations.amazonaws.com/" {
		t.Errorf("the service-linked role is at %s", *role.Role.Path)
	}
	roots := must[*organizations.ListRootsOutput](t)(c.ListRoots(ctx, &organizations.ListRootsInput{})).Roots
	if len(roots) != 1 || *roots[0].Name != "Root" || len(roots[0].PolicyTypes) != 0 {
		t.Fatalf("roots %+v", roots)
	}
	root := roots[0].Id

	unit := func(parent *string, name string) (*types.OrganizationalUnit, error) {
		out, err := c.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: parent, Name: &name, Tags: []types.Tag{{Key: new("k"), Value: new("v")}}})
		if err != nil {
			return nil, err
		}
		return out.OrganizationalUnit, nil
	}
	deep := []*string{root}
	for _, name := range []string{"one", "two", "three", "four", "five"} {
		u := must[*types.OrganizationalUnit](t)(unit(deep[len(deep)-1], name))
		deep = append(deep, u.Id)
	}
	_, err = unit(deep[5], "six")
	orgRefusal(t, err, "ConstraintViolationException OU_DEPTH_LIMIT_EXCEEDED", "You attempted to create an OU tree that is too many levels deep.")
	_, err = unit(root, "one")
	orgRefusal(t, err, "DuplicateOrganizationalUnitException", "An OU with the same name already exists.")
	_, err = unit(new("ou-aaaa-aaaaaaaa"), "x")
	orgRefusal(t, err, "ParentNotFoundException", "You specified parent that doesn't exist.")
	_, err = c.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: root, Name: new("tags"), Tags: []types.Tag{{Key: new("k"), Value: new("v")}, {Key: new("k"), Value: new("w")}}})
	if got := refused(err); got != "InvalidInputException DUPLICATE_TAG_KEY" {
		t.Errorf("a tag twice: %v", err)
	}
	two := must[*organizations.DescribeOrganizationalUnitOutput](t)(c.DescribeOrganizationalUnit(ctx, &organizations.DescribeOrganizationalUnitInput{OrganizationalUnitId: deep[2]})).OrganizationalUnit
	if *two.Name != "two" || *two.Path != *o.Id+"/"+*root+"/"+*deep[1]+"/"+*deep[2]+"/" || *two.Arn != "arn:aws:organizations::111122223333:ou/"+*o.Id+"/"+*deep[2] {
		t.Errorf("unit %+v", two)
	}
	renamed := must[*organizations.UpdateOrganizationalUnitOutput](t)(c.UpdateOrganizationalUnit(ctx, &organizations.UpdateOrganizationalUnitInput{OrganizationalUnitId: deep[5], Name: new("V")}))
	if *renamed.OrganizationalUnit.Name != "V" {
		t.Errorf("renamed: %+v", renamed.OrganizationalUnit)
	}
	_, err = c.UpdateOrganizationalUnit(ctx, &organizations.UpdateOrganizationalUnitInput{OrganizationalUnitId: new("ou-aaaa-aaaaaaaa"), Name: new("V")})
	orgRefusal(t, err, "OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")
	_, err = c.DeleteOrganizationalUnit(ctx, &organizations.DeleteOrganizationalUnitInput{OrganizationalUnitId: deep[4]})
	if code(err) != "OrganizationalUnitNotEmptyException" {
		t.Errorf("a unit with a unit in it was deleted: %v", err)
	}
	must[*organizations.DeleteOrganizationalUnitOutput](t)(c.DeleteOrganizationalUnit(ctx, &organizations.DeleteOrganizationalUnitInput{OrganizationalUnitId: deep[5]}))
	for i := range 3 {
		must[*types.OrganizationalUnit](t)(unit(root, string(rune('a'+i))))
	}
	first := must[*organizations.ListOrganizationalUnitsForParentOutput](t)(c.ListOrganizationalUnitsForParent(ctx, &organizations.ListOrganizationalUnitsForParentInput{ParentId: root, MaxResults: new(int32(3))}))
	rest := must[*organizations.ListOrganizationalUnitsForParentOutput](t)(c.ListOrganizationalUnitsForParent(ctx, &organizations.ListOrganizationalUnitsForParentInput{ParentId: root, NextToken: first.NextToken}))
	if len(first.OrganizationalUnits) != 3 || len(rest.OrganizationalUnits) != 1 || rest.NextToken != nil {
		t.Errorf("pages of %d and %d units", len(first.OrganizationalUnits), len(rest.OrganizationalUnits))
	}
	_, err = c.ListOrganizationalUnitsForParent(ctx, &organizations.ListOrganizationalUnitsForParentInput{ParentId: deep[1], NextToken: first.NextToken})
	orgRefusal(t, err, "InvalidInputException INVALID_NEXT_TOKEN", "You specified an invalid value for nextToken. You must get the value from the response to a previous call to the API.")

	// Accounts.
	must[*organizations.CreateAccountOutput](t)(c.CreateAccount(ctx, &organizations.CreateAccountInput{
		AccountName: new("dev"), Email: new("dev@example.com"), Tags: []types.Tag{{Key: new("stage"), Value: new("dev")}},
	}))
	began := must[*organizations.CreateAccountOutput](t)(c.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: new("prod"), Email: new("prod@example.com"), RoleName: new("Steward")})).CreateAccountStatus
	if began.State != types.CreateAccountStateInProgress || began.AccountId != nil {
		t.Errorf("as it begins: %+v", began)
	}
	status := must[*organizations.DescribeCreateAccountStatusOutput](t)(c.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: began.Id})).CreateAccountStatus
	if status.State != types.CreateAccountStateSucceeded || status.AccountId == nil || status.CompletedTimestamp == nil {
		t.Fatalf("when it is done: %+v", status)
	}
	prod := status.AccountId
	must[*organizations.CreateAccountOutput](t)(c.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: new("again"), Email: new("PROD@example.com")}))
	failed := must[*organizations.ListCreateAccountStatusOutput](t)(c.ListCreateAccountStatus(ctx, &organizations.ListCreateAccountStatusInput{States: []types.CreateAccountState{"FAILED"}})).CreateAccountStatuses
	if len(failed) != 1 || failed[0].FailureReason != types.CreateAccountFailureReasonEmailAlreadyExists || failed[0].AccountId != nil {
		t.Errorf("an e-mail address twice: %+v", failed)
	}
	_, err = c.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: new("x"), Email: new("x@example.com"), RoleName: new("AWSServiceRoleForX")})
	if got := refused(err); got != "InvalidInputException INVALID_ROLE_NAME" {
		t.Errorf("a reserved role name: %v", err)
	}
	_, err = c.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: new("car-aaaaaaaa")})
	if code(err) != "CreateAccountStatusNotFoundException" {
		t.Errorf("a request that is not there: %v", err)
	}
	_, err = c.CreateGovCloudAccount(ctx, &organizations.CreateGovCloudAccountInput{AccountName: new("gov"), Email: new("gov@example.com")})
	if got := refused(err); got != "ConstraintViolationException MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED" {
		t.Errorf("GovCloud: %v", err)
	} else if seen != nil {
		seen.mu.Lock()
		seen.seen["organizations:CreateGovCloudAccount"] = true // it is always refused
		seen.mu.Unlock()
	}
	accounts := must[*organizations.ListAccountsOutput](t)(c.ListAccounts(ctx, &organizations.ListAccountsInput{})).Accounts
	if len(accounts) != 3 {
		t.Errorf("%d accounts, want 3", len(accounts))
	}
	a := must[*organizations.DescribeAccountOutput](t)(c.DescribeAccount(ctx, &organizations.DescribeAccountInput{AccountId: prod})).Account
	if *a.Name != "prod" || *a.Email != "prod@example.com" || a.Status != types.AccountStatusActive || a.State != types.AccountStateActive || a.JoinedMethod != types.AccountJoinedMethodCreated ||
		!slices.Equal(a.Paths, []string{*o.Id + "/" + *root + "/" + *prod + "/"}) || *a.Arn != "arn:aws:organizations::111122223333:account/"+*o.Id+"/"+*prod {
		t.Errorf("account %+v", a)
	}
	_, err = c.DescribeAccount(ctx, &organizations.DescribeAccountInput{AccountId: new("999999999999")})
	orgRefusal(t, err, "AccountNotFoundException", "You specified an account that doesn't exist.")
	must[*organizations.MoveAccountOutput](t)(c.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: prod, SourceParentId: root, DestinationParentId: deep[1]}))
	for _, try := range []struct {
		account, from, to *string
		want, message     string
	}{
		{new("999999999999"), root, deep[1], "AccountNotFoundException", "You specified an account that doesn't exist."},
		{prod, root, deep[1], "SourceParentNotFoundException", "You specified a source root or OU that doesn't exist."},
		{prod, deep[1], new("ou-aaaa-aaaaaaaa"), "DestinationParentNotFoundException", "You specified a destination root or OU that doesn't exist."},
		{prod, deep[1], deep[1], "DuplicateAccountException", "That account is already present in the specified destination."},
	} {
		_, err = c.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: try.account, SourceParentId: try.from, DestinationParentId: try.to})
		orgRefusal(t, err, try.want, try.message)
	}
	under := must[*organizations.ListAccountsForParentOutput](t)(c.ListAccountsForParent(ctx, &organizations.ListAccountsForParentInput{ParentId: deep[1]})).Accounts
	children := must[*organizations.ListChildrenOutput](t)(c.ListChildren(ctx, &organizations.ListChildrenInput{ParentId: deep[1], ChildType: types.ChildTypeAccount})).Children
	parents := must[*organizations.ListParentsOutput](t)(c.ListParents(ctx, &organizations.ListParentsInput{ChildId: prod})).Parents
	if len(under) != 1 || *under[0].Id != *prod || len(children) != 1 || *children[0].Id != *prod || len(parents) != 1 || *parents[0].Id != *deep[1] || parents[0].Type != types.ParentTypeOrganizationalUnit {
		t.Errorf("%v and %v under %v", under, children, parents)
	}
	units := must[*organizations.ListChildrenOutput](t)(c.ListChildren(ctx, &organizations.ListChildrenInput{ParentId: deep[1], ChildType: types.ChildTypeOrganizationalUnit})).Children
	if len(units) != 1 || *units[0].Id != *deep[2] {
		t.Errorf("units %+v", units)
	}
	_, err = c.ListParents(ctx, &organizations.ListParentsInput{ChildId: new("999999999999")})
	orgRefusal(t, err, "ChildNotFoundException", "You specified a child that doesn't exist.")

	// The role by which the management account looks after an account.
	steward := w.User(t, "steward", allow("sts:AssumeRole"))
	session := w.clients(w.Session(must[*sts.AssumeRoleOutput](t)(steward.STS.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: new("arn:aws:iam::" + *prod + ":role/Steward"), RoleSessionName: new("me"),
	})).Credentials).Credentials)
	must[*iam.CreateUserOutput](t)(session.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: new("inside")}))
	_, err = session.Organizations.ListAccounts(ctx, &organizations.ListAccountsInput{})
	orgRefusal(t, err, "AccessDeniedException", "You don't have permissions to access this resource.")
	must[*organizations.DescribeOrganizationOutput](t)(session.Organizations.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{}))

	// Leaving: not so soon.
	waits := "After you create an organization or account, there is a waiting period before you can remove it from the organization. If you get an error that indicates that a wait period is required, try again in a few days."
	_, err = session.Organizations.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{})
	orgRefusal(t, err, "ConstraintViolationException WAIT_PERIOD_ACTIVE", waits)
	_, err = c.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{})
	if code(err) != "MasterCannotLeaveOrganizationException" {
		t.Errorf("the management account leaves: %v", err)
	}
	_, err = c.DeleteOrganization(ctx, &organizations.DeleteOrganizationInput{})
	orgRefusal(t, err, "OrganizationNotEmptyException", "To delete an organization you must first remove all member accounts (except the master).")
	w.operate(t, "SetQuota", "Name", "CreatedAccountMinimumDaysQuota", "Value", "0")
	must[*organizations.LeaveOrganizationOutput](t)(session.Organizations.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{}))
	_, err = session.Organizations.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	orgRefusal(t, err, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")

	// Closing.
	_, err = c.CloseAccount(ctx, &organizations.CloseAccountInput{AccountId: new(servertest.Account)})
	if got := refused(err); got != "ConstraintViolationException CANNOT_CLOSE_MANAGEMENT_ACCOUNT" {
		t.Errorf("the management account is closed: %v", err)
	}
	var dev *string
	for _, a := range must[*organizations.ListAccountsOutput](t)(c.ListAccounts(ctx, &organizations.ListAccountsInput{})).Accounts {
		if *a.Name == "dev" {
			dev = a.Id
		}
	}
	inDev := w.Session(must[*sts.AssumeRoleOutput](t)(steward.STS.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: new("arn:aws:iam::" + *dev + ":role/OrganizationAccountAccessRole"), RoleSessionName: new("me"),
	})).Credentials)
	must[*iam.CreateUserOutput](t)(inDev.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: new("dev")}))
	key := must[*iam.CreateAccessKeyOutput](t)(inDev.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("dev")})).AccessKey
	devUser := w.As(aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
	must[*sts.GetCallerIdentityOutput](t)(devUser.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	must[*organizations.CloseAccountOutput](t)(c.CloseAccount(ctx, &organizations.CloseAccountInput{AccountId: dev}))
	for _, who := range []servertest.Clients{inDev, devUser} {
		_, err = who.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		want(t, err, "InvalidClientTokenId")
	}
	_, err = steward.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::" + *dev + ":role/OrganizationAccountAccessRole"), RoleSessionName: new("me")})
	want(t, err, "AccessDenied")
	closed := must[*organizations.DescribeAccountOutput](t)(c.DescribeAccount(ctx, &organizations.DescribeAccountInput{AccountId: dev})).Account
	if closed.Status != types.AccountStatusSuspended || closed.State != types.AccountStateClosed {
		t.Errorf("closed: %+v", closed)
	}
	_, err = c.CloseAccount(ctx, &organizations.CloseAccountInput{AccountId: dev})
	orgRefusal(t, err, "AccountAlreadyClosedException", "You attempted to close an account that is already closed.")
	must[*organizations.RemoveAccountFromOrganizationOutput](t)(c.RemoveAccountFromOrganization(ctx, &organizations.RemoveAccountFromOrganizationInput{AccountId: dev}))
	_, err = c.RemoveAccountFromOrganization(ctx, &organizations.RemoveAccountFromOrganizationInput{AccountId: dev})
	orgRefusal(t, err, "AccountNotFoundException", "You specified an account that doesn't exist.")
	must[*organizations.DeleteOrganizationOutput](t)(c.DeleteOrganization(ctx, &organizations.DeleteOrganizationInput{}))
	_, err = c.DeleteOrganization(ctx, &organizations.DeleteOrganizationInput{})
	orgRefusal(t, err, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
}

// storyOfHandshakes: accounts are invited; all features come by the consent of all.
func storyOfHandshakes(t *testing.T, ctx context.Context, seen *calls) {
	w := startOrganizations(t, seen)
	c := w.clients(w.Root).Organizations
	a, b := w.account(t, memberA, "ann"), w.account(t, memberB, "bob")
	must[*organizations.CreateOrganizationOutput](t)(c.CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetConsolidatedBilling}))
	invite := func(kind types.HandshakePartyType, id string) (*types.Handshake, error) {
		out, err := c.InviteAccountToOrganization(ctx, &organizations.InviteAccountToOrganizationInput{
			Target: &types.HandshakeParty{Type: kind, Id: &id}, Notes: new("please"), Tags: []types.Tag{{Key: new("k"), Value: new("v")}},
		})
		if err != nil {
			return nil, err
		}
		return out.Handshake, nil
	}
	h := must[*types.Handshake](t)(invite(types.HandshakePartyTypeAccount, memberA))
	org := *h.Parties[0].Id
	if *h.Arn != "arn:aws:organizations::111122223333:handshake/"+org+"/invite/"+*h.Id || h.State != types.HandshakeStateOpen || h.Action != types.ActionTypeInviteAccountToOrganization ||
		h.ExpirationTimestamp.Sub(*h.RequestedTimestamp) != 15*24*time.Hour || len(h.Parties) != 2 || *h.Parties[1].Id != memberA {
		t.Errorf("handshake %+v", h)
	}
	got := map[types.HandshakeResourceType]string{}
	for _, r := range h.Resources {
		got[r.Type] = *r.Value
		for _, in := range r.Resources {
			got[in.Type] = *in.Value
		}
	}
	if got["ORGANIZATION"] != org || got["MASTER_NAME"] != "default" || got["ORGANIZATION_FEATURE_SET"] != "CONSOLIDATED_BILLING" || got["ACCOUNT"] != memberA || got["NOTES"] != "please" {
		t.Errorf("resources %v", got)
	}
	_, err := invite(types.HandshakePartyTypeAccount, memberA)
	orgRefusal(t, err, "DuplicateHandshakeException", "A handshake with the same action and target already exists.")
	_, err = invite(types.HandshakePartyTypeEmail, "ANN@example.com")
	orgRefusal(t, err, "DuplicateHandshakeException", "A handshake with the same action and target already exists.")
	_, err = invite(types.HandshakePartyTypeOrganization, "o-aaaaaaaaaa")
	orgRefusal(t, err, "InvalidInputException INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of entity (account, organization, or email) as a party.")
	_, err = invite(types.HandshakePartyTypeAccount, servertest.Account)
	orgRefusal(t, err, "HandshakeConstraintViolationException ALREADY_IN_AN_ORGANIZATION", "The handshake request is invalid because the invited account is already a member of an organization.")

	mine := must[*organizations.ListHandshakesForAccountOutput](t)(a.Organizations.ListHandshakesForAccount(ctx, &organizations.ListHandshakesForAccountInput{})).Handshakes
	if len(mine) != 1 || *mine[0].Id != *h.Id {
		t.Errorf("the invited account sees %+v", mine)
	}
	_, err = b.Organizations.DescribeHandshake(ctx, &organizations.DescribeHandshakeInput{HandshakeId: h.Id})
	orgRefusal(t, err, "HandshakeNotFoundException", "You specified a handshake that doesn't exist.")
	_, err = b.Organizations.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: h.Id})
	orgRefusal(t, err, "HandshakeNotFoundException", "You specified a handshake that doesn't exist.")
	_, err = c.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: h.Id})
	orgRefusal(t, err, "AccessDeniedException", "You don't have permissions to access this resource.")
	accepted := must[*organizations.AcceptHandshakeOutput](t)(a.Organizations.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: h.Id})).Handshake
	if accepted.State != types.HandshakeStateAccepted {
		t.Errorf("accepted: %+v", accepted)
	}
	_, err = a.Organizations.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: h.Id})
	orgRefusal(t, err, "HandshakeAlreadyInStateException", "The specified handshake is already in the requested state.")
	_, err = c.CancelHandshake(ctx, &organizations.CancelHandshakeInput{HandshakeId: h.Id})
	if code(err) != "InvalidHandshakeTransitionException" {
		t.Errorf("an accepted invitation is canceled: %v", err)
	}
	must[*iam.GetRoleOutput](t)(a.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: new("AWSServiceRoleForOrganizations")}))

	// By e-mail: declined, and taken back.
	h = must[*types.Handshake](t)(invite(types.HandshakePartyTypeEmail, "bob@example.com"))
	must[*organizations.DeclineHandshakeOutput](t)(b.Organizations.DeclineHandshake(ctx, &organizations.DeclineHandshakeInput{HandshakeId: h.Id}))
	h = must[*types.Handshake](t)(invite(types.HandshakePartyTypeEmail, "nobody@example.com"))
	must[*organizations.CancelHandshakeOutput](t)(c.CancelHandshake(ctx, &organizations.CancelHandshakeInput{HandshakeId: h.Id}))
	if h := must[*organizations.DescribeHandshakeOutput](t)(c.DescribeHandshake(ctx, &organizations.DescribeHandshakeInput{HandshakeId: h.Id})).Handshake; h.State != types.HandshakeStateCanceled {
		t.Errorf("canceled: %+v", h)
	}
	list := must[*organizations.ListHandshakesForOrganizationOutput](t)(c.ListHandshakesForOrganization(ctx, &organizations.ListHandshakesForOrganizationInput{Filter: &types.HandshakeFilter{ActionType: types.ActionTypeInviteAccountToOrganization}})).Handshakes
	if len(list) != 3 {
		t.Errorf("%d invitations, want 3", len(list))
	}

	// Who may not make the service-linked role may not join.
	h = must[*types.Handshake](t)(invite(types.HandshakePartyTypeAccount, memberB))
	must[*iam.CreateUserOutput](t)(b.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: new("half")}))
	must[*iam.PutUserPolicyOutput](t)(b.IAM.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("half"), PolicyName: new("p"), PolicyDocument: new(allow("organizations:*"))}))
	key := must[*iam.CreateAccessKeyOutput](t)(b.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("half")})).AccessKey
	half := w.As(aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
	_, err = half.Organizations.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: h.Id})
	orgRefusal(t, err, "AccessDeniedForDependencyException ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE", "The request failed because your credentials do not have permission to create the service-linked role required by AWS Organizations.")

	// All features.
	_, err = c.CloseAccount(ctx, &organizations.CloseAccountInput{AccountId: new(memberA)})
	if got := refused(err); got != "ConstraintViolationException ORGANIZATION_NOT_IN_ALL_FEATURES_MODE" {
		t.Errorf("closed without all features: %v", err)
	}
	parent := must[*organizations.EnableAllFeaturesOutput](t)(c.EnableAllFeatures(ctx, &organizations.EnableAllFeaturesInput{})).Handshake
	if parent.State != types.HandshakeStateRequested || parent.Action != types.ActionTypeEnableAllFeatures || len(parent.Parties) != 1 {
		t.Errorf("enabling all features: %+v", parent)
	}
	_, err = c.EnableAllFeatures(ctx, &organizations.EnableAllFeaturesInput{})
	if got := refused(err); got != "HandshakeConstraintViolationException ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION" {
		t.Errorf("twice: %v", err)
	}
	_, err = c.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: parent.Id})
	if code(err) != "InvalidHandshakeTransitionException" {
		t.Errorf("before all have agreed: %v", err)
	}
	must[*organizations.CancelHandshakeOutput](t)(c.CancelHandshake(ctx, &organizations.CancelHandshakeInput{HandshakeId: h.Id}))
	_, err = invite(types.HandshakePartyTypeAccount, memberB)
	if got := refused(err); got != "HandshakeConstraintViolationException INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES" {
		t.Errorf("an invitation meanwhile: %v", err)
	}
	asked := must[*organizations.ListHandshakesForAccountOutput](t)(a.Organizations.ListHandshakesForAccount(ctx, &organizations.ListHandshakesForAccountInput{Filter: &types.HandshakeFilter{ActionType: types.ActionTypeApproveAllFeatures}})).Handshakes
	children := must[*organizations.ListHandshakesForOrganizationOutput](t)(c.ListHandshakesForOrganization(ctx, &organizations.ListHandshakesForOrganizationInput{Filter: &types.HandshakeFilter{ParentHandshakeId: parent.Id}})).Handshakes
	if len(asked) != 1 || len(children) != 1 || *asked[0].Id != *children[0].Id {
		t.Fatalf("asked %+v, children %+v", asked, children)
	}
	must[*organizations.AcceptHandshakeOutput](t)(a.Organizations.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: asked[0].Id}))
	if h := must[*organizations.DescribeHandshakeOutput](t)(c.DescribeHandshake(ctx, &organizations.DescribeHandshakeInput{HandshakeId: parent.Id})).Handshake; h.State != types.HandshakeStateOpen {
		t.Errorf("when all have agreed: %+v", h)
	}
	must[*organizations.AcceptHandshakeOutput](t)(c.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: parent.Id}))
	if o := must[*organizations.DescribeOrganizationOutput](t)(c.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})).Organization; o.FeatureSet != types.OrganizationFeatureSetAll {
		t.Errorf("in the end: %+v", o)
	}
	_, err = c.EnableAllFeatures(ctx, &organizations.EnableAllFeaturesInput{})
	if got := refused(err); got != "HandshakeConstraintViolationException ORGANIZATION_ALREADY_HAS_ALL_FEATURES" {
		t.Errorf("once more: %v", err)
	}
}

// storyOfTransfers: one organization takes the responsibility for the bills of another.
func storyOfTransfers(t *testing.T, ctx context.Context, seen *calls) {
	w := startOrganizations(t, seen)
	c, a := w.clients(w.Root).Organizations, w.account(t, memberA, "ann").Organizations
	must[*organizations.CreateOrganizationOutput](t)(c.CreateOrganization(ctx, &organizations.CreateOrganizationInput{}))
	now := w.clock.now().UTC()
	begins := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	ask := func(to string, start time.Time) (*types.Handshake, error) {
		out, err := c.InviteOrganizationToTransferResponsibility(ctx, &organizations.InviteOrganizationToTransferResponsibilityInput{
			Type: types.ResponsibilityTransferTypeBilling, Target: &types.HandshakeParty{Type: types.HandshakePartyTypeAccount, Id: &to},
			SourceName: new("ann's"), StartTimestamp: &start, Notes: new("we pay"),
		})
		if err != nil {
			return nil, err
		}
		return out.Handshake, nil
	}
	_, err := ask(memberA, begins)
	orgRefusal(t, err, "InvalidInputException TARGET_NOT_SUPPORTED", "You can't perform the specified operation on that target entity.")
	must[*organizations.CreateOrganizationOutput](t)(a.CreateOrganization(ctx, &organizations.CreateOrganizationInput{}))
	for start, want := range map[time.Time]string{
		begins.Add(time.Hour): "START_DATE_NOT_BEGINNING_OF_DAY", begins.AddDate(0, 0, 1): "START_DATE_NOT_BEGINNING_OF_MONTH",
		begins.AddDate(0, -1, 0): "START_DATE_TOO_EARLY",
	} {
		if _, err := ask(memberA, start); refused(err) != "InvalidInputException "+want {
			t.Errorf("from %s on: %v, want %s", start, err, want)
		}
	}
	_, err = ask(servertest.Account, begins)
	if got := refused(err); got != "HandshakeConstraintViolationException SOURCE_AND_TARGET_CANNOT_MATCH" {
		t.Errorf("of itself: %v", err)
	}
	h := must[*types.Handshake](t)(ask(memberA, begins))
	outbound := func() types.ResponsibilityTransfer {
		list := must[*organizations.ListOutboundResponsibilityTransfersOutput](t)(a.ListOutboundResponsibilityTransfers(ctx, &organizations.ListOutboundResponsibilityTransfersInput{Type: types.ResponsibilityTransferTypeBilling})).ResponsibilityTransfers
		if len(list) != 1 {
			t.Fatalf("outbound %+v", list)
		}
		return list[0]
	}
	if r := outbound(); r.Status != types.ResponsibilityTransferStatusRequested || *r.Source.ManagementAccountId != memberA || *r.Target.ManagementAccountId != servertest.Account || *r.ActiveHandshakeId != *h.Id {
		t.Errorf("asked for: %+v", r)
	}
	must[*organizations.AcceptHandshakeOutput](t)(a.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: h.Id}))
	list := must[*organizations.ListInboundResponsibilityTransfersOutput](t)(c.ListInboundResponsibilityTransfers(ctx, &organizations.ListInboundResponsibilityTransfersInput{Type: types.ResponsibilityTransferTypeBilling})).ResponsibilityTransfers
	if len(list) != 1 || list[0].Status != types.ResponsibilityTransferStatusAccepted || !list[0].StartTimestamp.Equal(begins) {
		t.Fatalf("inbound %+v", list)
	}
	id := list[0].Id
	renamed := must[*organizations.UpdateResponsibilityTransferOutput](t)(c.UpdateResponsibilityTransfer(ctx, &organizations.UpdateResponsibilityTransferInput{Id: id, Name: new("Ann's bills")})).ResponsibilityTransfer
	if *renamed.Name != "Ann's bills" {
		t.Errorf("renamed: %+v", renamed)
	}
	_, err = c.DeleteOrganization(ctx, &organizations.DeleteOrganizationInput{})
	if got := refused(err); got != "ConstraintViolationException ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS" {
		t.Errorf("deleted meanwhile: %v", err)
	}
	_, err = a.TerminateResponsibilityTransfer(ctx, &organizations.TerminateResponsibilityTransferInput{Id: id, EndTimestamp: new(begins.AddDate(0, 1, 0))})
	if got := refused(err); got != "InvalidInputException END_DATE_NOT_END_OF_MONTH" {
		t.Errorf("in the middle of a month: %v", err)
	}
	ended := must[*organizations.TerminateResponsibilityTransferOutput](t)(a.TerminateResponsibilityTransfer(ctx, &organizations.TerminateResponsibilityTransferInput{Id: id, EndTimestamp: new(begins.AddDate(0, 1, 0).Add(-time.Millisecond))})).ResponsibilityTransfer
	if ended.Status != types.ResponsibilityTransferStatusWithdrawn || !ended.EndTimestamp.Equal(begins.AddDate(0, 1, 0).Add(-time.Millisecond)) {
		t.Errorf("ended: %+v", ended)
	}
	_, err = c.TerminateResponsibilityTransfer(ctx, &organizations.TerminateResponsibilityTransferInput{Id: id})
	if code(err) != "ResponsibilityTransferAlreadyInStatusException" {
		t.Errorf("twice: %v", err)
	}
	r := must[*organizations.DescribeResponsibilityTransferOutput](t)(c.DescribeResponsibilityTransfer(ctx, &organizations.DescribeResponsibilityTransferInput{Id: id})).ResponsibilityTransfer
	if r.Status != types.ResponsibilityTransferStatusWithdrawn || *r.Arn != "arn:aws:organizations::111122223333:transfer/"+*h.Parties[0].Id+"/billing/inbound/"+*id {
		t.Errorf("in the end: %+v", r)
	}
	_, err = c.DescribeResponsibilityTransfer(ctx, &organizations.DescribeResponsibilityTransferInput{Id: new("rt-aaaaaaaa")})
	orgRefusal(t, err, "ResponsibilityTransferNotFoundException", "We can't find a transfer that you specified.")
}
