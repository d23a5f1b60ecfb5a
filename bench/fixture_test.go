package bench_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/servertest"
)

// users is how many users call in turn, roleName the role that they may assume.
const (
	users    = 16
	roleName = "reader"
	roleARN  = "arn:aws:iam::" + servertest.Account + ":role/" + roleName
)

// fixture is a running server with users. Each user has two groups and five
// policies: an inline and a managed one of its own, an inline and a managed one of
// its first group, a managed one of its second.
type fixture struct {
	url  string
	host *server.Host
	keys []aws.Credentials // of the users, by number
}

func userName(n int) string { return fmt.Sprintf("user-%02d", n) }

// open starts a server as the command does, but for where its log goes. The floors
// run in the same process and have the same room for garbage.
func open(tb testing.TB, dir string) *fixture {
	tb.Helper()
	room := server.RoomForGarbage()
	tb.Cleanup(func() { runtime.KeepAlive(room) })
	host, err := server.OpenHost(context.Background(), server.HostConfig{Dir: dir, AccountID: servertest.Account, Partition: "aws"})
	if err != nil {
		tb.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		tb.Fatal(err)
	}
	s := server.New(host, server.Config{
		Tables: servertest.Tables(), Models: servertest.Models(), Log: slog.New(slog.NewTextHandler(null, nil)),
		Quotas: map[string]int{"UsersQuota": 100_000_000},
	})
	h := httptest.NewServer(s.Handler())
	if err := host.Announce(h.URL); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		h.Close()
		if err := host.Close(); err != nil {
			tb.Error(err)
		}
		null.Close()
	})
	return &fixture{url: h.URL, host: host}
}

// start starts a server on a new data folder and makes the users and the role.
func start(tb testing.TB) *fixture {
	tb.Helper()
	dir := tb.TempDir()
	f := open(tb, dir)
	root, err := server.ReadRootCredentials(dir, servertest.Account)
	if err != nil {
		tb.Fatal(err)
	}
	b := builder{tb: tb, IAM: iam.New(iam.Options{
		BaseEndpoint: &f.url, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider(root.AccessKeyID, root.SecretAccessKey, ""),
	})}
	b.groups()
	b.role()
	for n := range users {
		f.keys = append(f.keys, b.user(userName(n)))
	}
	return f
}

// builder makes entities by the API.
type builder struct {
	tb  testing.TB
	IAM *iam.Client
}

func (b builder) check(err error) {
	b.tb.Helper()
	if err != nil {
		b.tb.Fatal(err)
	}
}

// allow is a policy that allows actions on a resource.
func allow(resource string, actions ...string) *string {
	return aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"` + resource + `"}]}`)
}

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + servertest.Account + `:root"},"Action":"sts:AssumeRole"}]}`

// groups are staff, who may see and assume, and operations, who may make users.
func (b builder) groups() {
	ctx := context.Background()
	for _, name := range []string{"staff", "operations"} {
		_, err := b.IAM.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: &name})
		b.check(err)
	}
	_, err := b.IAM.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{
		GroupName: aws.String("staff"), PolicyName: aws.String("assume"), PolicyDocument: allow(roleARN, "sts:AssumeRole"),
	})
	b.check(err)
	b.attachGroup("staff", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
	b.attachGroup("operations", b.policy("make-users", allow("*", "iam:CreateUser", "iam:TagUser")))
}

func (b builder) attachGroup(group, policy string) {
	_, err := b.IAM.AttachGroupPolicy(context.Background(), &iam.AttachGroupPolicyInput{GroupName: &group, PolicyArn: &policy})
	b.check(err)
}

func (b builder) policy(name string, document *string) (arn string) {
	out, err := b.IAM.CreatePolicy(context.Background(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: document})
	b.check(err)
	return *out.Policy.Arn
}

func (b builder) role() {
	_, err := b.IAM.CreateRole(context.Background(), &iam.CreateRoleInput{RoleName: aws.String(roleName), AssumeRolePolicyDocument: aws.String(trust)})
	b.check(err)
}

// user makes a user with its policies, groups and access key.
func (b builder) user(name string) aws.Credentials {
	ctx := context.Background()
	_, err := b.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: &name})
	b.check(err)
	_, err = b.IAM.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: &name, PolicyName: aws.String("own"), PolicyDocument: allow("arn:aws:iam::*:user/${aws:username}", "iam:GetUser", "iam:ListAccessKeys"),
	})
	b.check(err)
	_, err = b.IAM.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: aws.String(b.policy(name, allow("arn:aws:s3:::"+name+"/*", "s3:*")))})
	b.check(err)
	for _, group := range []string{"staff", "operations"} {
		_, err := b.IAM.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: &group, UserName: &name})
		b.check(err)
	}
	out, err := b.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	b.check(err)
	return aws.Credentials{AccessKeyID: *out.AccessKey.AccessKeyId, SecretAccessKey: *out.AccessKey.SecretAccessKey}
}
