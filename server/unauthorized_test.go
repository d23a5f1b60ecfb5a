package server_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/server/servertest"
)

// permissionless are the operations for which valid credentials are enough.
var permissionless = map[string]bool{"sts:GetCallerIdentity": true, "sts:GetSessionToken": true}

// modelled are all operations that there are, built or not.
func modelled() []*api.Operation {
	var all []*api.Operation
	for _, m := range servertest.Models() {
		all = append(all, m.Operations()...)
	}
	return all
}

// builtOperations are the names of the operations that are built: those of the
// tables, and all of the operators'.
func builtOperations() map[string]bool {
	built := map[string]bool{}
	for _, op := range servertest.Tables() {
		built[op.API.Service.ID+":"+op.API.Name] = true
	}
	for _, op := range modelled() {
		if op.Service.ID == "keyreeve" {
			built["keyreeve:"+op.Name] = true
		}
	}
	return built
}

// TestNobodyMayDoAnything calls every operation that there is as nobody, with a
// key that does not exist, as a user without rights, and as the root user of
// another account. An operation that is added is called here without a line being
// written: it is in the API models.
func TestNobodyMayDoAnything(t *testing.T) {
	w := start(t)
	other := w.makeOtherAccount(t)
	w.keep(t)
	powerless := w.User(t, "powerless").Credentials
	unknown := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	built := builtOperations()
	if n := len(modelled()); n < 190 {
		t.Fatalf("only %d operations are modelled", n)
	}
	before := w.revision(servertest.Account)

	for _, op := range modelled() {
		name := op.Service.ID + ":" + op.Name
		t.Run(name, func(t *testing.T) {
			call := func(creds aws.Credentials) answer {
				return w.send(t, w.request(t, minimal(t, op).by(creds)))
			}
			missing, status := spelled(op.Service, "MissingAuthenticationToken"), http.StatusForbidden
			if op.Service.Protocol == "json" {
				status = http.StatusBadRequest
			}
			if op.Unsigned && built[name] {
				// Who shows nothing that is right is nobody, signed or not.
				for what, creds := range map[string]aws.Credentials{"unsigned": {}, "signed": powerless, "signed by root elsewhere": other} {
					call(creds).want(t, what, "InvalidIdentityToken")
				}
				call(unknown).want(t, "a key that does not exist", "InvalidClientTokenId")
				return
			} else if op.Unsigned {
				call(aws.Credentials{}).want(t, "unsigned, which the model allows", "NotImplemented")
			} else {
				a := call(aws.Credentials{}).want(t, "unsigned", missing)
				if a.status != status {
					t.Errorf("unsigned: status %d, want %d", a.status, status)
				}
			}
			call(unknown).want(t, "a key that does not exist", spelled(op.Service, "InvalidClientTokenId"))
			checkPowerless(t, op, built[name], call(powerless))
			checkOther(t, name, call(other))
			if now := w.revision(servertest.Account); now != before {
				t.Fatalf("the account was changed: revision %d, then %d", before, now)
			}
		})
	}
	if w.revision(otherAccount) < 2 {
		t.Error("no call of the other account's root user changed its own account: the calls prove nothing")
	}
}

// keep makes entities that are there to be attacked.
func (w *world) keep(t testing.TB) {
	t.Helper()
	w.iam(t, w.Root, "CreatePolicy", "PolicyName", "kept", "PolicyDocument", allow("s3:*")).want(t, "CreatePolicy", "")
	w.iam(t, w.Root, "CreateRole", "RoleName", "kept", "AssumeRolePolicyDocument", trustAccount).want(t, "CreateRole", "")
	w.iam(t, w.Root, "CreateUser", "UserName", "kept").want(t, "CreateUser", "")
}

// denial is how AWS words the refusal of a user who has no policies.
var denial = regexp.MustCompile(`^User: arn:aws:iam::111122223333:user/powerless is not authorized to perform: (\w+:\w+) on resource: \S+( because no (?:identity|resource)-based policy allows the (\w+:\w+) action)?$`)

func checkPowerless(t *testing.T, op *api.Operation, built bool, a answer) {
	t.Helper()
	name := op.Service.ID + ":" + op.Name
	switch {
	case !built:
		a.want(t, "without rights, not built", "NotImplemented")
		if a.status != http.StatusNotImplemented || !strings.Contains(a.message, op.Name) {
			t.Errorf("not built: %d %s, want 501 and the name", a.status, a.message)
		}
	case permissionless[name]:
		a.want(t, "needs no rights", "")
	default:
		a.want(t, "without rights", spelled(op.Service, "AccessDenied"))
		m := denial.FindStringSubmatch(a.message)
		if m == nil || m[1] != name || m[3] != "" && m[3] != name {
			t.Errorf("the refusal reads %q", a.message)
		}
	}
}

// checkOther looks at what the root user of another account got: never anything
// of this one. What it asks for by name it asks for in its own account.
func checkOther(t *testing.T, name string, a answer) {
	t.Helper()
	if a.status == http.StatusOK && strings.Contains(a.body, "<Arn>arn:aws:iam::"+servertest.Account) {
		t.Errorf("another account's root user was told of this one: %s", a.body)
	}
	if strings.HasPrefix(name, "keyreeve:") {
		a.want(t, "an operators' operation", "AccessDenied")
	}
}

// TestOperatorsMayDoNothingElse: who may open the operators' socket makes accounts
// and backups, and is nobody in any account: by the socket no operation of AWS's
// APIs is done, with or without a root user's signature.
func TestOperatorsMayDoNothingElse(t *testing.T) {
	w := start(t)
	w.keep(t)
	before := w.revision(servertest.Account)
	for _, op := range modelled() {
		if op.Service.ID == "keyreeve" {
			continue
		}
		for what, creds := range map[string]aws.Credentials{"unsigned": {}, "signed by root": w.Root} {
			r := w.request(t, minimal(t, op).by(creds))
			r.RequestURI = "/" // as a server gets it
			rec := httptest.NewRecorder()
			w.Server.Server.OperatorHandler().ServeHTTP(rec, r)
			if a := read(t, rec.Result()); a.status == http.StatusOK || a.status >= 500 && a.status != http.StatusNotImplemented {
				t.Errorf("%s, %s: %d %q %s", op.Name, what, a.status, a.code, a.message)
			}
		}
	}
	if now := w.revision(servertest.Account); now != before {
		t.Errorf("the account was changed: revision %d, then %d", before, now)
	}
	w.operate(t, "ListAccounts") // what is the operators' is done
}

// TestUnknownActions: what there is no operation for is told only to those who
// have shown who they are.
func TestUnknownActions(t *testing.T) {
	w := start(t)
	user := w.User(t, "powerless").Credentials
	w.iam(t, aws.Credentials{}, "MakeMeRoot").want(t, "unsigned", "MissingAuthenticationToken")
	w.iam(t, aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "x"}, "MakeMeRoot").want(t, "an unknown key", "InvalidClientTokenId")
	w.iam(t, user, "MakeMeRoot").want(t, "signed", "InvalidAction")
	w.iam(t, user, "createuser", "UserName", "x").want(t, "in another case", "InvalidAction")
	for _, version := range []string{"", "2010-05-09", stsVersion} {
		body := formOf("CreateUser", version, "UserName", "x")
		w.send(t, w.request(t, signedCall{creds: w.Root, scope: "iam", body: body})).want(t, "the version "+version, "InvalidAction")
	}
	w.send(t, w.request(t, signedCall{creds: user, scope: "iam", body: "Version=" + iamVersion})).want(t, "no action", "MissingAction")
}
