package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/keyreeve/keyreeve/server/samltest"
	"github.com/keyreeve/keyreeve/server/servertest"
)

const (
	samlIssuer   = "https://idp.example.com/saml"
	samlProvider = "arn:aws:iam::111122223333:saml-provider/corp"
	samlRole     = "arn:aws:iam::111122223333:role/people"
)

// trustSAML is a trust policy for the people of a provider; condition is JSON.
func trustSAML(condition string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + samlProvider + `"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession","sts:SetSourceIdentity"],"Condition":{` + condition + `}}]}`
}

func storyOfSAMLProviders(t *testing.T, ctx context.Context, c *iam.Client) {
	p := samltest.New(t, samlIssuer)
	metadata := p.Metadata()
	in := &iam.CreateSAMLProviderInput{Name: new("corp"), SAMLMetadataDocument: &metadata, Tags: []types.Tag{{Key: new("team"), Value: new("red")}}}
	created := must[*iam.CreateSAMLProviderOutput](t)(c.CreateSAMLProvider(ctx, in))
	arn := created.SAMLProviderArn
	if *arn != samlProvider || len(created.Tags) != 1 {
		t.Errorf("created %+v", created)
	}
	if _, err := c.CreateSAMLProvider(ctx, in); code(err) != "EntityAlreadyExists" {
		t.Errorf("again: %v, want EntityAlreadyExists", err)
	}
	got := must[*iam.GetSAMLProviderOutput](t)(c.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: arn}))
	if *got.SAMLMetadataDocument != metadata || got.AssertionEncryptionMode != types.AssertionEncryptionModeTypeAllowed || !strings.HasPrefix(*got.SAMLProviderUUID, "SAMLSP") || len(got.PrivateKeyList) != 0 || got.ValidUntil.Sub(*got.CreateDate) < 99*365*24*time.Hour {
		t.Errorf("got %+v", got)
	}

	update := func(want string, in iam.UpdateSAMLProviderInput) {
		t.Helper()
		in.SAMLProviderArn = arn
		if _, err := c.UpdateSAMLProvider(ctx, &in); code(err) != want {
			t.Errorf("update: %v, want %q", err, want)
		}
	}
	required := types.AssertionEncryptionModeTypeRequired
	key := samltest.PEM(samltest.Key(t, "decryption", 2048))
	update("InvalidInput", iam.UpdateSAMLProviderInput{})
	update("InvalidInput", iam.UpdateSAMLProviderInput{AssertionEncryptionMode: required})
	update("InvalidInput", iam.UpdateSAMLProviderInput{AddPrivateKey: new("no key")})
	update("", iam.UpdateSAMLProviderInput{AddPrivateKey: &key, AssertionEncryptionMode: required})
	update("", iam.UpdateSAMLProviderInput{AddPrivateKey: &key})
	update("LimitExceeded", iam.UpdateSAMLProviderInput{AddPrivateKey: &key})
	got = must[*iam.GetSAMLProviderOutput](t)(c.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: arn}))
	if len(got.PrivateKeyList) != 2 || got.AssertionEncryptionMode != required || got.PrivateKeyList[0].Timestamp == nil {
		t.Fatalf("got %+v", got)
	}
	first, second := got.PrivateKeyList[0].KeyId, got.PrivateKeyList[1].KeyId
	update("InvalidInput", iam.UpdateSAMLProviderInput{AddPrivateKey: &key, RemovePrivateKey: first})
	update("", iam.UpdateSAMLProviderInput{RemovePrivateKey: first})
	update("InvalidInput", iam.UpdateSAMLProviderInput{RemovePrivateKey: first})
	update("InvalidInput", iam.UpdateSAMLProviderInput{RemovePrivateKey: second}) // encryption is required
	update("", iam.UpdateSAMLProviderInput{RemovePrivateKey: second, AssertionEncryptionMode: types.AssertionEncryptionModeTypeAllowed})
	next := p.Metadata(samltest.WithKey(t, samlIssuer, samltest.Key(t, "next", 2048)))
	update("", iam.UpdateSAMLProviderInput{SAMLMetadataDocument: &next})
	update("InvalidInput", iam.UpdateSAMLProviderInput{SAMLMetadataDocument: new(strings.Repeat("metadata ", 200))})

	must[*iam.TagSAMLProviderOutput](t)(c.TagSAMLProvider(ctx, &iam.TagSAMLProviderInput{SAMLProviderArn: arn, Tags: []types.Tag{{Key: new("cost"), Value: new("1")}}}))
	must[*iam.UntagSAMLProviderOutput](t)(c.UntagSAMLProvider(ctx, &iam.UntagSAMLProviderInput{SAMLProviderArn: arn, TagKeys: []string{"team"}}))
	tags := must[*iam.ListSAMLProviderTagsOutput](t)(c.ListSAMLProviderTags(ctx, &iam.ListSAMLProviderTagsInput{SAMLProviderArn: arn})).Tags
	if len(tags) != 1 || *tags[0].Key != "cost" {
		t.Errorf("tags %+v", tags)
	}
	list := must[*iam.ListSAMLProvidersOutput](t)(c.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{})).SAMLProviderList
	summary := must[*iam.GetAccountSummaryOutput](t)(c.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})).SummaryMap
	if len(list) != 1 || *list[0].Arn != samlProvider || summary["Providers"] != 1 {
		t.Errorf("list %+v, %d in the summary", list, summary["Providers"])
	}
	must[*iam.DeleteSAMLProviderOutput](t)(c.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: arn}))
	if _, err := c.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: arn}); code(err) != "NoSuchEntity" {
		t.Errorf("deleted: %v, want NoSuchEntity", err)
	}
}

// storyOfSAML: alice's company lets her in by SAML, with a team that policies ask for.
func storyOfSAML(t *testing.T, ctx context.Context, s *servertest.Server, seen *calls, c *iam.Client) {
	p := samltest.New(t, samlIssuer)
	metadata := p.Metadata()
	must[*iam.CreateSAMLProviderOutput](t)(c.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: new("corp"), SAMLMetadataDocument: &metadata}))
	trust := trustSAML(`"StringEquals":{"saml:aud":"` + samltest.Recipient + `","saml:sub_type":"persistent"}`)
	must[*iam.CreateRoleOutput](t)(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("people"), AssumeRolePolicyDocument: &trust}))
	must[*iam.PutRolePolicyOutput](t)(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: new("people"), PolicyName: new("p"), PolicyDocument: new(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red","aws:FederatedProvider":"` + samlProvider + `","aws:SourceIdentity":"alice","saml:sub":"alice@example.com"}}}]}`)}))
	anonymous := sts.New(s.As(s.Root).STS.Options(), func(o *sts.Options) {
		o.APIOptions, o.Credentials = append(o.APIOptions, seen.note), nil
	})
	login := samltest.Login{Issued: time.Now()}.For(samlRole, samlProvider, "alice@example.com").
		With("PrincipalTag:team", "red").With("SourceIdentity", "alice").With("SessionDuration", "1800")
	out := must[*sts.AssumeRoleWithSAMLOutput](t)(anonymous.AssumeRoleWithSAML(ctx, &sts.AssumeRoleWithSAMLInput{
		RoleArn: new(samlRole), PrincipalArn: new(samlProvider), SAMLAssertion: new(samltest.Encode(p.Response(login))),
	}))
	if *out.Subject != "alice@example.com" || *out.SubjectType != "persistent" || *out.Issuer != samlIssuer || *out.Audience != samltest.Recipient || *out.SourceIdentity != "alice" || out.PackedPolicySize == nil {
		t.Errorf("answer %+v", out)
	}
	// printf 'https://idp.example.com/saml111122223333/corp' | openssl dgst -sha1 -binary | base64
	if *out.NameQualifier != "q9cKCJk6vpTW1u2/xwTUYDemF2k=" {
		t.Errorf("name qualifier %s", *out.NameQualifier)
	}
	if *out.AssumedRoleUser.Arn != "arn:aws:sts::111122223333:assumed-role/people/alice@example.com" {
		t.Errorf("she is %s", *out.AssumedRoleUser.Arn)
	}
	if left := time.Until(*out.Credentials.Expiration); left > 30*time.Minute || left < 29*time.Minute {
		t.Errorf("the session lasts %v, want 30 minutes", left)
	}
	k := out.Credentials
	alice := s.As(aws.Credentials{AccessKeyID: *k.AccessKeyId, SecretAccessKey: *k.SecretAccessKey, SessionToken: *k.SessionToken})
	must[*iam.ListUsersOutput](t)(alice.IAM.ListUsers(ctx, &iam.ListUsersInput{}))
	if _, err := alice.IAM.ListRoles(ctx, &iam.ListRolesInput{}); code(err) != "AccessDenied" {
		t.Errorf("what the role has no right to: %v", err)
	}
	must[*iam.DeleteRolePolicyOutput](t)(c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: new("people"), PolicyName: new("p")}))
	must[*iam.DeleteRoleOutput](t)(c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: new("people")}))
	must[*iam.DeleteSAMLProviderOutput](t)(c.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: new(samlProvider)}))
}

// samlCorp makes the provider corp and the role people that trusts it, and gives an
// assertion for it of now.
func (w *world) samlCorp(t testing.TB) (*samltest.IdP, string) {
	t.Helper()
	p := samltest.New(t, samlIssuer)
	w.iam(t, w.Root, "CreateSAMLProvider", "Name", "corp", "SAMLMetadataDocument", p.Metadata()).want(t, "CreateSAMLProvider", "")
	w.iam(t, w.Root, "CreateRole", "RoleName", "people", "AssumeRolePolicyDocument", trustSAML("")).want(t, "CreateRole", "")
	return p, w.assertion(p, samltest.Login{})
}

// assertion is one of a provider of now, for the role people.
func (w *world) assertion(p *samltest.IdP, l samltest.Login) string {
	l.Issued = w.clock.now()
	return samltest.Encode(p.Response(l.For(samlRole, samlProvider, "alice")))
}
