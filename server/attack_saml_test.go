package server_test

import (
	"context"
	"encoding/base64"
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

// redeem calls AssumeRoleWithSAML, unsigned.
func (w *world) redeem(t testing.TB, assertion string, more ...string) answer {
	t.Helper()
	return w.sts(t, aws.Credentials{}, "AssumeRoleWithSAML", append([]string{"RoleArn", samlRole, "PrincipalArn", samlProvider, "SAMLAssertion", assertion}, more...)...)
}

// Eve wants a session of alice's company. She writes an assertion herself, signs it
// with a key of her own, makes a provider of her own account under the same name and
// with the same issuer, and names roles that alice's assertion does not give. What the
// company's provider itself has signed for her works.
func TestAttackSAMLForged(t *testing.T) {
	w := start(t)
	p, genuine := w.samlCorp(t)
	other := w.makeOtherAccount(t)
	eve := samltest.WithKey(t, samlIssuer, samltest.Key(t, "eve", 2048))
	w.iam(t, other, "CreateSAMLProvider", "Name", "corp", "SAMLMetadataDocument", eve.Metadata()).want(t, "her own provider", "")
	w.iam(t, w.Root, "CreateRole", "RoleName", "admins", "AssumeRolePolicyDocument", trustSAML("")).want(t, "CreateRole", "")

	login := samltest.Login{Issued: w.clock.now()}.For(samlRole, samlProvider, "alice")
	unsigned := samltest.Encode(p.Unsigned(login))
	hers := "arn:aws:iam::" + otherAccount + ":saml-provider/corp"
	w.redeem(t, unsigned).want(t, "unsigned", "InvalidIdentityToken")
	w.redeem(t, w.assertion(eve, samltest.Login{})).want(t, "signed by herself", "InvalidIdentityToken")
	byHers := samltest.Encode(eve.Response(login.For(samlRole, hers, "alice")))
	w.redeem(t, byHers).want(t, "for her provider, shown as the company's", "InvalidIdentityToken")
	w.sts(t, aws.Credentials{}, "AssumeRoleWithSAML", "RoleArn", samlRole, "PrincipalArn", hers, "SAMLAssertion", byHers).want(t, "by her provider", "AccessDenied")
	w.sts(t, other, "AssumeRoleWithSAML", "RoleArn", samlRole, "PrincipalArn", hers, "SAMLAssertion", byHers).want(t, "by her provider, signed by her root user", "AccessDenied")
	w.sts(t, aws.Credentials{}, "AssumeRoleWithSAML", "RoleArn", "arn:aws:iam::111122223333:role/admins", "PrincipalArn", samlProvider, "SAMLAssertion", genuine).want(t, "a role that the assertion does not give", "AccessDenied")
	w.sts(t, w.Root, "AssumeRoleWithSAML", "RoleArn", samlRole, "PrincipalArn", samlProvider, "SAMLAssertion", unsigned).want(t, "unsigned, in a request that root has signed", "InvalidIdentityToken")

	session := w.redeem(t, genuine).want(t, "the company's", "").credentials(t)
	who := w.sts(t, session, "GetCallerIdentity").want(t, "GetCallerIdentity", "")
	if got := who.element(t, "Arn"); got != "arn:aws:sts::111122223333:assumed-role/people/alice" {
		t.Errorf("she is %s", got)
	}
}

// Eve reads an assertion of alice's, in a browser's history or a log, and redeems it
// later. After five minutes it is worth nothing, whatever it says itself. One that says
// it may be used once is worth nothing when it was used, also after a restart. Alice
// meanwhile goes through two roles with one assertion, as clients do.
func TestAttackSAMLReplay(t *testing.T) {
	w := start(t)
	p, stolen := w.samlCorp(t)
	long := w.assertion(p, samltest.Login{Lasts: time.Hour})
	w.redeem(t, stolen).want(t, "alice, at once", "")
	w.redeem(t, stolen).want(t, "alice, again", "")
	once := w.assertion(p, samltest.Login{OneTimeUse: true})
	w.redeem(t, once).want(t, "once", "")
	a := w.redeem(t, once).want(t, "twice", "InvalidIdentityToken")
	if !strings.Contains(a.message, "used before") {
		t.Errorf("it says %s", a.message)
	}
	w.clock.forward(5*time.Minute + time.Second)
	w.redeem(t, stolen).want(t, "eve, after five minutes", "ExpiredTokenException")
	w.redeem(t, long).want(t, "one that is valid for an hour", "ExpiredTokenException")
	w.redeem(t, once).want(t, "the one that was used", "ExpiredTokenException")
	w.redeem(t, w.assertion(p, samltest.Login{})).want(t, "alice, a new one", "")
}

func TestSAMLOnceAfterRestart(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	s := servertest.StartOn(t, dir)
	root, p := s.As(s.Root), samltest.New(t, samlIssuer)
	key := samltest.Key(t, "decryption", 2048)
	must[*iam.CreateSAMLProviderOutput](t)(root.IAM.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{
		Name: new("corp"), SAMLMetadataDocument: new(p.Metadata()), AddPrivateKey: new(samltest.PEM(key)), AssertionEncryptionMode: types.AssertionEncryptionModeTypeRequired,
	}))
	must[*iam.CreateRoleOutput](t)(root.IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("people"), AssumeRolePolicyDocument: new(trustSAML(""))}))
	encrypted := func() string {
		r := p.Response(samltest.Login{Issued: time.Now(), OneTimeUse: true}.For(samlRole, samlProvider, "alice"))
		samltest.Encrypt(r, &key.PublicKey, samltest.Encryption{})
		return samltest.Encode(r)
	}
	redeem := func(assertion string) error {
		_, err := s.As(s.Root).STS.AssumeRoleWithSAML(ctx, &sts.AssumeRoleWithSAMLInput{RoleArn: new(samlRole), PrincipalArn: new(samlProvider), SAMLAssertion: &assertion})
		return err
	}
	first := encrypted()
	if err := redeem(first); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s = servertest.StartOn(t, dir)
	if err := redeem(first); code(err) != "InvalidIdentityToken" {
		t.Errorf("again, after a restart: %v", err)
	}
	if _, err := s.Host.RotateKey(); err != nil {
		t.Fatal(err)
	}
	if err := redeem(encrypted()); err != nil {
		t.Errorf("after a rotation of keys: %v", err)
	}
	if err := redeem(samltest.Encode(p.Response(samltest.Login{Issued: time.Now()}.For(samlRole, samlProvider, "alice")))); code(err) != "InvalidIdentityToken" {
		t.Errorf("in the open: %v", err)
	}
}

// Eve guesses: she sends one assertion after the other. Her address is told to wait;
// others are not disturbed.
func TestAttackSAMLGuessing(t *testing.T) {
	w := start(t)
	p, genuine := w.samlCorp(t)
	forged := base64.StdEncoding.EncodeToString([]byte(samltest.Text(p.Unsigned(samltest.Login{Issued: w.clock.now()}))))
	body := func(assertion string) string {
		return formOf("AssumeRoleWithSAML", stsVersion, "RoleArn", samlRole, "PrincipalArn", samlProvider, "SAMLAssertion", assertion)
	}
	for range 2_000 {
		if w.from(t, "203.0.113.9:1", w.request(t, signedCall{body: body(forged)})).code == "Throttling" {
			w.from(t, "203.0.113.10:1", w.request(t, signedCall{body: body(genuine)})).want(t, "alice, from elsewhere", "")
			return
		}
	}
	t.Error("2,000 guesses without a pause")
}

// What is recorded of a call by SAML: whose it was, in the role's account; and nowhere
// the assertion, with which somebody else could do the same for five minutes.
func TestSAMLRecords(t *testing.T) {
	w := start(t)
	p, genuine := w.samlCorp(t)
	key := samltest.PEM(samltest.Key(t, "decryption", 2048))
	w.iam(t, w.Root, "UpdateSAMLProvider", "SAMLProviderArn", samlProvider, "AddPrivateKey", key).want(t, "UpdateSAMLProvider", "")
	session := w.redeem(t, genuine).want(t, "alice", "").credentials(t)
	w.sts(t, session, "GetCallerIdentity").want(t, "GetCallerIdentity", "")
	w.redeem(t, w.assertion(p, samltest.Login{Lasts: time.Nanosecond})).want(t, "expired", "ExpiredTokenException")
	all := strings.Join(w.events(t), "\n") + w.log.String()
	for _, secret := range []string{genuine[:60], genuine[2000:2060], strings.Split(key, "\n")[3], session.SecretAccessKey, session.SessionToken} {
		if strings.Contains(all, secret) {
			t.Errorf("a secret is recorded: %s", secret)
		}
	}
	found := 0
	for _, e := range w.events(t) {
		if !strings.Contains(e, `"eventName":"AssumeRoleWithSAML"`) {
			if strings.Contains(e, "GetCallerIdentity") && strings.Contains(e, "webIdFederationData") {
				t.Errorf("a session of SAML is told as one of OpenID Connect: %s", e)
			}
			continue
		}
		found++
		if strings.Contains(e, "errorCode") {
			continue
		}
		for _, want := range []string{`"type":"SAMLUser"`, `:alice@example.com"`, `"userName":"alice@example.com"`, `"recipientAccountId":"111122223333"`, `"sAMLAssertionID":"_a`, `"roleArn":"` + samlRole + `"`} {
			if !strings.Contains(e, want) {
				t.Errorf("the record lacks %s: %s", want, e)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d records, want 2", found)
	}
}
