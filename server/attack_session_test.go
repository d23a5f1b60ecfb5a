package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/keyreeve/keyreeve/server/servertest"
)

const attackedRole = "arn:aws:iam::111122223333:role/attacked"

// sessions makes ada, who may do everything, the role "attacked", which may too,
// and gives their credentials: ada's, and a session of the role.
func (w *world) sessions(t testing.TB) (ada, role aws.Credentials) {
	t.Helper()
	ada = w.User(t, "ada", allow("*")).Credentials
	w.iam(t, w.Root, "CreateRole", "RoleName", "attacked", "AssumeRolePolicyDocument", trustAccount).want(t, "CreateRole", "")
	w.iam(t, w.Root, "PutRolePolicy", "RoleName", "attacked", "PolicyName", "all", "PolicyDocument", allow("*")).want(t, "PutRolePolicy", "")
	return ada, w.assume(t, ada, "one")
}

// assume gives a session of the role "attacked".
func (w *world) assume(t testing.TB, creds aws.Credentials, name string, params ...string) aws.Credentials {
	t.Helper()
	params = append(params, "RoleArn", attackedRole, "RoleSessionName", name)
	return w.sts(t, creds, "AssumeRole", params...).want(t, "AssumeRole", "").credentials(t)
}

// Who has two sessions puts the token of the one that may more beside the key of
// the other; who has none makes tokens up, alters them, or leaves them away.
func TestAttackTokens(t *testing.T) {
	w := start(t)
	defer askedAgain(t, w.Host, 1)
	ada, all := w.sessions(t)
	less := w.assume(t, ada, "two", "Policy", allow("sts:GetCallerIdentity"))
	w.iam(t, all, "ListUsers").want(t, "the session", "")
	w.iam(t, less, "ListUsers").want(t, "the limited session", "AccessDenied")

	with := func(c aws.Credentials, token string) aws.Credentials { c.SessionToken = token; return c }
	flipped := func(token string, at int) string {
		b := []byte(token)
		b[at] ^= 1
		return string(b)
	}
	middle := len(all.SessionToken) / 2
	for what, c := range map[string]aws.Credentials{
		"the other session's token":              with(less, all.SessionToken),
		"the other session's key id":             {AccessKeyID: all.AccessKeyID, SecretAccessKey: less.SecretAccessKey, SessionToken: all.SessionToken},
		"no token":                               with(all, ""),
		"a token beside a long-term key":         with(ada, all.SessionToken),
		"a token beside root's key":              with(w.Root, all.SessionToken),
		"a token that was cut":                   with(all, all.SessionToken[:len(all.SessionToken)-4]),
		"a token and more":                       with(all, all.SessionToken+"AAAA"),
		"a token with its first byte changed":    with(all, flipped(all.SessionToken, 0)),
		"a token with a byte inside changed":     with(all, flipped(all.SessionToken, middle)),
		"a token with a late byte changed":       with(all, flipped(all.SessionToken, len(all.SessionToken)-8)),
		"halves of two tokens":                   with(all, all.SessionToken[:middle]+less.SessionToken[min(middle, len(less.SessionToken)):]),
		"a token that is none":                   with(all, "FwoGZXIvYXdzEXAMPLE"),
		"a token of 64 KiB less headers":         with(all, strings.Repeat("A", 60<<10)),
		"a secret of its own with a right token": {AccessKeyID: all.AccessKeyID, SecretAccessKey: "made up", SessionToken: all.SessionToken},
	} {
		a := w.iam(t, c, "ListUsers")
		if a.code != "InvalidClientTokenId" && a.code != "SignatureDoesNotMatch" {
			t.Errorf("%s: %d %q %s", what, a.status, a.code, a.message)
		}
	}
	// Markers and encoded messages are sealed by the same keys as tokens.
	marker := w.iam(t, w.Root, "ListPolicies", "MaxItems", "1").element(t, "Marker")
	if a := w.iam(t, with(all, marker), "ListUsers"); a.code != "InvalidClientTokenId" {
		t.Errorf("a marker as a token: %+v", a)
	}
}

// A session outlives nothing: not its time, not its role, not its user, not the
// operator's word.
func TestAttackSessionsThatAreOver(t *testing.T) {
	w := start(t)
	ada, role := w.sessions(t)
	short := w.assume(t, ada, "short", "DurationSeconds", "900")
	token := w.sts(t, ada, "GetSessionToken", "DurationSeconds", "7200").want(t, "GetSessionToken", "").credentials(t)
	federated := w.sts(t, ada, "GetFederationToken", "Name", "fed", "Policy", allow("*")).want(t, "GetFederationToken", "").credentials(t)
	who := func(what string, c aws.Credentials, want string) {
		t.Helper()
		w.sts(t, c, "GetCallerIdentity").want(t, what, want)
	}
	who("the short session", short, "")
	w.clock.forward(901 * time.Second)
	who("the short session after its end", short, "ExpiredToken")
	w.clock.forward(-901 * time.Second)

	who("the role's session", role, "")
	for _, action := range []string{"DeleteRolePolicy", "DeleteRole"} {
		params := []string{"RoleName", "attacked"}
		if action == "DeleteRolePolicy" {
			params = append(params, "PolicyName", "all")
		}
		w.iam(t, w.Root, action, params...).want(t, action, "")
	}
	who("the deleted role's session", role, "InvalidClientTokenId")
	w.iam(t, w.Root, "CreateRole", "RoleName", "attacked", "AssumeRolePolicyDocument", trustAccount).want(t, "CreateRole", "")
	who("a role of the same name, made anew", role, "InvalidClientTokenId")

	who("the user's session", token, "")
	who("the federated user", federated, "")
	w.iam(t, w.Root, "DeleteUserPolicy", "UserName", "ada", "PolicyName", "p0").want(t, "DeleteUserPolicy", "")
	w.iam(t, w.Root, "DeleteAccessKey", "UserName", "ada", "AccessKeyId", ada.AccessKeyID).want(t, "DeleteAccessKey", "")
	who("the deleted key", ada, "InvalidClientTokenId")
	w.iam(t, w.Root, "DeleteUser", "UserName", "ada").want(t, "DeleteUser", "")
	who("the deleted user's session", token, "InvalidClientTokenId")
	who("the deleted user's federated user", federated, "InvalidClientTokenId")
	w.iam(t, w.Root, "CreateUser", "UserName", "ada").want(t, "CreateUser", "")
	who("a user of the same name, made anew", token, "InvalidClientTokenId")
}

// The operator ends all sessions of an account; those of others go on, and new
// ones can be had.
func TestAttackSessionsAfterEndSessions(t *testing.T) {
	w := start(t)
	ada, role := w.sessions(t)
	other := w.sts(t, w.makeOtherAccount(t), "GetSessionToken").want(t, "GetSessionToken", "").credentials(t)
	token := w.sts(t, ada, "GetSessionToken").want(t, "GetSessionToken", "").credentials(t)
	w.operate(t, "EndSessions", "AccountId", servertest.Account)
	w.sts(t, role, "GetCallerIdentity").want(t, "the role's session", "InvalidClientTokenId")
	w.sts(t, token, "GetCallerIdentity").want(t, "the user's session", "InvalidClientTokenId")
	w.sts(t, other, "GetCallerIdentity").want(t, "a session of another account", "")
	w.sts(t, ada, "GetCallerIdentity").want(t, "the long-term key", "")
	w.sts(t, w.assume(t, ada, "new"), "GetCallerIdentity").want(t, "a new session", "")
}

// A key that was made inactive between two requests is worth nothing at the
// second, and works again when it is made active again. ResetRoot is the same for
// root's lost key.
func TestAttackKeysThatAreOver(t *testing.T) {
	w := start(t)
	ada := w.User(t, "ada").Credentials
	set := func(status string) {
		t.Helper()
		w.iam(t, w.Root, "UpdateAccessKey", "UserName", "ada", "AccessKeyId", ada.AccessKeyID, "Status", status).want(t, status, "")
	}
	who := func(c aws.Credentials, what, want string) {
		t.Helper()
		w.sts(t, c, "GetCallerIdentity").want(t, what, want)
	}
	who(ada, "active", "")
	set("Inactive")
	who(ada, "inactive", "InvalidClientTokenId")
	set("Active")
	who(ada, "active again", "")

	lost := w.Root
	w.operate(t, "ResetRoot", "AccountId", servertest.Account)
	who(lost, "root's old key", "InvalidClientTokenId")
	who(w.rootOf(t, servertest.Account), "root's new key", "")
}

// What ada's session may do is what ada may do now, not what she might when it
// was issued; and a session of a role is bound by what the role may do now.
func TestAttackRightsTakenFromSessions(t *testing.T) {
	w := start(t)
	ada, role := w.sessions(t)
	w.iam(t, role, "ListUsers").want(t, "before", "")
	w.iam(t, w.Root, "DeleteRolePolicy", "RoleName", "attacked", "PolicyName", "all").want(t, "DeleteRolePolicy", "")
	w.iam(t, role, "ListUsers").want(t, "the role's right was taken", "AccessDenied")
	w.iam(t, w.Root, "PutRolePolicy", "RoleName", "attacked", "PolicyName", "all", "PolicyDocument", allow("*")).want(t, "PutRolePolicy", "")

	// "Revoke sessions" of the console: a deny on older tokens.
	before := w.clock.now().Add(time.Second).UTC().Format("2006-01-02T15:04:05Z")
	w.iam(t, w.Root, "PutRolePolicy", "RoleName", "attacked", "PolicyName", "AWSRevokeOlderSessions", "PolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"`+before+`"}}}]}`).want(t, "PutRolePolicy", "")
	w.iam(t, role, "ListUsers").want(t, "an older session", "AccessDenied")
	w.clock.forward(2 * time.Second)
	w.iam(t, w.assume(t, ada, "later"), "ListUsers").want(t, "a later session", "")
}

// A session cannot make more of itself: not by session policies that say more
// than the role may, not by chaining for a longer life, not by another's role.
func TestAttackEscalationBySessions(t *testing.T) {
	w := start(t)
	defer askedAgain(t, w.Host, 1)
	ada, _ := w.sessions(t)
	limited := w.assume(t, ada, "limited", "Policy", allow("sts:*"))
	w.iam(t, limited, "ListUsers").want(t, "beyond the session policy", "AccessDenied")
	again := w.assume(t, limited, "chained", "Policy", allow("*"))
	w.iam(t, again, "ListUsers").want(t, "by assuming the role again, which its trust allows", "")
	w.sts(t, limited, "AssumeRole", "RoleArn", attackedRole, "RoleSessionName", "long", "DurationSeconds", "3601").want(t, "longer by chaining", "ValidationError")
	w.sts(t, limited, "GetSessionToken").want(t, "a token for a session", "AccessDenied")

	poor := w.User(t, "poor", allow("sts:GetFederationToken")).Credentials
	fed := w.sts(t, poor, "GetFederationToken", "Name", "rich", "Policy", allow("*")).want(t, "GetFederationToken", "").credentials(t)
	w.iam(t, fed, "ListUsers").want(t, "a federated user with more than its user", "InvalidClientTokenId")
	w.sts(t, fed, "AssumeRole", "RoleArn", attackedRole, "RoleSessionName", "xx").want(t, "a federated user who assumes a role", "AccessDenied")
	w.sts(t, poor, "AssumeRole", "RoleArn", attackedRole, "RoleSessionName", "xx").want(t, "a role that the user may not assume", "AccessDenied")
	w.sts(t, ada, "AssumeRole", "RoleArn", strings.Replace(attackedRole, "attacked", "ATTACKED", 1), "RoleSessionName", "xx").want(t, "the role's ARN in another case", "AccessDenied")
}
