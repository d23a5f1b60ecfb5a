package server_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// The reader of a proxy's log, or a filter before the server, sees an innocent
// action in the address while another stands in the body. Whichever of the two
// the server took, somebody would be deceived; so it takes neither.
func TestAttackTwoActions(t *testing.T) {
	w := start(t)
	del := formOf("DeleteUser", iamVersion, "UserName", "victim")
	w.iam(t, w.Root, "CreateUser", "UserName", "victim").want(t, "CreateUser", "")
	before := w.revision(servertest.Account)
	for what, c := range map[string]signedCall{
		"one in the address, another in the body":  {target: "/?Action=GetUser", body: del},
		"the same one in both":                     {target: "/?Action=DeleteUser", body: del},
		"two in the body":                          {body: "Action=GetUser&" + del},
		"two in the address":                       {target: "/?Action=GetUser&" + del, method: http.MethodGet},
		"one of them escaped":                      {target: "/?%41ction=GetUser", body: del},
		"the user twice":                           {body: del + "&UserName=other"},
		"the user twice, in address and body":      {target: "/?UserName=other", body: del},
		"the user twice, one of them escaped":      {body: del + "&User%4Eame=other"},
		"the version twice":                        {body: del + "&Version=" + stsVersion},
		"the second user without a value":          {body: del + "&UserName"},
		"the second user after an empty parameter": {body: del + "&&UserName=other"},
	} {
		c.creds, c.scope = w.Root, "iam"
		w.send(t, w.request(t, c)).want(t, what, "InvalidQueryParameter")
	}
	// Semicolons separate parameters for some readers and not for others.
	c := signedCall{creds: w.Root, scope: "iam", body: "Action=GetUser;" + del}
	if a := w.send(t, w.request(t, c)); a.code == "" {
		t.Errorf("a semicolon as separator: %+v", a)
	}
	if now := w.revision(servertest.Account); now != before {
		t.Error("an ambiguous call changed the account")
	}
}

// Other protocols of AWS name the operation in a header, and other types of body
// are read otherwise. None of them gives the call a second meaning.
func TestAttackOtherProtocol(t *testing.T) {
	w := start(t)
	user := w.User(t, "mallory", allow("iam:GetUser")).Credentials
	get := formOf("GetUser", iamVersion)
	for what, c := range map[string]struct {
		signedCall
		want string
	}{
		"an action in X-Amz-Target":                    {signedCall{body: get, header: map[string]string{"X-Amz-Target": "AWSIdentityManagementV20100508.CreateUser"}}, ""},
		"an action in X-Amz-Target alone":              {signedCall{body: "UserName=x", header: map[string]string{"X-Amz-Target": "IAM.CreateUser"}}, "MissingAction"},
		"a JSON body":                                  {signedCall{body: `{"Action":"CreateUser"}`, header: map[string]string{"Content-Type": "application/json"}}, "MalformedInput"},
		"a form that says it is JSON":                  {signedCall{body: get, header: map[string]string{"Content-Type": "application/x-amz-json-1.1"}}, "MalformedInput"},
		"a form that says it is in parts":              {signedCall{body: get, header: map[string]string{"Content-Type": "multipart/form-data; boundary=x"}}, "MalformedInput"},
		"a form that says nothing":                     {signedCall{body: get, header: map[string]string{"Content-Type": ""}}, "MalformedInput"},
		"a method in a header":                         {signedCall{body: get, header: map[string]string{"X-Http-Method-Override": "DELETE"}}, ""},
		"a call by PUT":                                {signedCall{body: get, method: http.MethodPut}, ""},
		"a call by GET with the action in the body":    {signedCall{body: get, method: http.MethodGet}, ""},
		"parameters of a signature inside of the body": {signedCall{body: get + "&X-Amz-Security-Token=x&X-Amz-Credential=y"}, ""},
	} {
		c.creds, c.scope = user, "iam"
		a := w.send(t, w.request(t, c.signedCall)).want(t, what, c.want)
		if c.want == "" && !strings.Contains(a.body, "<GetUserResult>") {
			t.Errorf("%s: not the signed call was done: %s", what, a.body)
		}
	}
	// The header is added by somebody on the way, who cannot sign.
	r := w.request(t, signedCall{creds: user, scope: "iam", body: get})
	r.Header.Set("X-Amz-Target", "AWSIdentityManagementV20100508.CreateUser")
	if a := w.send(t, r); a.code == "" && !strings.Contains(a.body, "<GetUserResult>") {
		t.Errorf("an unsigned X-Amz-Target changed the call: %s", a.body)
	}
}

// presigned is a presigned address of a call of STS.
func (w *world) presigned(t testing.TB, creds aws.Credentials, query string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, w.URL+"/?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	address, _, err := v4.NewSigner().PresignHTTP(context.Background(), creds, r, hashOf(""), "sts", "us-east-1", w.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// A presigned GetCallerIdentity is what clients hand to services to show who
// they are. Whoever gets one tries to make more of it: another action, more
// parameters, another method, a body, a longer life.
func TestAttackPresigned(t *testing.T) {
	w := start(t)
	user := w.User(t, "ada", allow("sts:*", "iam:*")).Credentials
	address := w.presigned(t, user, "Action=GetCallerIdentity&Version="+stsVersion+"&X-Amz-Expires=60")
	try := func(method, address, body string) answer {
		t.Helper()
		r, err := http.NewRequest(method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", formType)
		return w.send(t, r)
	}
	plain := func(address string) answer { t.Helper(); return w.get(t, address) }
	plain(address).want(t, "as it was made", "")
	plain(address).want(t, "again, in its time", "")
	for what, changed := range map[string]string{
		"another action":         strings.Replace(address, "GetCallerIdentity", "GetSessionToken", 1),
		"another version":        strings.Replace(address, stsVersion, iamVersion, 1),
		"one more parameter":     address + "&DurationSeconds=900",
		"one more, in front":     strings.Replace(address, "?", "?DurationSeconds=900&", 1),
		"a longer life":          strings.Replace(address, "X-Amz-Expires=60", "X-Amz-Expires=604800", 1),
		"another key":            strings.Replace(address, user.AccessKeyID, w.Root.AccessKeyID, 1),
		"another path":           strings.Replace(address, "/?", "/x?", 1),
		"another service":        strings.Replace(address, "%2Fsts%2F", "%2Fiam%2F", 1),
		"fewer signed headers":   strings.Replace(address, "X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=", 1),
		"an unsigned parameter":  address + "&X-Amz-Unknown=1",
		"a second X-Amz-Expires": address + "&X-Amz-Expires=604800",
		"a second signature":     address + "&X-Amz-Signature=" + strings.Repeat("0", 64),
	} {
		if changed == address {
			t.Fatalf("%s: the address was not changed", what)
		}
		if a := plain(changed); a.code != "SignatureDoesNotMatch" && a.code != "IncompleteSignature" && a.code != "InvalidClientTokenId" {
			t.Errorf("%s: %d %q %s", what, a.status, a.code, a.message)
		}
	}
	try(http.MethodPost, address, "").want(t, "another method", "SignatureDoesNotMatch")
	if a := try(http.MethodGet, address, "DurationSeconds=900"); a.code == "" {
		t.Errorf("a body: %+v", a)
	}
	r, _ := http.NewRequest(http.MethodGet, address, nil)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
	if a := w.send(t, r); a.code == "" {
		t.Errorf("two signatures: %+v", a)
	}
	w.clock.forward(20 * time.Minute)
	if a := plain(address); a.code == "" {
		t.Errorf("after its end: %+v", a)
	}
}

func (w *world) get(t testing.TB, address string) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.send(t, r)
}

// Somebody has recorded a signed request and sends it again later, or sends it
// with another body, or sends one whose clock is ahead.
func TestAttackReplay(t *testing.T) {
	w := start(t)
	body := formOf("CreateUser", iamVersion, "UserName", "replayed")
	signed := w.clock.now()
	again := func() *http.Request {
		return w.request(t, signedCall{creds: w.Root, scope: "iam", body: body, at: signed})
	}
	w.send(t, again()).want(t, "at first", "")
	w.clock.forward(14 * time.Minute)
	w.send(t, again()).want(t, "within the skew", "EntityAlreadyExists")
	w.clock.forward(2 * time.Minute)
	w.send(t, again()).want(t, "after 16 minutes", "SignatureDoesNotMatch")
	w.clock.forward(-40 * time.Minute)
	w.send(t, again()).want(t, "24 minutes ahead", "SignatureDoesNotMatch")

	w.clock.forward(24 * time.Minute)
	for what, change := range map[string]func(*http.Request){
		"another body": func(r *http.Request) { setBody(r, strings.Replace(body, "replayed", "attacker", 1)) },
		"another body, and its hash in the header": func(r *http.Request) {
			other := strings.Replace(body, "replayed", "attacker", 1)
			setBody(r, other)
			r.Header.Set("X-Amz-Content-Sha256", hashOf(other))
		},
		"a body that was to be unsigned": func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") },
		"another host":                   func(r *http.Request) { r.Host = "iam.amazonaws.com" },
		"a later date": func(r *http.Request) {
			r.Header.Set("X-Amz-Date", w.clock.now().Add(time.Hour).UTC().Format("20060102T150405Z"))
		},
		"a second date":       func(r *http.Request) { r.Header.Add("X-Amz-Date", r.Header.Get("X-Amz-Date")) },
		"no body":             func(r *http.Request) { setBody(r, "") },
		"more in the address": func(r *http.Request) { r.URL.RawQuery = "Path=/admin/" },
		"no signed headers": func(r *http.Request) {
			h := r.Header.Get("Authorization")
			from, to := strings.Index(h, "SignedHeaders="), strings.Index(h, ", Signature")
			r.Header.Set("Authorization", h[:from]+"SignedHeaders="+h[to:])
		},
	} {
		r := w.request(t, signedCall{creds: w.Root, scope: "iam", body: body})
		change(r)
		if a := w.send(t, r); a.code != "SignatureDoesNotMatch" && a.code != "IncompleteSignature" {
			t.Errorf("%s: %d %q %s", what, a.status, a.code, a.message)
		}
	}
	w.iam(t, w.Root, "GetUser", "UserName", "attacker").want(t, "the attacker's user", "NoSuchEntity")
}

// A client that signs UNSIGNED-PAYLOAD, as S3 allows, would leave its call open
// to change on the way. IAM and STS take no such signature, of whomever.
func TestAttackUnsignedPayload(t *testing.T) {
	w := start(t)
	for _, hash := range []string{"UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", hashOf("other")} {
		r := w.request(t, signedCall{creds: w.Root, scope: "iam", body: formOf("ListUsers", iamVersion), hash: hash, header: map[string]string{"X-Amz-Content-Sha256": hash}})
		w.send(t, r).want(t, hash, "SignatureDoesNotMatch")
	}
}

func setBody(r *http.Request, body string) {
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(strings.NewReader(body)), int64(len(body)), nil
}

// A signature that was made for one service, of whose keys another party may
// know, is used for another.
func TestAttackOtherScope(t *testing.T) {
	w := start(t)
	for _, c := range []struct{ action, version, scope string }{
		{"ListUsers", iamVersion, "sts"}, {"ListUsers", iamVersion, "s3"}, {"GetCallerIdentity", stsVersion, "iam"},
		{"ListUsers", iamVersion, "IAM"}, {"ListAccounts", "2026-11-01", "iam"}, {"GetCallerIdentity", stsVersion, "keyreeve"},
	} {
		r := w.request(t, signedCall{creds: w.Root, scope: c.scope, body: formOf(c.action, c.version)})
		a := w.send(t, r).want(t, c.action+" signed for "+c.scope, "SignatureDoesNotMatch")
		if a.status != http.StatusForbidden {
			t.Errorf("status %d", a.status)
		}
	}
}

// Access key ids are compared as they are: one in another case, or with
// something around it, is another one.
func TestAttackKeyIDsInOtherSpellings(t *testing.T) {
	w := start(t)
	id := w.Root.AccessKeyID
	for _, other := range []string{
		strings.ToLower(id), "a" + id[1:], id[:19], id + "A", "ASIA" + id[4:], id[:19] + "_", id + "=", id + "%20", strings.Repeat("A", 129),
	} {
		c := w.Root
		c.AccessKeyID = other
		if a := w.iam(t, c, "ListUsers"); a.code != "InvalidClientTokenId" && a.code != "IncompleteSignature" {
			t.Errorf("%q: %d %q %s", other, a.status, a.code, a.message)
		}
	}
}
