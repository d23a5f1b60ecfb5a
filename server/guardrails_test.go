package server_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// The guard rails of an organization, as its members meet them: each story has what
// is refused, what still works, and what works again when the rail is gone.

// railed is an organization of which SCPs and RCPs are enabled.
func railed(t *testing.T) *policyWorld {
	w := startOrganization(t, nil)
	for _, kind := range []types.PolicyType{types.PolicyTypeServiceControlPolicy, types.PolicyTypeResourceControlPolicy} {
		_, err := w.root.EnablePolicyType(context.Background(), &organizations.EnablePolicyTypeInput{RootId: &w.rootID, PolicyType: kind})
		if err != nil && code(err) != "PolicyTypeAlreadyEnabledException" {
			t.Fatal(err)
		}
	}
	return w
}

// policy makes a policy and attaches it; the policy can be detached again.
func (w *policyWorld) policy(t *testing.T, kind types.PolicyType, statements string, targets ...string) (id string) {
	t.Helper()
	ctx := context.Background()
	made := must[*organizations.CreatePolicyOutput](t)(w.root.CreatePolicy(ctx, &organizations.CreatePolicyInput{
		Name: new(fmt.Sprint("policy ", time.Now().UnixNano())), Description: new(""), Type: kind, Content: new(`{"Version": "2012-10-17", "Statement": [` + statements + `]}`),
	}))
	id = *made.Policy.PolicySummary.Id
	for _, target := range targets {
		must[*organizations.AttachPolicyOutput](t)(w.root.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: &id, TargetId: &target}))
	}
	return id
}

func (w *policyWorld) scp(t *testing.T, statements string, targets ...string) string {
	t.Helper()
	return w.policy(t, types.PolicyTypeServiceControlPolicy, statements, targets...)
}

func (w *policyWorld) detach(t *testing.T, id, target string) {
	t.Helper()
	must[*organizations.DetachPolicyOutput](t)(w.root.DetachPolicy(context.Background(), &organizations.DetachPolicyInput{PolicyId: &id, TargetId: &target}))
}

// administratorOf is a session of the role by which the management account looks after
// a member.
func (w *policyWorld) administratorOf(t *testing.T, account string) servertest.Clients {
	t.Helper()
	out := must[*sts.AssumeRoleOutput](t)(w.admin.STS.AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: new("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole"), RoleSessionName: new("admin"),
	}))
	return w.Session(out.Credentials)
}

// userOf makes a user of a member who may do everything.
func (w *policyWorld) userOf(t *testing.T, account, name string) servertest.Clients {
	t.Helper()
	ctx, c := context.Background(), w.administratorOf(t, account).IAM
	must[*iam.CreateUserOutput](t)(c.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))
	must[*iam.AttachUserPolicyOutput](t)(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess")}))
	key := must[*iam.CreateAccessKeyOutput](t)(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})).AccessKey
	return w.As(aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
}

func createUser(c servertest.Clients, name string) error {
	_, err := c.IAM.CreateUser(context.Background(), &iam.CreateUserInput{UserName: &name})
	return err
}

func listUsers(c servertest.Clients) error {
	_, err := c.IAM.ListUsers(context.Background(), &iam.ListUsersInput{})
	return err
}

// wantError fails the test unless a call was refused with a message that ends so, or
// for "" was not refused.
func wantError(t *testing.T, what string, err error, end string) {
	t.Helper()
	got := reasoned(err)
	if end == "" && err != nil || end != "" && !strings.HasSuffix(got, end) {
		t.Errorf("%s: %s, want …%s", what, got, end)
	}
}

// TestAllowListAtTheRoot: only what the root's SCP lists can be done in any member,
// whatever its administrators allow; the management account does what it likes.
func TestAllowListAtTheRoot(t *testing.T) {
	w := railed(t)
	defer askedAgain(t, w.Host, 1)
	eve := w.userOf(t, w.second, "eve")
	wantError(t, "before", createUser(eve, "one"), "")
	listed := w.scp(t, `{"Effect": "Allow", "Action": ["iam:List*", "iam:Get*", "sts:*"], "Resource": "*"}`, w.rootID)
	wantError(t, "one of two at the root", createUser(eve, "two"), "")
	w.detach(t, "p-FullAWSAccess", w.rootID)
	const lacks = "because no service control policy allows the iam:CreateUser action"
	wantError(t, "not on the list", createUser(eve, "three"), lacks)
	wantError(t, "on the list", listUsers(eve), "")
	wantError(t, "the administrator from the management account", createUser(w.administratorOf(t, w.second), "three"), lacks)
	wantError(t, "the management account", createUser(w.admin, "three"), "")
	wantError(t, "nobody can take the last one away", errorOf(w.root.DetachPolicy(context.Background(), &organizations.DetachPolicyInput{PolicyId: &listed, TargetId: &w.rootID})),
		"You must have at least one attached at all times.")
	must[*organizations.AttachPolicyOutput](t)(w.root.AttachPolicy(context.Background(), &organizations.AttachPolicyInput{PolicyId: new("p-FullAWSAccess"), TargetId: &w.rootID}))
	wantError(t, "afterwards", createUser(eve, "three"), "")
}

// TestRegionLock: accounts of a unit may use regional services in some regions only;
// IAM has none.
func TestRegionLock(t *testing.T) {
	w := railed(t)
	defer askedAgain(t, w.Host, 1)
	inUnit, beside := w.userOf(t, w.second, "eve"), w.userOf(t, w.first, "eve")
	w.scp(t, `{"Sid": "Regions", "Effect": "Deny", "NotAction": ["iam:*", "organizations:*"], "Resource": "*",
		"Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}}`, w.unit)
	token := func(c servertest.Clients, region string) error {
		_, err := c.STS.GetFederationToken(context.Background(), &sts.GetFederationTokenInput{Name: new("xx")}, func(o *sts.Options) { o.Region = region })
		return err
	}
	const locked = "with an explicit deny in a service control policy"
	for region, end := range map[string]string{"eu-central-1": "", "eu-west-1": "", "us-east-1": locked, "ap-south-1": locked} {
		wantError(t, "in the unit, "+region, token(inUnit, region), end)
		wantError(t, "beside it, "+region, token(beside, region), "")
	}
	wantError(t, "a service without regions", createUser(inUnit, "one"), "")
}

// TestQuarantine: an account that is moved into a unit of its own can do nothing from
// the next call on, sessions that it has included, but for the role that looks into
// it; moved back, it is as before.
func TestQuarantine(t *testing.T) {
	w := railed(t)
	ctx := context.Background()
	quarantine := must[*organizations.CreateOrganizationalUnitOutput](t)(w.root.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: &w.rootID, Name: new("Quarantine")})).OrganizationalUnit
	w.scp(t, `{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"}}}`, *quarantine.Id)
	eve := w.userOf(t, w.first, "eve")
	session := w.Session(must[*sts.GetFederationTokenOutput](t)(eve.STS.GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: new("xx"), Policy: new(allow("*"))})).Credentials)
	move := func(from, to string) {
		t.Helper()
		must[*organizations.MoveAccountOutput](t)(w.root.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: &w.first, SourceParentId: &from, DestinationParentId: &to}))
	}
	move(w.rootID, *quarantine.Id)
	const denied = "with an explicit deny in a service control policy"
	wantError(t, "a user", listUsers(eve), denied)
	wantError(t, "a user makes a session", errorOf(eve.STS.GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: new("yy")})), denied)
	wantError(t, "who one is", errorOf(session.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})), "") // nothing can deny that
	wantError(t, "leaving", errorOf(eve.Organizations.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{})), denied)
	wantError(t, "who looks into it", listUsers(w.administratorOf(t, w.first)), "")
	move(*quarantine.Id, w.rootID)
	wantError(t, "afterwards", listUsers(eve), "")
}

// TestDelegatedAdministration: a member to whom policies were delegated manages them,
// within the SCPs that apply to itself, and cannot give itself more.
func TestDelegatedAdministration(t *testing.T) {
	w := railed(t)
	defer askedAgain(t, w.Host, 1)
	ctx := context.Background()
	must[*organizations.PutResourcePolicyOutput](t)(w.root.PutResourcePolicy(ctx, &organizations.PutResourcePolicyInput{Content: new(`{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::` + w.first + `:root"},
		"Action": ["organizations:CreatePolicy", "organizations:AttachPolicy", "organizations:DetachPolicy", "organizations:ListPolicies", "organizations:DescribePolicy"], "Resource": "*"}]}`)}))
	eve, bob := w.userOf(t, w.first, "eve"), w.userOf(t, w.second, "bob")
	made := must[*organizations.CreatePolicyOutput](t)(eve.Organizations.CreatePolicy(ctx, &organizations.CreatePolicyInput{
		Name: new("no users"), Description: new(""), Type: types.PolicyTypeServiceControlPolicy, Content: new(`{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}}`),
	}))
	attach := func(target string) error {
		_, err := eve.Organizations.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: made.Policy.PolicySummary.Id, TargetId: &target})
		return err
	}
	wantError(t, "before it is attached", createUser(bob, "one"), "")
	wantError(t, "attached to the unit", attach(w.unit), "")
	wantError(t, "a member of the unit", createUser(bob, "two"), "with an explicit deny in a service control policy")
	wantError(t, "what was not delegated", errorOf(eve.Organizations.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: &w.rootID, Name: new("xx")})),
		"You don't have permissions to access this resource.")
	wantError(t, "delegating to itself", errorOf(eve.Organizations.PutResourcePolicy(ctx, &organizations.PutResourcePolicyInput{Content: new(`{}`)})),
		"You don't have permissions to access this resource.")
	w.scp(t, `{"Effect": "Deny", "Action": "organizations:AttachPolicy", "Resource": "*"}`, w.first)
	wantError(t, "within its own SCPs", attach(w.rootID), "with an explicit deny in a service control policy")
}

// TestTriesToGetOut: a member's administrator, who may do everything in the account,
// tries everything to be rid of the organization's rails.
func TestTriesToGetOut(t *testing.T) {
	w := railed(t)
	ctx := context.Background()
	railID := w.scp(t, `{"Effect": "Deny", "Action": ["organizations:LeaveOrganization", "iam:CreateUser"], "Resource": "*"}`, w.rootID)
	// The rail is there already: the administrator's role makes nobody. A role does.
	admin := w.administratorOf(t, w.first)
	must[*iam.CreateRoleOutput](t)(admin.IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("eve"), AssumeRolePolicyDocument: new(trustOf(w.first))}))
	must[*iam.AttachRolePolicyOutput](t)(admin.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: new("eve"), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess")}))
	eve := w.Session(must[*sts.AssumeRoleOutput](t)(admin.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::" + w.first + ":role/eve"), RoleSessionName: new("eve")})).Credentials)
	const denied, none = "with an explicit deny in a service control policy", "You don't have permissions to access this resource."
	org := eve.Organizations
	for _, try := range []struct {
		name string
		err  error
		want string
	}{
		{"leaves", errorOf(org.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{})), denied},
		{"removes itself", errorOf(org.RemoveAccountFromOrganization(ctx, &organizations.RemoveAccountFromOrganizationInput{AccountId: &w.first})), none},
		{"moves itself", errorOf(org.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: &w.first, SourceParentId: &w.rootID, DestinationParentId: &w.unit})), none},
		{"detaches the policy", errorOf(org.DetachPolicy(ctx, &organizations.DetachPolicyInput{PolicyId: &railID, TargetId: &w.rootID})), none},
		{"empties the policy", errorOf(org.UpdatePolicy(ctx, &organizations.UpdatePolicyInput{PolicyId: &railID, Content: new(allow("*"))})), none},
		{"deletes the policy", errorOf(org.DeletePolicy(ctx, &organizations.DeletePolicyInput{PolicyId: &railID})), none},
		{"disables the type", errorOf(org.DisablePolicyType(ctx, &organizations.DisablePolicyTypeInput{RootId: &w.rootID, PolicyType: types.PolicyTypeServiceControlPolicy})), none},
		{"writes the resource policy", errorOf(org.PutResourcePolicy(ctx, &organizations.PutResourcePolicyInput{Content: new(allow("*"))})), none},
		{"becomes a delegated administrator", register(ctx, org, w.first, "iam.amazonaws.com"), none},
		{"closes the account", errorOf(org.CloseAccount(ctx, &organizations.CloseAccountInput{AccountId: &w.first})), none},
		{"deletes the organization", errorOf(org.DeleteOrganization(ctx, &organizations.DeleteOrganizationInput{})), none},
		{"has an organization of its own", errorOf(org.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})), "already a member of an organization."},
		{"makes an account", errorOf(org.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: new("x"), Email: new("x@example.com")})), none},
		{"deletes the organization's role", errorOf(eve.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: new("AWSServiceRoleForOrganizations")})), "this role is only modifiable by AWS"},
		{"assumes the organization's role", errorOf(eve.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::" + w.first + ":role/aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations"), RoleSessionName: new("xx")})), ""},
		{"takes a role of the management account", errorOf(eve.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::" + servertest.Account + ":role/OrganizationAccountAccessRole"), RoleSessionName: new("xx")})), "role/OrganizationAccountAccessRole"},
		{"has a boundary that allows", errorOf(eve.IAM.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: new("eve"), PermissionsBoundary: new("arn:aws:iam::aws:policy/AdministratorAccess")})), ""},
	} {
		if try.name == "assumes the organization's role" {
			if try.err == nil {
				t.Error(try.name)
			}
			continue
		}
		wantError(t, try.name, try.err, try.want)
	}
	wantError(t, "after all that", createUser(eve, "mallory"), denied)
	wantError(t, "a new session", createUser(w.Session(must[*sts.AssumeRoleOutput](t)(eve.STS.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: new("arn:aws:iam::" + w.first + ":role/eve"), RoleSessionName: new("again"), Policy: new(allow("*")),
	})).Credentials), "mallory"), denied)
	w.detach(t, railID, w.rootID)
	wantError(t, "let go", createUser(eve, "mallory"), "")
}

func trustOf(account string) string {
	return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::` + account + `:root"}, "Action": "sts:AssumeRole"}}`
}

// TestResourcesAgainstOutsiders: a member's role trusts everybody, and an RCP lets
// nobody in who is not of the organization.
func TestResourcesAgainstOutsiders(t *testing.T) {
	w := railed(t)
	defer askedAgain(t, w.Host, 1)
	ctx := context.Background()
	role := "arn:aws:iam::" + w.second + ":role/open"
	must[*iam.CreateRoleOutput](t)(w.administratorOf(t, w.second).IAM.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: new("open"), AssumeRolePolicyDocument: new(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}`),
	}))
	outside := &world{Server: w.Server}
	mallory := outside.As(outside.makeOtherAccount(t))
	must[*iam.CreateUserOutput](t)(mallory.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: new("mallory")}))
	must[*iam.PutUserPolicyOutput](t)(mallory.IAM.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("mallory"), PolicyName: new("p"), PolicyDocument: new(allow("*"))}))
	key := must[*iam.CreateAccessKeyOutput](t)(mallory.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("mallory")})).AccessKey
	mallory = w.As(aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
	eve := w.userOf(t, w.first, "eve")
	assume := func(c servertest.Clients) error {
		_, err := c.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: new("xx")})
		return err
	}
	wantError(t, "somebody outside, before", assume(mallory), "")
	rail := w.policy(t, types.PolicyTypeResourceControlPolicy, `{"Sid": "OursOnly", "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*",
		"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "`+w.id+`"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}`, w.unit)
	wantError(t, "somebody outside", assume(mallory), "is not authorized to perform: sts:AssumeRole on resource: "+role)
	wantError(t, "a member", assume(eve), "")
	wantError(t, "the management account", assume(w.admin), "")
	w.detach(t, rail, w.unit)
	wantError(t, "somebody outside, afterwards", assume(mallory), "")
}

// TestMerger: the members of one organization join another one by handshakes, and the
// management account after them, when its own is no more; the rails of the new one
// hold for all of them from then on.
func TestMerger(t *testing.T) {
	w := railed(t)
	ctx := context.Background()
	w.scp(t, `{"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}`, w.rootID)
	others := &orgWorld{&world{Server: w.Server}, nil}
	others.operate(t, "SetQuota", "Name", "AccountsPerOrganizationQuota", "Value", "60")
	head, one, two := others.account(t, "444444444444", "head"), others.account(t, "555555555555", "one"), others.account(t, "666666666666", "two")
	must[*organizations.CreateOrganizationOutput](t)(head.Organizations.CreateOrganization(ctx, &organizations.CreateOrganizationInput{}))
	invite := func(c *organizations.Client, account string) (*string, error) {
		out, err := c.InviteAccountToOrganization(ctx, &organizations.InviteAccountToOrganizationInput{Target: &types.HandshakeParty{Type: types.HandshakePartyTypeAccount, Id: &account}})
		if err != nil {
			return nil, err
		}
		return out.Handshake.Id, nil
	}
	accept := func(c servertest.Clients, handshake *string) {
		t.Helper()
		must[*organizations.AcceptHandshakeOutput](t)(c.Organizations.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: handshake}))
	}
	members := map[string]servertest.Clients{"555555555555": one, "666666666666": two}
	for account, c := range members {
		accept(c, must[*string](t)(invite(head.Organizations, account)))
		wantError(t, "in its organization", createUser(c, "before"), "")
	}
	_, err := invite(w.root, "555555555555")
	if got := refused(err); got != "HandshakeConstraintViolationException ALREADY_IN_AN_ORGANIZATION" {
		t.Errorf("a member of another organization is invited: %v", err)
	}
	const denied = "with an explicit deny in a service control policy"
	for account, c := range members {
		must[*organizations.LeaveOrganizationOutput](t)(c.Organizations.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{}))
		accept(c, must[*string](t)(invite(w.root, account)))
		wantError(t, "in the new one", createUser(c, "after"), denied)
	}
	must[*organizations.DeleteOrganizationOutput](t)(head.Organizations.DeleteOrganization(ctx, &organizations.DeleteOrganizationInput{}))
	wantError(t, "without one", createUser(head, "before"), "")
	accept(head, must[*string](t)(invite(w.root, "444444444444")))
	wantError(t, "the former management account's root user", createUser(head, "after"), denied)
	list := must[*organizations.ListAccountsOutput](t)(w.root.ListAccounts(ctx, &organizations.ListAccountsInput{})).Accounts
	if len(list) != 6 {
		t.Errorf("%d accounts, want 6", len(list))
	}
}

// TestRailsAndCommits: what was allowed before a Deny was attached is not done after
// it. While many calls are on their way an SCP is attached: when that is acknowledged
// nothing more may happen, not even by a call that was let in before.
func TestRailsAndCommits(t *testing.T) {
	w := railed(t)
	ctx := context.Background()
	eve := w.userOf(t, w.first, "eve")
	rail := w.scp(t, `{"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}`)
	var n, refusals atomic.Int64
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := createUser(eve, fmt.Sprint("u", n.Add(1))); code(err) == "AccessDenied" {
					refusals.Add(1)
				} else if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	count := func() int {
		t.Helper()
		out := must[*iam.GetAccountSummaryOutput](t)(eve.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{}))
		return int(out.SummaryMap["Users"])
	}
	for range 20 {
		before := n.Load()
		for n.Load() < before+30 {
			time.Sleep(time.Millisecond)
		}
		must[*organizations.AttachPolicyOutput](t)(w.root.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: &rail, TargetId: &w.first}))
		first, seen := count(), refusals.Load()
		for refusals.Load() < seen+10 { // all that were on their way are over
			time.Sleep(time.Millisecond)
		}
		if second := count(); second != first {
			t.Errorf("%d users when the Deny was acknowledged, %d afterwards", first, second)
		}
		w.detach(t, rail, w.first)
	}
	close(stop)
	writers.Wait()
	if count() < 100 {
		t.Errorf("only %d users were made", count())
	}
}
