package trail_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/keyreeve/keyreeve/trail"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 987, time.FixedZone("east", 3600))

// events are the events whose JSON stands in testdata/events.txtar.
func events() map[string]trail.Event {
	session := &trail.Session{IssuedAt: noon}
	user := trail.User("111122223333", "AIDAEXAMPLE", "arn:aws:iam::111122223333:user/alice", "alice", "AKIAEXAMPLE", nil)
	of := func(id trail.Identity) trail.Event {
		return trail.Event{
			UserIdentity: id, EventTime: noon, EventSource: "sts.amazonaws.com", EventName: "GetCallerIdentity", AWSRegion: "us-east-1",
			SourceIPAddress: "192.0.2.1", UserAgent: "aws-cli/2 <&>", RequestID: "r", EventID: "e", ReadOnly: true, RecipientAccountID: "111122223333",
			ResponseElements: trail.Map{"account": "left out, because it was a read"},
		}
	}
	created := of(user)
	created.EventSource, created.EventName, created.ReadOnly = "iam.amazonaws.com", "CreateAccessKey", false
	created.RequestParameters = trail.Map{"userName": "bob"}
	created.ResponseElements = trail.Map{"accessKey": map[string]any{
		"accessKeyId": "AKIANEW", "secretAccessKey": "hunter2", "status": "Active", "userName": "bob", "createDate": "Mar 1, 2026 11:00:00 AM",
	}}
	created.TLS = &trail.TLSDetails{Version: "TLSv1.3", CipherSuite: "TLS_AES_128_GCM_SHA256", Host: "localhost:7443"}
	assumed := of(user)
	assumed.EventName, assumed.ReadOnly, assumed.SharedEventID = "AssumeRole", false, "shared"
	assumed.RequestParameters = trail.Map{"roleArn": "arn:aws:iam::111122223333:role/Deploy", "roleSessionName": "s", "tokenCode": "123456"}
	assumed.ResponseElements = trail.Map{"packedPolicySize": int64(6), "credentials": map[string]any{
		"accessKeyId": "ASIANEW", "secretAccessKey": "hunter2", "sessionToken": "hunter2", "expiration": "Mar 1, 2026 12:00:00 PM",
	}}
	assumed.Resources = []trail.Resource{{ARN: "arn:aws:iam::111122223333:role/Deploy", AccountID: "111122223333", Type: "AWS::IAM::Role"}}
	denied := of(trail.Unknown("AKIAWRONG"))
	denied.ErrorCode, denied.ErrorMessage = "InvalidClientTokenId", "The security token included in the request is invalid."
	return map[string]trail.Event{
		"user": of(user), "create access key": created, "assume role": assumed, "denied": denied,
		"root":         of(trail.Root("aws", "111122223333", "AKIAROOT", nil)),
		"root session": of(trail.Root("aws", "111122223333", "ASIAROOT", &trail.Session{IssuedAt: noon, MFA: true})),
		"assumed root": of(trail.Root("aws", "444455556666", "ASIATASK", &trail.Session{IssuedAt: noon, SourceIdentity: "alice", AssumedRoot: true})),
		"user session": of(trail.User("111122223333", "AIDAEXAMPLE", "arn:aws:iam::111122223333:user/alice", "alice", "ASIAEXAMPLE", session)),
		"assumed role": of(trail.AssumedRole("111122223333", "AROAEXAMPLE", "s", "arn:aws:sts::111122223333:assumed-role/Deploy/s",
			"arn:aws:iam::111122223333:role/ci/Deploy", "Deploy", "ASIAROLE",
			&trail.Session{IssuedAt: noon, SourceIdentity: "alice", FederatedProvider: "accounts.google.com"})),
		"federated user": of(trail.FederatedUser("111122223333", "bob", "arn:aws:sts::111122223333:federated-user/bob", "ASIAFED", user, session)),
		"web identity":   of(trail.WebIdentityUser("accounts.google.com", "app", "42")),
		"saml":           of(trail.SAMLUser("qualifier", "bob", "https://idp.example.com")),
		"other account":  of(trail.OtherAccount("444455556666", "AIDAOTHER")),
		"service":        of(trail.Service("backup.amazonaws.com")),
		"anonymous":      of(trail.Anonymous()),
	}
}

func TestEvents(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/events.txtar")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, file := range archive.Files {
		want[file.Name] = string(file.Data)
	}
	got := map[string]string{}
	for name, event := range events() {
		line, err := event.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, line, "", "  "); err != nil {
			t.Fatal(err)
		}
		got[name] = pretty.String() + "\n"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if os.Getenv("UPDATE") != "" {
		archive.Files = archive.Files[:0]
		for name, text := range got {
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
		}
		if err := os.WriteFile("testdata/events.txtar", txtar.Format(archive), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEventsCanBeReadBack(t *testing.T) {
	for name, event := range events() {
		line, err := event.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		var read trail.Event
		if err := json.Unmarshal(line, &read); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := read.Encode(nil)
		if err != nil || !bytes.Equal(line, again) {
			t.Errorf("%s: %v\nwritten:       %s\nwritten again: %s", name, err, line, again)
		}
		if bytes.ContainsRune(line, '\n') {
			t.Errorf("%s: the record is not one line", name)
		}
	}
}

func TestNoSecretIsWritten(t *testing.T) {
	for name, event := range events() {
		line, err := event.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"hunter2", "123456\"", "secretAccessKey", "sessionToken"} {
			if bytes.Contains(line, []byte(secret)) {
				t.Errorf("%s shows %s: %s", name, secret, line)
			}
		}
	}
}

func TestIsSecret(t *testing.T) {
	for _, name := range []string{
		"secretAccessKey", "SecretAccessKey", "sessionToken", "password", "newPassword", "oldPassword", "privateKey", "servicePassword",
		"serviceCredentialSecret", "base32StringSeed", "qRCodePNG", "authenticationCode1", "tokenCode", "sAMLAssertion", "webIdentityToken",
		"X-Amz-Security-Token", "secret_access_key",
	} {
		if !trail.IsSecret(name) {
			t.Errorf("%s is no secret", name)
		}
	}
	for _, name := range []string{"accessKeyId", "userName", "passwordResetRequired", "passwordLastUsed", "maxPasswordAge", "tokenType", "certificateBody", ""} {
		if trail.IsSecret(name) {
			t.Errorf("%s is a secret", name)
		}
	}
}

// TestSecretsAreFoundAtEveryDepth builds trees in which every secret has the same
// text, and looks for that text.
func TestSecretsAreFoundAtEveryDepth(t *testing.T) {
	const secret = "hunter2"
	var tree func(depth int) *rapid.Generator[any]
	tree = func(depth int) *rapid.Generator[any] {
		return rapid.Custom(func(t *rapid.T) any {
			switch kind := rapid.IntRange(0, 4).Draw(t, "kind"); {
			case kind == 0 || depth == 0:
				return rapid.StringMatching(`[a-g]{0,5}`).Draw(t, "text")
			case kind == 1:
				return rapid.Int64().Draw(t, "number")
			case kind == 2:
				return rapid.SliceOfN(tree(depth-1), 0, 3).Draw(t, "list")
			default:
				m := rapid.MapOfN(rapid.StringMatching(`[a-g]{1,5}`), tree(depth-1), 0, 3).Draw(t, "map")
				m[rapid.SampledFrom([]string{"password", "secretAccessKey", "sessionToken", "mine"}).Draw(t, "name")] =
					rapid.SampledFrom([]any{secret, []any{secret}, map[string]any{"x": secret}, []byte(secret)}).Draw(t, "secret")
				return m
			}
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		e := trail.Event{EventName: "Test", RequestParameters: trail.Map{"tree": tree(5).Draw(t, "tree")}}
		e.ResponseElements, e.AdditionalData = e.RequestParameters, e.RequestParameters
		before := fmt.Sprint(e)
		line, err := e.Encode(func(name string) bool { return name == "mine" })
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(line, []byte(secret)) || bytes.Contains(line, []byte("aHVudGVyMg")) {
			t.Fatalf("a secret is left: %s", line)
		}
		if after := fmt.Sprint(e); after != before {
			t.Fatal("the event was changed")
		}
	})
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("é", 100_000)
	many := make([]any, 100_000)
	for i := range many {
		many[i] = "x"
	}
	e := trail.Event{ErrorMessage: long, UserAgent: long, RequestParameters: trail.Map{"policyDocument": long},
		ResponseElements: trail.Map{"list": many}}
	line, err := e.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got trail.Event
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if len(line) > 220<<10 {
		t.Errorf("the record has %d bytes", len(line))
	}
	for _, text := range []string{got.ErrorMessage, got.UserAgent, got.RequestParameters.(trail.Map)["policyDocument"].(string)} {
		if len(text) != 1024 || !utf8.ValidString(text) {
			t.Errorf("a long text is cut to %d bytes", len(text))
		}
	}
	if got.ResponseElements != nil || got.AdditionalData.(trail.Map)["responseElements"] != "omitted: too large" {
		t.Errorf("a large answer: %d bytes, additional data %v", len(fmt.Sprint(got.ResponseElements)), got.AdditionalData)
	}
}

func TestWhatIsNoTree(t *testing.T) {
	deep := map[string]any{}
	for range 100 {
		deep = map[string]any{"x": deep}
	}
	for name, tree := range map[string]map[string]any{
		"a structure": {"x": struct{ Password string }{"hunter2"}},
		"a typed map": {"x": map[string]string{"password": "hunter2"}},
		"too deep":    deep,
	} {
		_, err := trail.Event{RequestParameters: trail.Map(tree)}.Encode(nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}
