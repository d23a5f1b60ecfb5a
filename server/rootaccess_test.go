package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
	"github.com/keyreeve/keyreeve/server/servertest"
	"github.com/keyreeve/keyreeve/store"
)

// rootWorld is an organization with central root access: its management account, the
// security account, which is the delegated administrator for IAM, and a member in a
// unit, whose root user has an access key.
type rootWorld struct {
	*world
	root             servertest.Clients // of the management account: its root user
	boss             servertest.Clients // and a user who may do all
	security, member string
	guard            servertest.Clients // a user of the security account who may do all
	rootID, unit     string
}

const (
	auditTask, passwordTask, deleteTask = "IAMAuditRootUserCredentials", "IAMCreateRootUserPassword", "IAMDeleteRootUserCredentials"
	bucketTask, queueTask               = "S3UnlockBucketPolicy", "SQSUnlockQueuePolicy"
)

func centralRootAccess(t *testing.T) *rootWorld {
	t.Helper()
	ctx := context.Background()
	w := &rootWorld{world: start(t)}
	w.root, w.boss = w.As(w.Root), w.User(t, "boss", allow("*"))
	w.centralize(t)
	org := w.root.Organizations
	w.unit = *must[*organizations.CreateOrganizationalUnitOutput](t)(org.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: &w.rootID, Name: new("Unit")})).OrganizationalUnit.Id
	must[*organizations.EnablePolicyTypeOutput](t)(org.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: &w.rootID, PolicyType: types.PolicyTypeServiceControlPolicy}))
	w.security, w.member = w.join(t, "security"), w.join(t, "member")
	must[*organizations.MoveAccountOutput](t)(org.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: &w.member, SourceParentId: &w.rootID, DestinationParentId: &w.unit}))
	must[*organizations.RegisterDelegatedAdministratorOutput](t)(org.RegisterDelegatedAdministrator(ctx, &organizations.RegisterDelegatedAdministratorInput{AccountId: &w.security, ServicePrincipal: new("iam.amazonaws.com")}))
	w.guard = w.userIn(t, w.security, "guard", allow("*"))
	w.operate(t, "ResetRoot", "AccountId", w.member)
	return w
}

// centralize makes the organization and turns central root access on.
func (w *rootWorld) centralize(t *testing.T) {
	t.Helper()
	ctx, org := context.Background(), w.root.Organizations
	must[*organizations.CreateOrganizationOutput](t)(org.CreateOrganization(ctx, &organizations.CreateOrganizationInput{}))
	w.rootID = *must[*organizations.ListRootsOutput](t)(org.ListRoots(ctx, &organizations.ListRootsInput{})).Roots[0].Id
	must[*organizations.EnableAWSServiceAccessOutput](t)(org.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: new("iam.amazonaws.com")}))
	w.features(t, true, true)
}

// join makes a member account.
func (w *rootWorld) join(t *testing.T, name string) string {
	t.Helper()
	ctx, org := context.Background(), w.root.Organizations
	made := must[*organizations.CreateAccountOutput](t)(org.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: &name, Email: new(name + "@example.com")}))
	status := must[*organizations.DescribeCreateAccountStatusOutput](t)(org.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: made.CreateAccountStatus.Id}))
	if status.CreateAccountStatus.AccountId == nil {
		t.Fatalf("account %s: %+v", name, status.CreateAccountStatus)
	}
	return *status.CreateAccountStatus.AccountId
}

// features turns the features of central root access on or off.
func (w *rootWorld) features(t *testing.T, credentials, sessions bool) {
	t.Helper()
	ctx, c := context.Background(), w.boss.IAM
	if credentials {
		must[*iam.EnableOrganizationsRootCredentialsManagementOutput](t)(c.EnableOrganizationsRootCredentialsManagement(ctx, &iam.EnableOrganizationsRootCredentialsManagementInput{}))
	} else {
		must[*iam.DisableOrganizationsRootCredentialsManagementOutput](t)(c.DisableOrganizationsRootCredentialsManagement(ctx, &iam.DisableOrganizationsRootCredentialsManagementInput{}))
	}
	if sessions {
		must[*iam.EnableOrganizationsRootSessionsOutput](t)(c.EnableOrganizationsRootSessions(ctx, &iam.EnableOrganizationsRootSessionsInput{}))
	} else {
		must[*iam.DisableOrganizationsRootSessionsOutput](t)(c.DisableOrganizationsRootSessions(ctx, &iam.DisableOrganizationsRootSessionsInput{}))
	}
}

// userIn makes a user with a policy in a member account.
func (w *rootWorld) userIn(t *testing.T, account, name, policy string) servertest.Clients {
	t.Helper()
	ctx := context.Background()
	out := must[*sts.AssumeRoleOutput](t)(w.boss.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole"), RoleSessionName: new("boss")}))
	return w.userMade(t, w.Session(out.Credentials).IAM, name, policy)
}

// userMade makes a user with a policy and a key, as a client may.
func (w *rootWorld) userMade(t *testing.T, c *iam.Client, name, policy string) servertest.Clients {
	t.Helper()
	ctx := context.Background()
	must[*iam.CreateUserOutput](t)(c.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))
	must[*iam.PutUserPolicyOutput](t)(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: new("p"), PolicyDocument: &policy}))
	key := must[*iam.CreateAccessKeyOutput](t)(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})).AccessKey
	return w.As(aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
}

func assumeRoot(c servertest.Clients, target, task string, seconds *int32) (*sts.AssumeRootOutput, error) {
	return c.STS.AssumeRoot(context.Background(), &sts.AssumeRootInput{
		TargetPrincipal: &target, TaskPolicyArn: &ststypes.PolicyDescriptorType{Arn: new("arn:aws:iam::aws:policy/root-task/" + task)}, DurationSeconds: seconds,
	})
}

// doing is a session for a task in the member.
func (w *rootWorld) doing(t *testing.T, c servertest.Clients, task string) servertest.Clients {
	t.Helper()
	return w.Session(must[*sts.AssumeRootOutput](t)(assumeRoot(c, w.member, task, nil)).Credentials)
}

// TestRootCredentialsOfAMember: the security account looks at the credentials that the
// root user of a member has, takes all of them away, and allows a password again.
func TestRootCredentialsOfAMember(t *testing.T) {
	w := centralRootAccess(t)
	ctx := context.Background()
	hers := w.As(w.rootOf(t, w.member))
	must[*iam.ListUsersOutput](t)(hers.IAM.ListUsers(ctx, &iam.ListUsersInput{}))

	audit := w.doing(t, w.guard, auditTask)
	who := must[*sts.GetCallerIdentityOutput](t)(audit.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	if *who.Account != w.member || *who.Arn != "arn:aws:iam::"+w.member+":root" || *who.UserId != w.member {
		t.Errorf("the session is %s (%s) of %s", *who.Arn, *who.UserId, *who.Account)
	}
	keys := must[*iam.ListAccessKeysOutput](t)(audit.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{})).AccessKeyMetadata
	if len(keys) != 1 || *keys[0].AccessKeyId != hers.AccessKeyID {
		t.Fatalf("root has %+v, want %s", keys, hers.AccessKeyID)
	}
	summary := must[*iam.GetAccountSummaryOutput](t)(audit.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})).SummaryMap
	if summary["AccountAccessKeysPresent"] != 1 || summary["AccountPasswordPresent"] != 0 {
		t.Errorf("summary: %v", summary)
	}

	remove := w.doing(t, w.boss, deleteTask)
	must[*iam.DeleteAccessKeyOutput](t)(remove.IAM.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{AccessKeyId: keys[0].AccessKeyId}))
	want(t, errorOf(hers.IAM.ListUsers(ctx, &iam.ListUsersInput{})), "InvalidClientTokenId")
	want(t, errorOf(remove.IAM.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{})), "NoSuchEntity")

	recover := w.doing(t, w.guard, passwordTask)
	want(t, errorOf(recover.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{Password: new("Correct-Horse-1")})), "ValidationError")
	want(t, errorOf(recover.IAM.GetLoginProfile(ctx, &iam.GetLoginProfileInput{})), "NoSuchEntity")
	made := must[*iam.CreateLoginProfileOutput](t)(recover.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{}))
	if made.LoginProfile.PasswordResetRequired || made.LoginProfile.CreateDate == nil {
		t.Errorf("login profile %+v", made.LoginProfile)
	}
	want(t, errorOf(recover.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{})), "EntityAlreadyExists")
	must[*iam.GetLoginProfileOutput](t)(recover.IAM.GetLoginProfile(ctx, &iam.GetLoginProfileInput{}))
	b := w.browser(t)
	for _, password := range []string{"", lens} {
		b.post(t, "/signin", "as", "root", "account", w.member, "password", password).in(t, "without a password", false)
	}
	w.operate(t, "SetRootPassword", "AccountId", w.member, "Password", lens)
	b.post(t, "/signin", "as", "root", "account", w.member, "password", lens).in(t, "with one", true)
	must[*iam.DeleteLoginProfileOutput](t)(remove.IAM.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{}))
}

// TestHowLongATaskLasts: no longer than 900 seconds.
func TestHowLongATaskLasts(t *testing.T) {
	w := centralRootAccess(t)
	_, err := assumeRoot(w.guard, w.member, auditTask, new(int32(901)))
	wantError(t, "901 seconds", err, "Value '901' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 900")
	none := w.Session(must[*sts.AssumeRootOutput](t)(assumeRoot(w.guard, w.member, auditTask, new(int32(0)))).Credentials)
	out := must[*sts.AssumeRootOutput](t)(assumeRoot(w.guard, w.member, auditTask, nil))
	if left := out.Credentials.Expiration.Sub(w.clock.now()); left > 900*time.Second || left < 800*time.Second {
		t.Errorf("the session lasts %v more", left)
	}
	list := func(c servertest.Clients) error {
		return errorOf(c.IAM.ListAccessKeys(context.Background(), &iam.ListAccessKeysInput{}))
	}
	c := w.Session(out.Credentials)
	want(t, list(c), "")
	w.clock.forward(2 * time.Second)
	want(t, list(none), "ExpiredToken")
	w.clock.forward(898 * time.Second)
	want(t, list(c), "ExpiredToken")
}

// TestTaskInHand: a session ends with what it was given for: the feature, the
// delegation, trusted access, the membership, an open account.
func TestTaskInHand(t *testing.T) {
	ctx := context.Background()
	over := func(t *testing.T, c servertest.Clients, wanted string) {
		t.Helper()
		if got := code(errorOf(c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))); got != wanted {
			t.Errorf("%q, want %q", got, wanted)
		}
	}
	const ended = "InvalidClientTokenId"
	t.Run("features", func(t *testing.T) {
		w := centralRootAccess(t)
		audit, unlock := w.doing(t, w.guard, auditTask), w.doing(t, w.guard, bucketTask)
		w.features(t, false, true)
		over(t, audit, ended)
		over(t, unlock, "")
		want(t, errorOf(assumeRoot(w.guard, w.member, auditTask, nil)), "AccessDenied")
		w.features(t, true, false)
		over(t, audit, ended)
		over(t, unlock, ended)
		want(t, errorOf(assumeRoot(w.guard, w.member, bucketTask, nil)), "AccessDenied")
	})
	t.Run("delegation", func(t *testing.T) {
		w := centralRootAccess(t)
		guards, bosses := w.doing(t, w.guard, auditTask), w.doing(t, w.boss, auditTask)
		must[*organizations.DeregisterDelegatedAdministratorOutput](t)(w.root.Organizations.DeregisterDelegatedAdministrator(ctx, &organizations.DeregisterDelegatedAdministratorInput{AccountId: &w.security, ServicePrincipal: new("iam.amazonaws.com")}))
		over(t, guards, ended)
		over(t, bosses, "")
		must[*organizations.DisableAWSServiceAccessOutput](t)(w.root.Organizations.DisableAWSServiceAccess(ctx, &organizations.DisableAWSServiceAccessInput{ServicePrincipal: new("iam.amazonaws.com")}))
		over(t, bosses, ended)
	})
	t.Run("closed member", func(t *testing.T) {
		w := centralRootAccess(t)
		audit := w.doing(t, w.guard, auditTask)
		must[*organizations.CloseAccountOutput](t)(w.root.Organizations.CloseAccount(ctx, &organizations.CloseAccountInput{AccountId: &w.member}))
		over(t, audit, ended)
		want(t, errorOf(assumeRoot(w.guard, w.member, auditTask, nil)), "AccessDenied")
	})
	t.Run("removed member", func(t *testing.T) {
		w := centralRootAccess(t)
		w.operate(t, "SetQuota", "Name", "CreatedAccountMinimumDaysQuota", "Value", "0")
		audit := w.doing(t, w.guard, auditTask)
		must[*organizations.RemoveAccountFromOrganizationOutput](t)(w.root.Organizations.RemoveAccountFromOrganization(ctx, &organizations.RemoveAccountFromOrganizationInput{AccountId: &w.member}))
		over(t, audit, ended)
	})
}

// TestTaskWithinTheRails: SCPs of the member hold for a session of its root user, and
// can tell it from root itself. The account that asks has its own.
func TestTaskWithinTheRails(t *testing.T) {
	w := centralRootAccess(t)
	ctx, org := context.Background(), w.root.Organizations
	scp := func(statement, target string) {
		t.Helper()
		made := must[*organizations.CreatePolicyOutput](t)(org.CreatePolicy(ctx, &organizations.CreatePolicyInput{
			Name: new(target), Description: new(""), Type: types.PolicyTypeServiceControlPolicy, Content: new(`{"Version":"2012-10-17","Statement":` + statement + `}`),
		}))
		must[*organizations.AttachPolicyOutput](t)(org.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: made.Policy.PolicySummary.Id, TargetId: &target}))
	}
	hers, audit := w.As(w.rootOf(t, w.member)), w.doing(t, w.guard, auditTask)
	keys := func(c servertest.Clients) error {
		return errorOf(c.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{}))
	}
	const denied = "with an explicit deny in a service control policy"
	scp(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"Null":{"aws:AssumedRoot":"true"}}}`, w.member)
	wantError(t, "root itself", keys(hers), denied)
	wantError(t, "a task", keys(audit), "")
	scp(`{"Effect":"Deny","Action":"iam:ListAccessKeys","Resource":"*","Condition":{"Bool":{"aws:AssumedRoot":"true"}}}`, w.unit)
	wantError(t, "a task that the unit denies", keys(audit), denied)
	scp(`{"Effect":"Deny","Action":"sts:AssumeRoot","Resource":"*"}`, w.security)
	wantError(t, "an administrator who is denied it", errorOf(assumeRoot(w.guard, w.member, auditTask, nil)), denied)
	wantError(t, "the management account, which has no SCP", errorOf(assumeRoot(w.boss, w.member, auditTask, nil)), "")
}

// TestTraceOfATask: who is behind a session of root is told by the source identity and
// by the records.
func TestTraceOfATask(t *testing.T) {
	w := centralRootAccess(t)
	ctx := context.Background()
	must[*iam.CreateRoleOutput](t)(w.root.IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("responder"), AssumeRolePolicyDocument: new(trustAccount)}))
	must[*iam.PutRolePolicyOutput](t)(w.root.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: new("responder"), PolicyName: new("p"), PolicyDocument: new(allow("sts:AssumeRoot"))}))
	responder := w.Session(must[*sts.AssumeRoleOutput](t)(w.boss.STS.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: new("arn:aws:iam::111122223333:role/responder"), RoleSessionName: new("one"), SourceIdentity: new("ada"),
	})).Credentials)
	out := must[*sts.AssumeRootOutput](t)(assumeRoot(responder, w.member, auditTask, nil))
	if out.SourceIdentity == nil || *out.SourceIdentity != "ada" {
		t.Errorf("the source identity is %v, want ada", out.SourceIdentity)
	}
	must[*iam.ListAccessKeysOutput](t)(w.Session(out.Credentials).IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{}))
	found := 0
	for _, r := range w.events(t) {
		switch {
		case strings.Contains(r, `"eventName":"AssumeRoot"`):
			if strings.Contains(r, `"recipientAccountId":"`+w.member+`"`) {
				continue // that of the member, which does not hear who it was
			}
			found++
			if !strings.Contains(r, `"targetPrincipal":"`+w.member+`"`) || !strings.Contains(r, "root-task/"+auditTask) || !strings.Contains(r, "assumed-role/responder/one") {
				t.Errorf("record of the session: %s", r)
			}
		case strings.Contains(r, `"eventName":"ListAccessKeys"`) && strings.Contains(r, `"assumedRoot":"true"`):
			found++
			if !strings.Contains(r, `"type":"Root"`) || !strings.Contains(r, `"sourceIdentity":"ada"`) || !strings.Contains(r, `"recipientAccountId":"`+w.member+`"`) {
				t.Errorf("record of the task: %s", r)
			}
		}
		if strings.Contains(r, *out.Credentials.SecretAccessKey) || strings.Contains(r, *out.Credentials.SessionToken) {
			t.Error("a record has the session's secret")
		}
	}
	if found != 2 {
		t.Errorf("%d records of a session and its task, want 2", found)
	}
}

// TestTaskIsAskedAgain: what was allowed to an administrator and to a task is so again
// when the past is decided anew, until the feature is off.
func TestTaskIsAskedAgain(t *testing.T) {
	w := centralRootAccess(t)
	ctx := context.Background()
	must[*iam.ListAccessKeysOutput](t)(w.doing(t, w.guard, auditTask).IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{}))
	w.events(t) // all are written
	again := func() (allowed, refused int) {
		err := w.Host.Store.Asked(ctx, w.clock.now().Add(-time.Hour), w.clock.now().Add(time.Hour), func(e store.Event) bool {
			c, err := asked.Decode(e.Asked)
			if err != nil {
				t.Error(err)
				return false
			}
			if len(c.Targets) == 0 || c.Targets[0].Action != "sts:AssumeRoot" && !c.Caller.AssumedRoot() {
				return true
			}
			view := w.Host.Store.View()
			c.In(view, w.Host.Site)
			if ok, _ := c.Decide(authz.New(w.Host.Site), view, w.clock.now()); ok {
				allowed++
			} else {
				refused++
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		return allowed, refused
	}
	if allowed, refused := again(); allowed != 2 || refused != 0 {
		t.Errorf("asked again: %d allowed, %d refused, want 2 and 0", allowed, refused)
	}
	w.features(t, false, false)
	if allowed, refused := again(); allowed != 1 || refused != 1 {
		t.Errorf("without the features: %d allowed, %d refused, want the task and the session that nobody may have now", allowed, refused)
	}
}
