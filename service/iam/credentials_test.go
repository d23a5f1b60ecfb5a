package iam_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service/iam"
)

// selfSigned is a certificate that is valid for an hour, and its key, in PEM.
func selfSigned(t *testing.T, name string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", private)
}

// furnishCredentials makes a server certificate and a service-specific credential.
func furnishCredentials(w *world, tags []identity.Tag) {
	w.t.Helper()
	cert, key := selfSigned(w.t, "shop")
	_, err := w.edit().UploadServerCertificate(identity.NewServerCertificate{
		Name: "shop", Path: new("/team/"), Body: cert, PrivateKey: key, Tags: tags,
	})
	w.must(err)
	_, _, err = w.edit().CreateServiceCredential("alice", "bedrock.amazonaws.com", new(int32(7)))
	w.must(err)
}

// fillCredentials are the members of inputs that name credentials.
func fillCredentials(w *world, values map[string]any, there bool) {
	values["ServerCertificateName"] = "shop"
	values["NewServerCertificateName"] = "store"
	values["ServiceName"] = "bedrock.amazonaws.com"
	values["CredentialAgeDays"] = int32(7)
	values["ServiceSpecificCredentialId"] = w.edit().ServiceCredentials()[0].ID
	if !there {
		values["ServerCertificateName"] = "none"
		values["ServiceSpecificCredentialId"] = "ACCAEXAMPLEEXAMPLE123"
	}
}

// TestServiceCredentialKeys: the service that a credential is for is in the context
// of all that changes it, and how long it is to last in that of its creation.
func TestServiceCredentialKeys(t *testing.T) {
	w := furnished(t)
	want := map[string][]string{
		"CreateServiceSpecificCredential": {"iam:ServiceSpecificCredentialAgeDays=7", "iam:ServiceSpecificCredentialServiceName=bedrock.amazonaws.com"},
		"UpdateServiceSpecificCredential": {"iam:ServiceSpecificCredentialServiceName=bedrock.amazonaws.com"},
		"ResetServiceSpecificCredential":  {"iam:ServiceSpecificCredentialServiceName=bedrock.amazonaws.com"},
		"DeleteServiceSpecificCredential": {"iam:ServiceSpecificCredentialServiceName=bedrock.amazonaws.com"},
		"ListServiceSpecificCredentials":  nil,
	}
	for _, op := range iam.Operations() {
		wanted, ok := want[op.API.Name]
		if !ok {
			continue
		}
		delete(want, op.API.Name)
		targets, err := op.Targets(w.call(), filled(w, op.API, true))
		w.must(err)
		if got := credentialKeys(targets[0]); !slices.Equal(got, wanted) {
			t.Errorf("%s carries %v, want %v", op.API.Name, got, wanted)
		}
	}
	if len(want) > 0 {
		t.Errorf("not built: %v", want)
	}
}

func credentialKeys(target authz.Target) (keys []string) {
	for _, k := range target.Keys {
		if len(k.Name) > 29 && k.Name[:29] == "iam:ServiceSpecificCredential" {
			keys = append(keys, k.Name+"="+k.Values[0])
		}
	}
	slices.Sort(keys)
	return keys
}

// TestListServiceCredentials: of one user, of one service, of all users, in pages.
func TestListServiceCredentials(t *testing.T) {
	w := furnished(t)
	e := w.edit()
	_, err := e.CreateUser(identity.NewUser{Name: "bob"})
	w.must(err)
	for _, user := range []string{"alice", "bob"} {
		_, _, err := e.CreateServiceCredential(user, "codecommit.amazonaws.com", nil)
		w.must(err)
	}
	for _, c := range []struct {
		name  string
		in    iamapi.ListServiceSpecificCredentialsInput
		users []string
	}{
		{"of a user", iamapi.ListServiceSpecificCredentialsInput{UserName: new("alice")}, []string{"alice", "alice"}},
		{"for a service", iamapi.ListServiceSpecificCredentialsInput{UserName: new("alice"), ServiceName: new("codecommit.amazonaws.com")}, []string{"alice"}},
		{"of all", iamapi.ListServiceSpecificCredentialsInput{AllUsers: new(true)}, []string{"alice", "alice", "bob"}},
		{"of all for a service", iamapi.ListServiceSpecificCredentialsInput{AllUsers: new(true), ServiceName: new("codecommit.amazonaws.com")}, []string{"alice", "bob"}},
		{"of root", iamapi.ListServiceSpecificCredentialsInput{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := run[*iamapi.ListServiceSpecificCredentialsOutput](w, "ListServiceSpecificCredentials", &c.in)
			w.must(err)
			var users []string
			for _, s := range out.ServiceSpecificCredentials {
				users = append(users, s.UserName)
			}
			slices.Sort(users)
			if !slices.Equal(users, c.users) || out.IsTruncated != nil {
				t.Errorf("%v (truncated %v), want %v", users, out.IsTruncated, c.users)
			}
		})
	}
	first, err := run[*iamapi.ListServiceSpecificCredentialsOutput](w, "ListServiceSpecificCredentials",
		&iamapi.ListServiceSpecificCredentialsInput{AllUsers: new(true), MaxItems: new(int32(2))})
	w.must(err)
	rest, err := run[*iamapi.ListServiceSpecificCredentialsOutput](w, "ListServiceSpecificCredentials",
		&iamapi.ListServiceSpecificCredentialsInput{AllUsers: new(true), MaxItems: new(int32(2)), Marker: first.Marker})
	w.must(err)
	if len(first.ServiceSpecificCredentials) != 2 || len(rest.ServiceSpecificCredentials) != 1 || first.IsTruncated == nil || rest.Marker != nil {
		t.Errorf("pages %+v and %+v", first, rest)
	}
	if _, err := run[*iamapi.ListServiceSpecificCredentialsOutput](w, "ListServiceSpecificCredentials",
		&iamapi.ListServiceSpecificCredentialsInput{AllUsers: new(true), UserName: new("bob")}); err == nil {
		t.Error("AllUsers and UserName together were taken")
	}
}
