package server_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/servertest"
)

// rootCredentials are the credentials of the root user that GetAccountSummary tells of.
var rootCredentials = []string{"AccountPasswordPresent", "AccountAccessKeysPresent", "AccountMFAEnabled", "AccountSigningCertificatesPresent"}

// rootReport is the row of the root user in the credential report, by columns.
func rootReport(t *testing.T, c servertest.Clients) map[string]string {
	t.Helper()
	ctx := context.Background()
	must[*iam.GenerateCredentialReportOutput](t)(c.IAM.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{}))
	report := must[*iam.GetCredentialReportOutput](t)(c.IAM.GetCredentialReport(ctx, &iam.GetCredentialReportInput{}))
	rows, err := csv.NewReader(strings.NewReader(string(report.Content))).ReadAll()
	if err != nil || len(rows) < 2 || rows[1][0] != "<root_account>" {
		t.Fatalf("report %s: %v", report.Content, err)
	}
	row := map[string]string{}
	for i, column := range rows[0] {
		row[column] = rows[1][i]
	}
	return row
}

// TestNewMemberHasNoRootCredentials: nobody can act as the root user of an account that
// CreateAccount has made, and all that tells of its credentials says so (IAM User Guide,
// "Centrally manage root access for member accounts": "New accounts you create in
// Organizations have no root user credentials by default").
func TestNewMemberHasNoRootCredentials(t *testing.T) {
	w := centralRootAccess(t)
	ctx := context.Background()
	for _, c := range []struct {
		name    string
		central bool
	}{{"before", false}, {"central", true}} {
		t.Run(c.name, func(t *testing.T) {
			w.features(t, c.central, c.central)
			account := w.join(t, c.name)
			admin := w.Session(must[*sts.AssumeRoleOutput](t)(w.boss.STS.AssumeRole(ctx, &sts.AssumeRoleInput{
				RoleArn: new("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole"), RoleSessionName: new("boss"),
			})).Credentials)

			summary := must[*iam.GetAccountSummaryOutput](t)(admin.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})).SummaryMap
			for _, what := range rootCredentials {
				if n, ok := summary[what]; !ok || n != 0 {
					t.Errorf("%s is %d, %v in the summary, want 0", what, n, ok)
				}
			}
			row := rootReport(t, admin)
			for _, column := range []string{"password_enabled", "mfa_active", "access_key_1_active", "access_key_2_active", "cert_1_active", "cert_2_active"} {
				if row[column] != "false" {
					t.Errorf("%s is %q in the report, want false", column, row[column])
				}
			}
			for _, column := range []string{"password_last_used", "password_last_changed", "access_key_1_last_rotated", "access_key_2_last_rotated"} {
				if row[column] != "N/A" {
					t.Errorf("%s is %q in the report, want N/A", column, row[column])
				}
			}
			if key, err := server.ReadRootCredentials(w.Dir, account); err == nil {
				t.Errorf("root has the key %s", key.AccessKeyID)
			}
			b := w.browser(t)
			for _, password := range []string{"", lens} {
				p := b.post(t, "/signin", "as", "root", "account", account, "password", password).in(t, "root", false)
				if p.status != http.StatusForbidden || !strings.Contains(p.body, "Your authentication information is incorrect. Please try again.") {
					t.Errorf("sign-in of root answers %d %s", p.status, p.body)
				}
			}
			denied := ""
			if !c.central {
				denied = "AccessDenied"
			}
			out, err := assumeRoot(w.guard, account, auditTask, nil)
			if want(t, err, denied); err != nil {
				return
			}
			audit := w.Session(out.Credentials)
			if keys := must[*iam.ListAccessKeysOutput](t)(audit.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{})).AccessKeyMetadata; len(keys) != 0 {
				t.Errorf("root has the keys %+v", keys)
			}
			if devices := must[*iam.ListMFADevicesOutput](t)(audit.IAM.ListMFADevices(ctx, &iam.ListMFADevicesInput{})).MFADevices; len(devices) != 0 {
				t.Errorf("root has the devices %+v", devices)
			}
			if certificates := must[*iam.ListSigningCertificatesOutput](t)(audit.IAM.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{})).Certificates; len(certificates) != 0 {
				t.Errorf("root has the certificates %+v", certificates)
			}
			want(t, errorOf(audit.IAM.GetLoginProfile(ctx, &iam.GetLoginProfileInput{})), "NoSuchEntity")
		})
	}
}

// TestNobodyGivesRootCredentials: an administrator of a member cannot give its root user
// any credentials, whatever name it calls it by, and no task can but the one that allows
// a password. With that one alone nobody signs in either.
func TestNobodyGivesRootCredentials(t *testing.T) {
	w := centralRootAccess(t)
	ctx := context.Background()
	admin := w.userIn(t, w.security, "admin", allow("*"))
	role := w.Session(must[*sts.AssumeRoleOutput](t)(w.boss.STS.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: new("arn:aws:iam::" + w.security + ":role/OrganizationAccountAccessRole"), RoleSessionName: new("boss"),
	})).Credentials)
	task := func(name string) servertest.Clients {
		return w.Session(must[*sts.AssumeRootOutput](t)(assumeRoot(w.boss, w.security, name, nil)).Credentials)
	}
	serial := must[*iam.CreateVirtualMFADeviceOutput](t)(role.IAM.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: new("spare")})).VirtualMFADevice.SerialNumber
	certificate, _ := selfSigned(t, "root.example.com")
	key := func(c servertest.Clients, name *string) error {
		return errorOf(c.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name}))
	}
	password := func(c servertest.Clients, name *string) error {
		return errorOf(c.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: name, Password: new(lens)}))
	}
	device := func(c servertest.Clients, name *string) error {
		return errorOf(c.IAM.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{UserName: name, SerialNumber: serial, AuthenticationCode1: new("123456"), AuthenticationCode2: new("654321")}))
	}
	upload := func(c servertest.Clients, name *string) error {
		return errorOf(c.IAM.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: name, CertificateBody: &certificate}))
	}
	update := func(c servertest.Clients, name *string) error {
		return errorOf(c.IAM.UpdateLoginProfile(ctx, &iam.UpdateLoginProfileInput{UserName: name, Password: new(lens)}))
	}
	tasks := []string{auditTask, passwordTask, deleteTask, bucketTask, queueTask}
	for _, c := range []struct {
		name  string
		call  func(servertest.Clients, *string) error
		named bool // the API needs a name
	}{{"a key", key, false}, {"a password", password, false}, {"a certificate", upload, false}, {"a device", device, true}, {"another password", update, true}} {
		for _, name := range []string{"root", w.security} {
			want(t, c.call(admin, &name), "NoSuchEntity")
			want(t, c.call(role, &name), "NoSuchEntity")
		}
		for _, name := range []string{"<root_account>", "arn:aws:iam::" + w.security + ":root"} {
			want(t, c.call(admin, &name), "ValidationError")
		}
		if c.named {
			for _, name := range tasks {
				want(t, c.call(task(name), &w.security), "AccessDenied")
			}
			continue
		}
		want(t, c.call(role, nil), "ValidationError") // a role is no user, so it names none
		for _, name := range tasks {
			wanted := "AccessDenied"
			if name == passwordTask && c.name == "a password" {
				wanted = "ValidationError" // it may make a login profile, but name no password
			}
			want(t, c.call(task(name), nil), wanted)
		}
	}
	// A name left out means the caller, which is a user.
	must[*iam.CreateAccessKeyOutput](t)(admin.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{}))
	b := w.browser(t)
	signIn := func(what string) {
		t.Helper()
		b.post(t, "/signin", "as", "root", "account", w.security, "password", lens).in(t, what, false)
	}
	signIn("nothing was given")
	recover := task(passwordTask)
	must[*iam.CreateLoginProfileOutput](t)(recover.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{}))
	signIn("a password is allowed")
	want(t, errorOf(recover.IAM.ChangePassword(ctx, &iam.ChangePasswordInput{OldPassword: new(""), NewPassword: new(lens)})), "ValidationError")
	want(t, errorOf(recover.IAM.ChangePassword(ctx, &iam.ChangePasswordInput{OldPassword: new(lens), NewPassword: new(lens)})), "AccessDenied")
	signIn("a password was asked for")
	summary := must[*iam.GetAccountSummaryOutput](t)(role.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})).SummaryMap
	for _, what := range rootCredentials {
		if n, ok := summary[what]; !ok || n != 0 {
			t.Errorf("%s is %d, %v in the summary, want 0: a login profile without a password is none", what, n, ok)
		}
	}
	if row := rootReport(t, role); row["password_enabled"] != "false" || row["password_last_changed"] != "N/A" {
		t.Errorf("the report has root's password as %q, changed %q", row["password_enabled"], row["password_last_changed"])
	}
	w.operate(t, "SetRootPassword", "AccountId", w.security, "Password", lens)
	if summary := must[*iam.GetAccountSummaryOutput](t)(role.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})).SummaryMap; summary["AccountPasswordPresent"] != 1 {
		t.Errorf("with a password the summary has %v", summary)
	}
}
