package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/federation/issuertest"
	"github.com/keyreeve/keyreeve/server/servertest"
)

var update = flag.Bool("update", false, "write testdata/matrix.golden anew")

const (
	matrixFile = "testdata/matrix.golden"
	matrixHead = `# Who may do what: rows are the calls of matrix.calls, columns are callers.
#
#   ok        done               -         AccessDenied
#   token     InvalidClientTokenId (AWS's answer to sessions that may not call IAM)
#   unsigned  MissingAuthenticationToken
#   absent    NoSuchEntity     invalid   ValidationError
#   message   InvalidAuthorizationMessageException
#   disabled  OutboundWebIdentityFederationDisabledException
#   type      InvalidUserType
#   forged    InvalidIdentityToken
#   alone     OrganizationNotFoundException
#   input     InvalidInput
#   without   InsightNotEnabledException
#   nowhere   AWSOrganizationsNotInUseException
#   master    MasterCannotLeaveOrganizationException
#   limit     ConstraintViolationException
#   state     InvalidResponsibilityTransferTransitionException
#
# The stranger may do everything in another account: what is ok was done there,
# and what is absent is there in this account. So it is with the last four, which are
# sessions of AssumeRoot for the root user of a member of somebody else's organization,
# by their tasks: IAMAuditRootUserCredentials, IAMDeleteRootUserCredentials,
# IAMCreateRootUserPassword and S3UnlockBucketPolicy.
#
`
)

// short is how outcomes stand in the matrix.
var short = map[string]string{
	"": "ok", "AccessDenied": "-", "AccessDeniedException": "-", "UnrecognizedClientException": "token", "MissingAuthenticationTokenException": "unsigned", "InvalidClientTokenId": "token", "MissingAuthenticationToken": "unsigned",
	"InvalidIdentityToken": "forged", "NoSuchEntity": "absent", "ValidationError": "invalid", "InvalidAuthorizationMessageException": "message",
	"InvalidUserType":               "type",
	"OrganizationNotFoundException": "alone", "InvalidInput": "input",
	"OutboundWebIdentityFederationDisabledException": "disabled",
	"AWSOrganizationsNotInUseException":              "nowhere", "MasterCannotLeaveOrganizationException": "master",
	"ConstraintViolationException": "limit", "InvalidResponsibilityTransferTransitionException": "state",
	"TrailNotFoundException": "absent", "ResourceNotFoundException": "absent", "InsightNotEnabledException": "without",
	"HandshakeNotFoundException": "absent", "ResponsibilityTransferNotFoundException": "absent",
}

// matrixCaller is a column of the matrix.
type matrixCaller struct {
	name string
	self string // its user's name
	aws.Credentials
	elsewhere bool // its account is another one
}

// matrixManagement is the management account of the organization with the member whose
// root user has tasks.
const matrixManagement = "555566667777"

// matrixTasks are sessions for tasks in the same member, whose root user has no credentials.
func (w *world) matrixTasks(t *testing.T) (callers []matrixCaller) {
	t.Helper()
	w.operate(t, "CreateAccount", "AccountId", matrixManagement, "Name", "management")
	r := &rootWorld{world: w, root: w.As(w.rootOf(t, matrixManagement))}
	r.boss = r.userMade(t, r.root.IAM, "boss", allow("*"))
	r.centralize(t)
	r.member = r.join(t, "member")
	for _, task := range []struct{ column, name string }{{"audit", auditTask}, {"delete", deleteTask}, {"password", passwordTask}, {"unlock", bucketTask}} {
		callers = append(callers, matrixCaller{task.column, "admin", r.doing(t, r.boss, task.name).Credentials, true})
	}
	return callers
}

const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// matrixCallers makes the callers; message is an encoded authorization message.
func (w *world) matrixCallers(t *testing.T) (callers []matrixCaller, message string) {
	t.Helper()
	root := func(action string, params ...string) answer {
		t.Helper()
		return w.iam(t, w.Root, action, params...).want(t, action, "")
	}
	user := func(name, policy string) aws.Credentials {
		c := w.User(t, name).Credentials
		root("AttachUserPolicy", "UserName", name, "PolicyArn", policy)
		return c
	}
	admin := user("admin", administrator)
	reader := user("reader", "arn:aws:iam::aws:policy/IAMReadOnlyAccess")
	self := w.User(t, "self", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::111122223333:user/${aws:username}"}}`).Credentials
	bounded := user("bounded", administrator)
	root("CreatePolicy", "PolicyName", "getters", "PolicyDocument", allow("iam:Get*"))
	root("PutUserPermissionsBoundary", "UserName", "bounded", "PermissionsBoundary", "arn:aws:iam::111122223333:policy/getters")
	root("CreateRole", "RoleName", "operator", "AssumeRolePolicyDocument", trustAccount)
	root("AttachRolePolicy", "RoleName", "operator", "PolicyArn", administrator)
	session := func(creds aws.Credentials, action string, params ...string) aws.Credentials {
		t.Helper()
		return w.sts(t, creds, action, params...).want(t, action, "").credentials(t)
	}
	role := "arn:aws:iam::111122223333:role/operator"
	other := w.makeOtherAccount(t)
	w.iam(t, other, "CreateUser", "UserName", "stranger").want(t, "CreateUser", "")
	w.iam(t, other, "AttachUserPolicy", "UserName", "stranger", "PolicyArn", administrator).want(t, "AttachUserPolicy", "")
	k := w.iam(t, other, "CreateAccessKey", "UserName", "stranger").want(t, "CreateAccessKey", "")
	stranger := aws.Credentials{AccessKeyID: k.element(t, "AccessKeyId"), SecretAccessKey: k.element(t, "SecretAccessKey")}
	message = w.iam(t, self, "ListUsers").want(t, "ListUsers", "AccessDenied").header.Get("X-Keyreeve-Authorization-Message")
	callers = []matrixCaller{
		{"root", "admin", w.Root, false},
		{"admin", "admin", admin, false},
		{"reader", "reader", reader, false},
		{"self", "self", self, false},
		{"bounded", "bounded", bounded, false},
		{"role", "admin", session(admin, "AssumeRole", "RoleArn", role, "RoleSessionName", "all"), false},
		{"limited", "admin", session(admin, "AssumeRole", "RoleArn", role, "RoleSessionName", "listing", "Policy", allow("iam:List*")), false},
		{"token", "admin", session(admin, "GetSessionToken"), false},
		{"federated", "admin", session(admin, "GetFederationToken", "Name", "fed", "Policy", allow("*")), false},
		{"federated0", "admin", session(admin, "GetFederationToken", "Name", "fed"), false},
		{"stranger", "admin", stranger, true},
		{"anonymous", "admin", aws.Credentials{}, false},
	}
	return append(callers, w.matrixTasks(t)...), message
}

// TestWhoMayWhat carries out every operation that is built as each kind of
// caller and compares with the golden matrix: a change of who may what is seen as
// a line of a diff. Renew it with -update.
func TestWhoMayWhat(t *testing.T) {
	w := start(t)
	defer askedAgain(t, w.Host, 100)
	callers, message := w.matrixCallers(t)
	for _, quota := range []string{"AccountsPerOrganizationQuota=1000", "TrailsPerRegionQuota=10000", "InvitationsPerDayQuota=1000", "CreatedAccountMinimumDaysQuota=0",
		"DelegationRequestsPerAccountQuota=1000", "OpenIDConnectProvidersQuota=1000", "SAMLProvidersQuota=1000"} {
		name, value, _ := strings.Cut(quota, "=")
		w.operate(t, "SetQuota", "Name", name, "Value", value)
	}
	var out bytes.Buffer
	out.WriteString(matrixHead)
	line := func(cells []string, call string) {
		for _, c := range cells {
			fmt.Fprintf(&out, "%-11s", c)
		}
		fmt.Fprintf(&out, " %s\n", call)
	}
	names := make([]string, len(callers))
	for i, c := range callers {
		names[i] = c.name
	}
	line(names, "")

	issuer := issuertest.New(t)
	webRole(t, w.Server, issuer, "web")
	token := issuer.Token(t, nil)
	corp, assertion := w.samlCorp(t)
	missing := builtOperations()
	for row, text := range matrixRows(t) {
		call := strings.TrimSpace(strings.Split(text, "|")[0])
		name, _, _ := strings.Cut(call, " ")
		delete(missing, name)
		cells := make([]string, len(callers))
		for i, c := range callers {
			x := &cell{world: w, caller: c, vars: map[string]string{
				"x": fmt.Sprintf("x%dc%d", row, i), "self": c.self, "doc": allow("s3:GetObject"), "trust": trustAccount,
				"role": "arn:aws:iam::111122223333:role/operator", "message": message,
			}}
			x.vars["mfa"] = "arn:aws:iam::111122223333:mfa/" + x.vars["x"]
			x.vars["p"] = "arn:aws:iam::111122223333:policy/" + x.vars["x"]
			if strings.Contains(text, "$certificate") {
				x.vars["certificate"], x.vars["key"] = selfSigned(t, x.vars["x"])
			}
			x.vars["ssh"] = sshTestKey
			x.vars["issuer"] = "arn:aws:iam::111122223333:oidc-provider/" + x.vars["x"] + ".example"
			x.vars["idtoken"], x.vars["sha1"] = token, strings.Repeat("ab", 20)
			x.vars["saml"], x.vars["metadata"], x.vars["assertion"] = "arn:aws:iam::111122223333:saml-provider/"+x.vars["x"], corp.Metadata(), assertion
			cells[i] = x.outcome(t, text)
		}
		line(cells, call)
	}
	for name := range missing {
		t.Errorf("%s has no row in matrix.calls", name)
	}
	compare(t, out.Bytes())
}

func compare(t *testing.T, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(matrixFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("who may what has changed (-want +got); if it should have, renew it with -update:\n%s", diff)
	}
}

// matrixRows are the lines of matrix.calls.
func matrixRows(t *testing.T) (rows []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/matrix.calls")
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if l := strings.TrimSpace(lines.Text()); l != "" && !strings.HasPrefix(l, "#") {
			rows = append(rows, l)
		}
	}
	return rows
}

// What a preparation of Organizations answered: ids by their prefixes, the last of each
// kind, and the number of an account that it has made.
var (
	organizationIDs = regexp.MustCompile(`"((r|ou|h|car|rt|p)-[0-9a-z-]+)"`)
	madeAccount     = regexp.MustCompile(`"AccountId":"(\d{12})"`)
)

// cell is one call by one caller.
type cell struct {
	*world
	caller matrixCaller
	vars   map[string]string
}

// outcome prepares a cell, makes its call and tells what came of it. A call that
// was not done must not have changed the account.
func (c *cell) outcome(t *testing.T, row string) string {
	t.Helper()
	steps := strings.Split(row, "|")
	for _, step := range steps[1:] {
		step, mayFail := strings.CutPrefix(strings.TrimSpace(step), "?")
		if !strings.Contains(strings.Fields(step)[0], ":") {
			step = "iam:" + step
		}
		a := c.call(t, c.Root, step)
		if !mayFail {
			a.want(t, step, "")
		}
		for _, id := range organizationIDs.FindAllStringSubmatch(a.body, -1) {
			c.vars[strings.Replace(id[2], "p", "policy", 1)] = id[1] // $p is one of IAM
		}
		if id := madeAccount.FindStringSubmatch(a.body); id != nil {
			c.vars["account"] = id[1]
		}
		if strings.Contains(a.body, "<Base32StringSeed>") {
			d := deviceOf(t, a.element(t, "Base32StringSeed"))
			for i, code := range d.codes(4) {
				c.vars["code"+string(rune('1'+i))] = code
			}
		}
		for _, name := range []string{"AccessKeyId", "DeletionTaskId", "JobId", "SSHPublicKeyId", "CertificateId", "ServiceSpecificCredentialId", "DelegationRequestId"} {
			if strings.Contains(a.body, "<"+name+">") {
				c.vars[name] = a.element(t, name)
			}
		}
	}
	before := c.revision(servertest.Account)
	a := c.call(t, c.caller.Credentials, steps[0])
	if a.status != http.StatusOK || c.caller.elsewhere {
		if now := c.revision(servertest.Account); now != before {
			t.Errorf("%s by %s answered %q and changed the account", steps[0], c.caller.name, a.code)
		}
	}
	if s, ok := short[a.code]; ok {
		return s
	}
	return a.code
}

// call makes a call that is written as in matrix.calls.
func (c *cell) call(t *testing.T, creds aws.Credentials, text string) answer {
	t.Helper()
	words := strings.Fields(text)
	service, action, _ := strings.Cut(words[0], ":")
	var params []string
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		params = append(params, name, c.expand(value))
	}
	for _, m := range servertest.Models() {
		if m.ID == service && m.Protocol == "json" {
			return c.send(t, c.request(t, jsonCall(m, action, objectOf(t, params)).by(creds)))
		}
		if m.ID == service {
			body := formOf(action, m.Version, params...)
			return c.send(t, c.request(t, signedCall{creds: creds, scope: m.SigningName, body: body}))
		}
	}
	t.Fatalf("no service %s", service)
	return answer{}
}

// objectOf is the body of a JSON call; params are names and values. A name that ends in
// a colon has a value that is JSON itself.
func objectOf(t *testing.T, params []string) string {
	t.Helper()
	members := map[string]any{}
	for i := 0; i+1 < len(params); i += 2 {
		if name, ok := strings.CutSuffix(params[i], ":"); ok {
			members[name] = json.RawMessage(params[i+1])
			continue
		}
		members[params[i]] = params[i+1]
	}
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatalf("%v: %v", params, err)
	}
	return string(body)
}

func (c *cell) expand(value string) string {
	return os.Expand(value, func(name string) string { return c.vars[name] })
}
