package server_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/server/servertest"
	"github.com/keyreeve/keyreeve/service"
)

// from sends a request as if it came from an address. It does not go through a
// connection, for all connections of a test come from the loopback address.
func (w *world) from(t testing.TB, address string, r *http.Request, header ...string) answer {
	t.Helper()
	in := httptest.NewRequest(r.Method, "/?"+r.URL.RawQuery, r.Body)
	in.Header, in.Host, in.ContentLength = r.Header.Clone(), r.URL.Host, r.ContentLength
	in.RemoteAddr = address
	in.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10)) // as a connection gives it
	for i := 0; i+1 < len(header); i += 2 {
		in.Header.Add(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.Server.Server.Handler().ServeHTTP(rec, in)
	return read(t, rec.Result())
}

// Mallory may call from the office, 198.51.100.0/24, and by TLS only. She is
// elsewhere, and writes into headers where she would like to be.
func TestAttackForwardedFor(t *testing.T) {
	w := start(t)
	user := w.User(t, "mallory", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}}}`).Credentials
	secure := w.User(t, "secure", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}}`).Credentials
	const office, elsewhere, proxy, proxy2 = "198.51.100.7", "203.0.113.9:1234", "192.0.2.1:1234", "192.0.2.2"
	const header, proto = "X-Forwarded-For", "X-Forwarded-Proto"
	call := func(creds aws.Credentials, address string, header ...string) answer {
		t.Helper()
		return w.from(t, address, w.request(t, signedCall{creds: creds, scope: "iam", body: formOf("ListUsers", iamVersion)}), header...)
	}
	for _, c := range []struct {
		what, address string
		header        []string
		want          string
	}{
		{"from the office", office + ":1234", nil, ""},
		{"from elsewhere", elsewhere, nil, "AccessDenied"},
		{"from elsewhere, saying otherwise", elsewhere, []string{header, office}, "AccessDenied"},
		{"from elsewhere, in every other header", elsewhere, []string{"X-Real-Ip", office, "Forwarded", "for=" + office, "Client-Ip", office, "True-Client-Ip", office}, "AccessDenied"},
		{"by the proxy, from the office", proxy, []string{header, office}, ""},
		{"by the proxy, from elsewhere", proxy, []string{header, "203.0.113.9"}, "AccessDenied"},
		{"by the proxy, with a lie in front", proxy, []string{header, office + ", 203.0.113.9"}, "AccessDenied"},
		{"by the proxy, with a lie in a header of its own", proxy, []string{header, office, header, "203.0.113.9"}, "AccessDenied"},
		{"by two proxies, from the office", proxy, []string{header, "203.0.113.9, " + office + ", " + proxy2}, ""},
		{"by the proxy, which says nothing", proxy, nil, "AccessDenied"},
		{"by the proxy, which says nonsense", proxy, []string{header, office + ", nonsense"}, "AccessDenied"},
		{"from the office, in IPv6's clothes", "[::ffff:198.51.100.7]:1234", nil, ""},
		{"with a port in the header", proxy, []string{header, office + ":99"}, "AccessDenied"},
	} {
		call(user, c.address, c.header...).want(t, c.what, c.want)
	}
	call(secure, elsewhere).want(t, "without TLS", "AccessDenied")
	call(secure, elsewhere, proto, "https").want(t, "without TLS, saying otherwise", "AccessDenied")
	call(secure, proxy, header, "203.0.113.9", proto, "https").want(t, "by a proxy with TLS", "")
	call(secure, proxy, header, "203.0.113.9", proto, "http").want(t, "by a proxy without TLS", "AccessDenied")
	call(secure, proxy, header, "203.0.113.9", proto, "https", proto, "http").want(t, "by a proxy that appends to a lie", "AccessDenied")
}

// Somebody guesses keys, or asks which accounts there are. After some hundred
// failures the address is told to wait, with a right key too; others are not
// disturbed. Changing the last 64 bits of an IPv6 address, or the header of a
// proxy that is none, makes no new address.
func TestAttackGuessing(t *testing.T) {
	w := start(t)
	guess := func(address string, header ...string) answer {
		return w.from(t, address, w.request(t, signedCall{creds: aws.Credentials{AccessKeyID: w.Root.AccessKeyID, SecretAccessKey: "guess"}, scope: "iam", body: formOf("ListUsers", iamVersion)}), header...)
	}
	right := func(address string) answer {
		return w.from(t, address, w.request(t, signedCall{creds: w.Root, scope: "iam", body: formOf("ListUsers", iamVersion)}))
	}
	throttled := func(what string, next func(i int) answer) {
		t.Helper()
		for i := range 2_000 {
			a := next(i)
			if a.code == "Throttling" {
				if a.status != http.StatusBadRequest {
					t.Errorf("%s: status %d", what, a.status)
				}
				return
			}
			a.want(t, what, "SignatureDoesNotMatch")
		}
		t.Errorf("%s: 2,000 guesses without a pause", what)
	}
	throttled("from one address", func(int) answer { return guess("203.0.113.9:1") })
	right("203.0.113.9:2").want(t, "the right key, from there", "Throttling")
	right("203.0.113.10:1").want(t, "from elsewhere", "")
	throttled("with a header", func(i int) answer {
		return guess("203.0.113.11:1", "X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i%250))
	})
	throttled("from one IPv6 network", func(i int) answer { return guess(fmt.Sprintf("[2001:db8:1:2::%x]:1", i+1)) })
	right("[2001:db8:1:3::1]:1").want(t, "from another IPv6 network", "")
}

// None of what must stay secret is in the log, in an audit event, in an error or
// in a metric: secrets of keys, session tokens, signatures, documents' contents
// are not needed there.
func TestAttackSecrets(t *testing.T) {
	w := start(t)
	ada, role := w.sessions(t)
	other := w.makeOtherAccount(t)
	secrets := []string{w.Root.SecretAccessKey, ada.SecretAccessKey, role.SecretAccessKey, role.SessionToken, other.SecretAccessKey}
	add := func(c aws.Credentials) { secrets = append(secrets, c.SecretAccessKey, c.SessionToken) }
	k := w.iam(t, w.Root, "CreateAccessKey", "UserName", "ada").want(t, "CreateAccessKey", "")
	secrets = append(secrets, k.element(t, "SecretAccessKey"))
	add(w.sts(t, ada, "GetSessionToken").credentials(t))
	add(w.sts(t, ada, "GetFederationToken", "Name", "fed").credentials(t))
	add(w.assume(t, ada, "again"))

	var failures []answer
	fail := func(what string, a answer) {
		t.Helper()
		if a.status == http.StatusOK {
			t.Fatalf("%s succeeded", what)
		}
		failures = append(failures, a)
	}
	bad := role
	bad.SecretAccessKey = "wrong-secret-of-somebody"
	fail("a wrong secret", w.iam(t, bad, "ListUsers"))
	r := w.request(t, signedCall{creds: role, scope: "iam", body: formOf("ListUsers", iamVersion)})
	signature := r.Header.Get("Authorization")
	signature = signature[strings.Index(signature, "Signature=")+len("Signature="):]
	secrets = append(secrets, signature, "wrong-secret-of-somebody")
	r.Header.Set("X-Amz-Date", "nonsense")
	fail("a wrong date", w.send(t, r))
	fail("a password in the form", w.iam(t, role, "ChangePassword", "OldPassword", "old-password-1", "NewPassword", "new-password-1"))
	fail("a bad password in the form", w.iam(t, role, "CreateLoginProfile", "UserName", "ada", "Password", "bad\x01password-2"))
	fail("a password nobody asked for", w.iam(t, role, "GetUser", "UserName", "ada", "Password", "password-3"))
	fail("an MFA code", w.sts(t, ada, "GetSessionToken", "SerialNumber", "arn:aws:iam::111122223333:mfa/ada", "TokenCode", "918273"))
	fail("a SAML assertion", w.sts(t, aws.Credentials{}, "AssumeRoleWithSAML", "RoleArn", attackedRole, "PrincipalArn", "arn:aws:iam::111122223333:saml-provider/p", "SAMLAssertion", "assertion-of-somebody"))
	fail("a web identity token", w.sts(t, aws.Credentials{}, "AssumeRoleWithWebIdentity", "RoleArn", attackedRole, "RoleSessionName", "xx", "WebIdentityToken", "identity-token-of-somebody"))
	basic := httptest.NewRequest(http.MethodPost, w.URL, strings.NewReader(formOf("ListUsers", iamVersion)))
	basic.Header.Set("Content-Type", formType)
	basic.Header.Set("Authorization", "Basic c29tZWJvZHk6cGFzc3dvcmQtNA==")
	fail("basic authentication", w.from(t, "203.0.113.1:1", basic))
	secrets = append(secrets, "old-password-1", "new-password-1", "password-2", "password-3", "918273", "assertion-of-somebody",
		"identity-token-of-somebody", "c29tZWJvZHk6cGFzc3dvcmQtNA")

	metrics := w.get(t, w.URL+"/metrics").body
	var errorTexts strings.Builder
	for _, a := range failures {
		errorTexts.WriteString(a.body + "\n")
	}
	events := w.events(t)
	if len(events) < 10 || len(w.log.String()) < 1000 || len(metrics) < 1000 {
		t.Fatalf("%d events, %d bytes of log: too few to prove anything", len(events), len(w.log.String()))
	}
	for place, text := range map[string]string{"log": w.log.String(), "events": strings.Join(events, "\n"), "metrics": metrics, "errors": errorTexts.String()} {
		for _, s := range secrets {
			if s != "" && (strings.Contains(text, s) || strings.Contains(text, url.QueryEscape(s))) {
				t.Errorf("the %s hold the secret %q", place, s)
			}
		}
	}
}

// A thousand clients hold connections open and call at once; nobody is turned
// away.
func TestAttackThousandConnections(t *testing.T) {
	w := start(t)
	user := w.User(t, "ada", allow("iam:*")).Credentials
	clients := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000, MaxIdleConns: 1000}}
	defer clients.CloseIdleConnections()
	var wait, ready sync.WaitGroup
	begin := make(chan struct{})
	failed := make(chan string, 1000)
	for i := range 1000 {
		action := "GetUser"
		if i%20 == 0 {
			action = "CreateGroup"
		}
		r := w.request(t, signedCall{creds: user, scope: "iam", body: formOf(action, iamVersion, "GroupName", fmt.Sprintf("g%d", i))[0:]})
		if action == "GetUser" {
			r = w.request(t, signedCall{creds: user, scope: "iam", body: formOf(action, iamVersion)})
		}
		ready.Add(1)
		wait.Go(func() {
			ready.Done()
			<-begin
			resp, err := clients.Do(r)
			if err != nil {
				failed <- err.Error()
				return
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				failed <- resp.Status
			}
		})
	}
	ready.Wait()
	close(begin)
	wait.Wait()
	close(failed)
	for f := range failed {
		t.Error(f)
	}
}

// A defect in one operation, here a panic, is the failure of one call: its caller
// learns a request id and no more, the log learns the rest, nothing is changed
// and the next call is served, a write to the same account too.
func TestAttackPanic(t *testing.T) {
	explode := func(c *service.Call, in *iamapi.DeactivateMFADeviceInput) (*iamapi.DeactivateMFADeviceOutput, error) {
		if err := c.Edit().DeleteGroup("kept"); err != nil {
			return nil, err
		}
		panic("the secret reason")
	}
	targets := func(what string) service.Targets[iamapi.DeactivateMFADeviceInput] {
		return func(c *service.Call, in *iamapi.DeactivateMFADeviceInput) ([]authz.Target, error) {
			if in.SerialNumber == what {
				panic("the secret reason")
			}
			return nil, nil
		}
	}
	w := start(t, service.Write(iamapi.DeactivateMFADevice, targets("panic-in-targets"), explode),
		service.Read(iamapi.GetAccountPasswordPolicy, service.NoPermission[iamapi.GetAccountPasswordPolicyInput], func(*service.Call, *iamapi.GetAccountPasswordPolicyInput) (*iamapi.GetAccountPasswordPolicyOutput, error) {
			return nil, errors.New("the secret reason")
		}))
	w.iam(t, w.Root, "CreateGroup", "GroupName", "kept").want(t, "CreateGroup", "")
	for _, serial := range []string{"panic-in-run", "panic-in-targets"} {
		a := w.iam(t, w.Root, "DeactivateMFADevice", "SerialNumber", serial, "UserName", "x").want(t, serial, "InternalFailure")
		w.checkInternal(t, a)
		w.iam(t, w.Root, "GetGroup", "GroupName", "kept").want(t, "nothing was changed", "")
		w.iam(t, w.Root, "UpdateGroup", "GroupName", "kept", "NewPath", "/"+serial+"/").want(t, "a write after it", "")
	}
	w.checkInternal(t, w.iam(t, w.Root, "GetAccountPasswordPolicy").want(t, "an error of its own", "InternalFailure"))
}

func (w *world) checkInternal(t *testing.T, a answer) {
	t.Helper()
	id := a.header.Get("X-Amzn-Requestid")
	if a.status != http.StatusInternalServerError || id == "" || strings.Contains(a.body, "secret reason") || strings.Contains(a.body, ".go") {
		t.Errorf("answer: %d %s", a.status, a.body)
	}
	for line := range strings.Lines(w.log.String()) {
		if strings.Contains(line, id) && strings.Contains(line, "the secret reason") {
			return
		}
	}
	t.Errorf("the log does not tell the cause of %s", id)
}

// A refusal leaves a trace, and only that.
func TestRefusalsAreRecorded(t *testing.T) {
	w := start(t)
	user := w.User(t, "mallory").Credentials
	before := w.revision(servertest.Account)
	refused := map[string]answer{
		"AccessDenied":               w.iam(t, user, "CreateUser", "UserName", "x"),
		"InvalidClientTokenId":       w.iam(t, aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "x"}, "CreateUser", "UserName", "x"),
		"MissingAuthenticationToken": w.iam(t, aws.Credentials{}, "CreateUser", "UserName", "x"),
		"SignatureDoesNotMatch":      w.iam(t, aws.Credentials{AccessKeyID: user.AccessKeyID, SecretAccessKey: "x"}, "CreateUser", "UserName", "x"),
		"InvalidAction":              w.iam(t, user, "MakeMeRoot"),
		"ValidationError":            w.iam(t, user, "CreateUser", "UserName", "a b"),
	}
	recorded := map[string]string{}
	for _, record := range w.events(t) {
		var e struct {
			ErrorCode string `json:"errorCode"`
			RequestID string `json:"requestID"`
		}
		if err := json.Unmarshal([]byte(record), &e); err != nil {
			t.Fatal(err)
		}
		recorded[e.RequestID] = e.ErrorCode
	}
	for want, a := range refused {
		a.want(t, want, want)
		if got, ok := recorded[a.header.Get("X-Amzn-Requestid")]; !ok || !strings.HasPrefix(got, want) {
			t.Errorf("%s: recorded as %q (%v)", want, got, ok)
		}
	}
	if now := w.revision(servertest.Account); now != before {
		t.Errorf("revision %d, then %d: a refusal changed the account", before, now)
	}
}
