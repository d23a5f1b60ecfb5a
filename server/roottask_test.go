package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// TestWhatATaskMayDo: each task allows its own calls as the member's root user, and
// nothing else, although root may do everything.
func TestWhatATaskMayDo(t *testing.T) {
	w := centralRootAccess(t)
	ctx := context.Background()
	w.userIn(t, w.member, "eve", allow("*"))
	eve := "eve"
	const denied = "AccessDenied"
	cannot := map[string]string{auditTask: denied, passwordTask: denied, deleteTask: denied, bucketTask: denied, queueTask: denied}
	but := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for task := range cannot {
			m[task] = denied
		}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	for _, c := range []struct {
		name string
		call func(servertest.Clients) error
		want map[string]string
	}{
		{"who am I", func(c servertest.Clients) error {
			return errorOf(c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
		}, but(auditTask, "", passwordTask, "", deleteTask, "", bucketTask, "", queueTask, "")},
		{"root's keys", func(c servertest.Clients) error {
			return errorOf(c.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{}))
		}, but(auditTask, "", deleteTask, "")},
		{"a user's keys", func(c servertest.Clients) error {
			return errorOf(c.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &eve}))
		}, cannot},
		{"root's devices", func(c servertest.Clients) error {
			return errorOf(c.IAM.ListMFADevices(ctx, &iam.ListMFADevicesInput{}))
		}, but(auditTask, "", deleteTask, "")},
		{"root's certificates", func(c servertest.Clients) error {
			return errorOf(c.IAM.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{}))
		}, but(auditTask, "", deleteTask, "")},
		{"root", func(c servertest.Clients) error { return errorOf(c.IAM.GetUser(ctx, &iam.GetUserInput{})) }, but(auditTask, "", deleteTask, "")},
		{"a user", func(c servertest.Clients) error {
			return errorOf(c.IAM.GetUser(ctx, &iam.GetUserInput{UserName: &eve}))
		}, cannot},
		{"the summary", func(c servertest.Clients) error {
			return errorOf(c.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{}))
		}, but(auditTask, "")},
		{"delete a key", func(c servertest.Clients) error {
			return errorOf(c.IAM.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{AccessKeyId: new("AKIAIOSFODNN7EXAMPLE")}))
		}, but(deleteTask, "NoSuchEntity")},
		{"delete a certificate", func(c servertest.Clients) error {
			return errorOf(c.IAM.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{CertificateId: new("TA7SMP42TDN5Z26OBPJE7EXAMPLE")}))
		}, but(deleteTask, "NoSuchEntity")},
		{"stop a device", func(c servertest.Clients) error {
			return errorOf(c.IAM.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{SerialNumber: new("arn:aws:iam::" + w.member + ":mfa/none")}))
		}, but(deleteTask, "NoSuchEntity")},
		{"delete a user's password", func(c servertest.Clients) error {
			return errorOf(c.IAM.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: &eve}))
		}, cannot},
		{"a key for root", func(c servertest.Clients) error {
			return errorOf(c.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{}))
		}, cannot},
		{"a password for a user", func(c servertest.Clients) error {
			return errorOf(c.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: &eve, Password: new("Correct-Horse-1")}))
		}, cannot},
		{"a user more", func(c servertest.Clients) error { return createUser(c, "mallory") }, cannot},
		{"the organization", func(c servertest.Clients) error {
			return errorOf(c.Organizations.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{}))
		}, map[string]string{auditTask: "AccessDeniedException", passwordTask: "AccessDeniedException", deleteTask: "AccessDeniedException", bucketTask: "AccessDeniedException", queueTask: "AccessDeniedException"}},
		{"leave it", func(c servertest.Clients) error {
			return errorOf(c.Organizations.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{}))
		}, map[string]string{auditTask: "AccessDeniedException", passwordTask: "AccessDeniedException", deleteTask: "AccessDeniedException", bucketTask: "AccessDeniedException", queueTask: "AccessDeniedException"}},
		// Out of the session into a longer or a wider one.
		{"a session token", func(c servertest.Clients) error {
			return errorOf(c.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{}))
		}, cannot},
		{"a federation token", func(c servertest.Clients) error {
			return errorOf(c.STS.GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: new("xx"), Policy: new(allow("*"))}))
		}, cannot},
		{"a role", func(c servertest.Clients) error {
			return errorOf(c.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::" + w.member + ":role/OrganizationAccountAccessRole"), RoleSessionName: new("out")}))
		}, cannot},
		{"another task", func(c servertest.Clients) error { return errorOf(assumeRoot(c, w.security, deleteTask, nil)) }, cannot},
	} {
		for task, want := range c.want {
			if got := code(c.call(w.doing(t, w.guard, task))); got != want {
				t.Errorf("%s: %s answers %q, want %q", task, c.name, got, want)
			}
		}
	}
	_, err := w.doing(t, w.guard, bucketTask).IAM.ListUsers(ctx, &iam.ListUsersInput{})
	wantError(t, "in words", err, "is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::"+w.member+":user/ with an explicit deny in a session policy")
}

// TestWhoMayAssumeRoot: who gets no session of a root user, and of whose.
func TestWhoMayAssumeRoot(t *testing.T) {
	w := centralRootAccess(t)
	ctx := context.Background()
	eve := w.userIn(t, w.member, "eve", allow("*"))
	nobody := w.User(t, "nobody", allow("iam:*"))
	audits := w.userIn(t, w.security, "audits", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRoot","Resource":"arn:aws:iam::`+w.member+`:root",
		"Condition":{"StringEquals":{"sts:TaskPolicyArn":"arn:aws:iam::aws:policy/root-task/`+auditTask+`"}}}}`)
	within := func(path string) servertest.Clients {
		return w.userIn(t, w.security, "within"+fmt.Sprint(len(path)), `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRoot","Resource":"*",
			"Condition":{"ForAnyValue:StringLike":{"aws:ResourceOrgPaths":"`+path+`"}}}}`)
	}
	inUnit, atRoot := within("*/"+w.rootID+"/"+w.unit+"/*"), within("*/"+w.rootID+"/")
	session := w.Session(must[*sts.GetSessionTokenOutput](t)(w.boss.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{})).Credentials)
	w.operate(t, "CreateAccount", "AccountId", otherAccount, "Name", "other")
	refusal := func(who string) string {
		return "AccessDenied: User: " + who + " is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::" + w.member + ":root"
	}
	for _, c := range []struct {
		name, target, task string
		by                 servertest.Clients
		want               string // how the answer begins; "" is a session
	}{
		{"the management account", w.member, auditTask, w.boss, ""},
		{"the administrator", w.member, auditTask, w.guard, ""},
		{"by ARN", "arn:aws:iam::" + w.member + ":root", bucketTask, w.guard, ""},
		{"one of two members", w.security, auditTask, w.boss, ""},
		{"its own account's", w.security, auditTask, w.guard, ""},
		{"who may this task", w.member, auditTask, audits, ""},
		{"who may another task", w.member, deleteTask, audits, refusal("arn:aws:iam::"+w.security+":user/audits") + " because no identity-based policy allows the sts:AssumeRoot action"},
		{"its own account's without the right", w.security, auditTask, audits, "AccessDenied"},
		{"who may in the unit", w.member, auditTask, inUnit, ""},
		{"who may in the unit, outside", w.security, auditTask, inUnit, "AccessDenied"},
		{"who may at the root, below", w.member, auditTask, atRoot, "AccessDenied"},
		{"who may at the root", w.security, auditTask, atRoot, ""},
		{"who may not", w.member, auditTask, nobody, refusal("arn:aws:iam::111122223333:user/nobody")},
		{"root", w.member, auditTask, w.root, refusal("arn:aws:iam::111122223333:root")},
		{"a session without MFA", w.member, auditTask, session, "AccessDenied: Cannot call AssumeRoot with session credentials"},
		{"a member, on itself", w.member, auditTask, eve, refusal("arn:aws:iam::" + w.member + ":user/eve")},
		{"a member, on another", w.security, auditTask, eve, "AccessDenied"},
		{"a member, on the management account", "111122223333", auditTask, eve, "AccessDenied"},
		{"the management account, on itself", "111122223333", auditTask, w.boss, "AccessDenied"},
		{"the administrator, on the management account", "111122223333", auditTask, w.guard, "AccessDenied"},
		{"an account outside", otherAccount, auditTask, w.boss, "AccessDenied"},
		{"no account", "999999999999", auditTask, w.boss, "AccessDenied"},
		{"a user", "arn:aws:iam::" + w.member + ":user/eve", auditTask, w.boss, "ValidationError"},
		{"another partition", "arn:aws-cn:iam::" + w.member + ":root", auditTask, w.boss, "ValidationError"},
		{"no task", w.member, "All", w.boss, "ValidationError"},
		{"two tasks", w.member, auditTask + "/" + deleteTask, w.boss, "ValidationError"},
	} {
		_, err := assumeRoot(c.by, c.target, c.task, nil)
		if got := reasoned(err); c.want == "" && err != nil || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for _, policy := range []string{"arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::" + w.security + ":policy/root-task/" + auditTask, "arn:aws:iam::aws:policy/root-task/"} {
		_, err := w.guard.STS.AssumeRoot(ctx, &sts.AssumeRootInput{TargetPrincipal: &w.member, TaskPolicyArn: &ststypes.PolicyDescriptorType{Arn: &policy}})
		want(t, err, "ValidationError")
	}
}
