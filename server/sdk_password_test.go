package server_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// storyOfPasswords: a user gets a password, changes it under the account's policy, and
// loses it.
func storyOfPasswords(t *testing.T, ctx context.Context, s *servertest.Server, c *iam.Client, seen *calls) {
	user := new("paula")
	must[*iam.CreateUserOutput](t)(c.CreateUser(ctx, &iam.CreateUserInput{UserName: user}))
	if _, err := c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: user}); code(err) != "NoSuchEntity" {
		t.Errorf("no password yet: %v, want NoSuchEntity", err)
	}
	if _, err := c.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{}); code(err) != "NoSuchEntity" {
		t.Errorf("no policy yet: %v, want NoSuchEntity", err)
	}
	if _, err := c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: user, Password: new("password")}); code(err) != "PasswordPolicyViolation" {
		t.Errorf("one kind of characters: %v, want PasswordPolicyViolation", err)
	}
	made := must[*iam.CreateLoginProfileOutput](t)(c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: user, Password: new("Correct-Horse-1"), PasswordResetRequired: true})).LoginProfile
	if *made.UserName != "paula" || !made.PasswordResetRequired {
		t.Errorf("made %+v", made)
	}
	if _, err := c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: user, Password: new("Correct-Horse-1")}); code(err) != "EntityAlreadyExists" {
		t.Errorf("made twice: %v", err)
	}
	if _, err := c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user}); code(err) != "DeleteConflict" {
		t.Errorf("deleting the user: %v, want DeleteConflict", err)
	}

	key := must[*iam.CreateAccessKeyOutput](t)(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user})).AccessKey
	own := iam.New(s.As(aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}).IAM.Options(), func(o *iam.Options) { o.APIOptions = append(o.APIOptions, seen.note) })
	change := func(old, next, want string) {
		t.Helper()
		if _, err := own.ChangePassword(ctx, &iam.ChangePasswordInput{OldPassword: &old, NewPassword: &next}); code(err) != want {
			t.Errorf("%s to %s: %v, want %q", old, next, err, want)
		}
	}
	change("Correct-Horse-1", "Correct-Horse-2", "AccessDenied") // no policy of hers lets her
	must[*iam.UpdateAccountPasswordPolicyOutput](t)(c.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{
		AllowUsersToChangePassword: true, MinimumPasswordLength: new(int32(10)), RequireNumbers: true, PasswordReusePrevention: new(int32(2)), MaxPasswordAge: new(int32(90)),
	}))
	p := must[*iam.GetAccountPasswordPolicyOutput](t)(own.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})).PasswordPolicy
	if *p.MinimumPasswordLength != 10 || !p.ExpirePasswords || *p.MaxPasswordAge != 90 || *p.PasswordReusePrevention != 2 || p.RequireSymbols {
		t.Errorf("policy %+v", p)
	}
	change("Correct-Horse-0", "Correct-Horse-2", "AccessDenied")
	change("Correct-Horse-1", "short-1", "PasswordPolicyViolation")
	change("Correct-Horse-1", "Correct-Horse", "PasswordPolicyViolation")
	change("Correct-Horse-1", "Correct-Horse-1", "PasswordPolicyViolation")
	change("Correct-Horse-1", "Correct-Horse-2", "")
	change("Correct-Horse-2", "Correct-Horse-1", "PasswordPolicyViolation") // the last two are remembered
	change("Correct-Horse-2", "Correct-Horse-3", "")
	change("Correct-Horse-3", "Correct-Horse-1", "")
	got := must[*iam.GetLoginProfileOutput](t)(c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: user})).LoginProfile
	if got.PasswordResetRequired || !got.CreateDate.Equal(*made.CreateDate) {
		t.Errorf("after she chose another: %+v", got)
	}
	must[*iam.PutUserPolicyOutput](t)(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: user, PolicyName: new("no"), PolicyDocument: new(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:ChangePassword","Resource":"*"}}`)}))
	change("Correct-Horse-1", "Correct-Horse-4", "AccessDenied")
	must[*iam.DeleteUserPolicyOutput](t)(c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: user, PolicyName: new("no")}))

	if _, err := c.ChangePassword(ctx, &iam.ChangePasswordInput{OldPassword: new("Correct-Horse-1"), NewPassword: new("Correct-Horse-5")}); code(err) != "InvalidUserType" {
		t.Errorf("by root: %v, want InvalidUserType", err)
	}
	must[*iam.UpdateLoginProfileOutput](t)(c.UpdateLoginProfile(ctx, &iam.UpdateLoginProfileInput{UserName: user, Password: new("Correct-Horse-6")}))
	change("Correct-Horse-6", "Correct-Horse-7", "")
	must[*iam.DeleteAccountPasswordPolicyOutput](t)(c.DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{}))
	change("Correct-Horse-7", "Correct-Horse-8", "AccessDenied")
	must[*iam.DeleteLoginProfileOutput](t)(c.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: user}))
	must[*iam.DeleteAccessKeyOutput](t)(c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: user, AccessKeyId: key.AccessKeyId}))
	must[*iam.DeleteUserOutput](t)(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user}))
}
