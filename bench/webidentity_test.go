package bench_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/keyreeve/keyreeve/federation/issuertest"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/servertest"
)

// BenchmarkAssumeRoleWithWebIdentity is a call that nobody has signed: one of 1,024 tokens
// of an identity provider, whose keys are known. Its signature was found right before, all
// but the first time; whether it is still good is found out anew. The trust policy must
// allow it, and a session is sealed.
func BenchmarkAssumeRoleWithWebIdentity(b *testing.B) {
	dir := b.TempDir()
	f, issuer := open(b, dir), issuertest.New(b)
	root, err := server.ReadRootCredentials(dir, servertest.Account)
	if err != nil {
		b.Fatal(err)
	}
	c := iam.New(iam.Options{
		BaseEndpoint: &f.url, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider(root.AccessKeyID, root.SecretAccessKey, ""),
	})
	provider, err := c.CreateOpenIDConnectProvider(context.Background(), &iam.CreateOpenIDConnectProviderInput{
		Url: &issuer.URL, ClientIDList: []string{issuertest.Client}, ThumbprintList: []string{issuer.Thumbprint()},
	})
	if err != nil {
		b.Fatal(err)
	}
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"` + *provider.OpenIDConnectProviderArn +
		`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"` + strings.TrimPrefix(issuer.URL, "https://") + `:sub":"repo:octo-org/*"}}}}`
	if _, err := c.CreateRole(context.Background(), &iam.CreateRoleInput{RoleName: aws.String(roleName), AssumeRolePolicyDocument: &trust}); err != nil {
		b.Fatal(err)
	}
	var requests [1024][]byte
	for n := range requests {
		token := issuer.Token(b, map[string]any{"jti": fmt.Sprint(n)})
		requests[n] = signed(b, f.url, "sts", aws.Credentials{}, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="+roleARN+
			"&RoleSessionName="+userName(n%users)+"&WebIdentityToken="+url.QueryEscape(token))
	}
	request := func(n int) []byte { return requests[n%len(requests)] }
	header, body := answerTo(b, f.url, requests[0])
	floor := startFloor(b, header, body, atOnce)
	for _, n := range connections {
		b.Run(fmt.Sprintf("connections=%d", n), func(b *testing.B) {
			b.Run("floor", func(b *testing.B) { load(b, floor, n, request) })
			b.Run("keyreeve", func(b *testing.B) { load(b, f.url, n, request) })
		})
	}
}
