package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// selfSigned is a certificate that is valid for an hour, and its key, in PEM.
func selfSigned(t testing.TB, name string) (cert, key string) {
	t.Helper()
	k := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, k.Public(), k))
	private := must[[]byte](t)(x509.MarshalPKCS8PrivateKey(k))
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", private)
}

func storyOfSSHKeys(t *testing.T, ctx context.Context, c *iam.Client) {
	user := new("deployer")
	must[*iam.CreateUserOutput](t)(c.CreateUser(ctx, &iam.CreateUserInput{UserName: user}))
	k := must[*iam.UploadSSHPublicKeyOutput](t)(c.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: user, SSHPublicKeyBody: new(sshTestKey + " deployer@example.com")})).SSHPublicKey
	if !strings.HasPrefix(*k.SSHPublicKeyId, "APKA") || len(*k.Fingerprint) != 47 || *k.SSHPublicKeyBody != sshTestKey+" deployer@example.com" {
		t.Errorf("key %+v", k)
	}
	got := must[*iam.GetSSHPublicKeyOutput](t)(c.GetSSHPublicKey(ctx, &iam.GetSSHPublicKeyInput{UserName: user, SSHPublicKeyId: k.SSHPublicKeyId, Encoding: types.EncodingTypePem})).SSHPublicKey
	if !strings.HasPrefix(*got.SSHPublicKeyBody, "-----BEGIN PUBLIC KEY-----") {
		t.Errorf("in PEM it is %s", *got.SSHPublicKeyBody)
	}
	_, err := c.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: user, SSHPublicKeyBody: got.SSHPublicKeyBody})
	if code(err) != "DuplicateSSHPublicKey" {
		t.Errorf("the same key in PEM: %v, want DuplicateSSHPublicKey", err)
	}
	must[*iam.UpdateSSHPublicKeyOutput](t)(c.UpdateSSHPublicKey(ctx, &iam.UpdateSSHPublicKeyInput{UserName: user, SSHPublicKeyId: k.SSHPublicKeyId, Status: types.StatusTypeInactive}))
	list := must[*iam.ListSSHPublicKeysOutput](t)(c.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: user})).SSHPublicKeys
	if len(list) != 1 || list[0].Status != types.StatusTypeInactive {
		t.Errorf("keys %+v", list)
	}
	must[*iam.DeleteSSHPublicKeyOutput](t)(c.DeleteSSHPublicKey(ctx, &iam.DeleteSSHPublicKeyInput{UserName: user, SSHPublicKeyId: k.SSHPublicKeyId}))
}

func storyOfSigningCertificates(t *testing.T, ctx context.Context, c *iam.Client) {
	user := new("deployer")
	body, _ := selfSigned(t, "deployer")
	s := must[*iam.UploadSigningCertificateOutput](t)(c.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: user, CertificateBody: &body})).Certificate
	_, err := c.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{CertificateBody: &body})
	if code(err) != "DuplicateCertificate" {
		t.Errorf("the same certificate for root: %v, want DuplicateCertificate", err)
	}
	_, err = c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user})
	if code(err) != "DeleteConflict" {
		t.Errorf("deleting the user: %v, want DeleteConflict", err)
	}
	must[*iam.UpdateSigningCertificateOutput](t)(c.UpdateSigningCertificate(ctx, &iam.UpdateSigningCertificateInput{UserName: user, CertificateId: s.CertificateId, Status: types.StatusTypeInactive}))
	list := must[*iam.ListSigningCertificatesOutput](t)(c.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: user})).Certificates
	if len(list) != 1 || list[0].Status != types.StatusTypeInactive || *list[0].CertificateBody != body {
		t.Errorf("certificates %+v", list)
	}
	must[*iam.DeleteSigningCertificateOutput](t)(c.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{UserName: user, CertificateId: s.CertificateId}))
}

func storyOfServerCertificates(t *testing.T, ctx context.Context, c *iam.Client) {
	body, key := selfSigned(t, "shop.example.com")
	_, other := selfSigned(t, "shop.example.com")
	in := &iam.UploadServerCertificateInput{ServerCertificateName: new("shop"), Path: new("/cloudfront/shop/"), CertificateBody: &body, PrivateKey: &other,
		Tags: []types.Tag{{Key: new("team"), Value: new("red")}}}
	if _, err := c.UploadServerCertificate(ctx, in); code(err) != "KeyPairMismatch" {
		t.Errorf("another key: %v, want KeyPairMismatch", err)
	}
	in.PrivateKey = &key
	m := must[*iam.UploadServerCertificateOutput](t)(c.UploadServerCertificate(ctx, in)).ServerCertificateMetadata
	if *m.Arn != "arn:aws:iam::111122223333:server-certificate/cloudfront/shop/shop" || !strings.HasPrefix(*m.ServerCertificateId, "ASCA") || m.Expiration == nil {
		t.Errorf("uploaded %+v", m)
	}
	must[*iam.UpdateServerCertificateOutput](t)(c.UpdateServerCertificate(ctx, &iam.UpdateServerCertificateInput{ServerCertificateName: new("shop"), NewServerCertificateName: new("store"), NewPath: new("/")}))
	must[*iam.TagServerCertificateOutput](t)(c.TagServerCertificate(ctx, &iam.TagServerCertificateInput{ServerCertificateName: new("store"), Tags: []types.Tag{{Key: new("cost"), Value: new("1")}}}))
	must[*iam.UntagServerCertificateOutput](t)(c.UntagServerCertificate(ctx, &iam.UntagServerCertificateInput{ServerCertificateName: new("store"), TagKeys: []string{"team"}}))
	tags := must[*iam.ListServerCertificateTagsOutput](t)(c.ListServerCertificateTags(ctx, &iam.ListServerCertificateTagsInput{ServerCertificateName: new("store")})).Tags
	got := must[*iam.GetServerCertificateOutput](t)(c.GetServerCertificate(ctx, &iam.GetServerCertificateInput{ServerCertificateName: new("store")})).ServerCertificate
	if *got.ServerCertificateMetadata.ServerCertificateId != *m.ServerCertificateId || *got.CertificateBody != strings.TrimSpace(body) || got.CertificateChain != nil || len(tags) != 1 || len(got.Tags) != 1 {
		t.Errorf("got %+v with tags %+v", got, tags)
	}
	for prefix, want := range map[string]int{"/": 1, "/cloudfront/": 0} {
		list := must[*iam.ListServerCertificatesOutput](t)(c.ListServerCertificates(ctx, &iam.ListServerCertificatesInput{PathPrefix: &prefix})).ServerCertificateMetadataList
		if len(list) != want {
			t.Errorf("under %s: %+v", prefix, list)
		}
	}
	must[*iam.DeleteServerCertificateOutput](t)(c.DeleteServerCertificate(ctx, &iam.DeleteServerCertificateInput{ServerCertificateName: new("store")}))
}

func storyOfServiceCredentials(t *testing.T, ctx context.Context, c *iam.Client) {
	user := new("deployer")
	create := func(service string, days *int32) *types.ServiceSpecificCredential {
		t.Helper()
		return must[*iam.CreateServiceSpecificCredentialOutput](t)(c.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{UserName: user, ServiceName: &service, CredentialAgeDays: days})).ServiceSpecificCredential
	}
	p := create("codecommit.amazonaws.com", nil)
	if *p.ServiceUserName != "deployer-at-111122223333" || len(*p.ServicePassword) != 44 || p.ServiceCredentialSecret != nil || p.ExpirationDate != nil {
		t.Errorf("password %+v", p)
	}
	k := create("bedrock.amazonaws.com", new(int32(30)))
	if *k.ServiceCredentialAlias != "deployer-at-111122223333" || k.ServiceCredentialSecret == nil || k.ServicePassword != nil || !k.ExpirationDate.Equal(k.CreateDate.AddDate(0, 0, 30)) {
		t.Errorf("API key %+v", k)
	}
	must[*iam.UpdateServiceSpecificCredentialOutput](t)(c.UpdateServiceSpecificCredential(ctx, &iam.UpdateServiceSpecificCredentialInput{UserName: user, ServiceSpecificCredentialId: p.ServiceSpecificCredentialId, Status: types.StatusTypeInactive}))
	r := must[*iam.ResetServiceSpecificCredentialOutput](t)(c.ResetServiceSpecificCredential(ctx, &iam.ResetServiceSpecificCredentialInput{UserName: user, ServiceSpecificCredentialId: p.ServiceSpecificCredentialId})).ServiceSpecificCredential
	if *r.ServicePassword == *p.ServicePassword || r.Status != types.StatusTypeInactive || *r.ServiceSpecificCredentialId != *p.ServiceSpecificCredentialId {
		t.Errorf("reset %+v", r)
	}
	list := must[*iam.ListServiceSpecificCredentialsOutput](t)(c.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{AllUsers: new(true)}))
	if len(list.ServiceSpecificCredentials) != 2 {
		t.Errorf("credentials %+v", list.ServiceSpecificCredentials)
	}
	for _, id := range []*string{p.ServiceSpecificCredentialId, k.ServiceSpecificCredentialId} {
		must[*iam.DeleteServiceSpecificCredentialOutput](t)(c.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{UserName: user, ServiceSpecificCredentialId: id}))
	}
	must[*iam.DeleteUserOutput](t)(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user}))
}

// sshTestKey is an RSA key of 2048 bits.
const sshTestKey = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCqtafgOy9hFiOmVDcRfiLkj3gyCSwUZPCmgh6LoNXtgIlOhANr0TUxUpxUbEN+SLQbqZOaQFGtMsJ00zD1KqE+ODHrxGp76vMYCTblrYj0S6yAgkUkbEZj/sUYLwSdD7QOmU1tmnASVJ0Ua7qxO726EmqANYK4SZzsinF0yVFiRBuchLw/HRF79ZrTuV4DuBnCPpvRQnoIadqYFRobd2IUur0jSNgbMb7lfQI37LkbO1SW2Gpvw4VXEs3NBr3Ga72QOuQNefbZ4wDbojdDL86GXSAiJs4mossRWaDXk0VwU2Li0rQrL71MTOt4q70q7H9xZ80njEVoT0TW+hxnD4Un"
