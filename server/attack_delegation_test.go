package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// delegation is a product's account, 444455556666, which asks the customer's,
// 111122223333, for access.
type delegation struct {
	*world
	product aws.Credentials // its root user
	n       int
}

func delegating(t testing.TB) *delegation {
	t.Helper()
	d := &delegation{world: start(t)}
	d.product = d.makeOtherAccount(t)
	d.iam(t, d.product, "CreatePolicy", "PolicyName", "setup", "PolicyDocument", allow("iam:ListUsers")).want(t, "CreatePolicy", "")
	return d
}

// ask makes a request and gives its id.
func (d *delegation) ask(t testing.TB, params ...string) string {
	t.Helper()
	d.n++
	params = append(params, "Description", "setup", "RequestorWorkflowId", "order-"+strings.Repeat("I", d.n), "NotificationChannel", "arn:aws:sns:eu-central-1:"+otherAccount+":updates",
		"Permissions.PolicyTemplateArn", "arn:aws:iam::"+otherAccount+":policy/setup")
	return d.iam(t, d.product, "CreateDelegationRequest", params...).want(t, "CreateDelegationRequest", "").element(t, "DelegationRequestId")
}

func (d *delegation) does(t testing.TB, creds aws.Credentials, action, id, code string) {
	t.Helper()
	d.iam(t, creds, action, "DelegationRequestId", id).want(t, action, code)
}

func (d *delegation) trade(t testing.TB, creds aws.Credentials, id, code string) answer {
	t.Helper()
	return d.sts(t, creds, "GetDelegatedAccessToken", "TradeInToken", id).want(t, "GetDelegatedAccessToken", code)
}

// Somebody who knows the id of a request tries to have what it is about, without the
// account's leave or beyond it. The way that is meant works.
func TestAttackDelegation(t *testing.T) {
	d := delegating(t)
	bob := d.User(t, "bob", allow("iam:*"))
	poor := d.User(t, "poor", allow("iam:AcceptDelegationRequest", "iam:AssociateDelegationRequest", "iam:SendDelegationToken"))
	id := d.ask(t, "OwnerAccountId", servertest.Account, "SessionDuration", "3600")

	// The product cannot approve for its customer, nor trade in what was not sent.
	for _, action := range []string{"AssociateDelegationRequest", "AcceptDelegationRequest", "RejectDelegationRequest", "SendDelegationToken", "UpdateDelegationRequest"} {
		d.does(t, d.product, action, id, "NoSuchEntity")
	}
	d.does(t, d.Root, "AcceptDelegationRequest", id, "InvalidInput") // nobody owns it yet
	d.trade(t, d.product, id, "ValidationError")
	d.does(t, bob.Credentials, "AssociateDelegationRequest", id, "")
	d.does(t, d.Root, "SendDelegationToken", id, "InvalidInput") // nobody accepted it
	d.trade(t, d.product, id, "ValidationError")

	// Who has a session that was limited cannot approve with rights it lacks.
	d.iam(t, d.Root, "CreateRole", "RoleName", "attacked", "AssumeRolePolicyDocument", trustAccount).want(t, "CreateRole", "")
	d.iam(t, d.Root, "PutRolePolicy", "RoleName", "attacked", "PolicyName", "all", "PolicyDocument", allow("*")).want(t, "PutRolePolicy", "")
	may := d.User(t, "may", allow("*")).Credentials
	limited := d.assume(t, may, "limited", "Policy", allow("iam:AcceptDelegationRequest"))
	d.does(t, limited, "AcceptDelegationRequest", id, "AccessDenied")

	// Who approves gives its own rights, and poor has none to list users.
	d.does(t, poor.Credentials, "AcceptDelegationRequest", id, "")
	d.does(t, d.Root, "SendDelegationToken", id, "")
	d.trade(t, d.Root, id, "ValidationError") // the customer itself
	d.trade(t, bob.Credentials, id, "AccessDenied")
	session := d.trade(t, d.product, id, "").credentials(t)
	d.iam(t, session, "ListUsers").want(t, "what the approver may not", "AccessDenied")

	// With bob's rights it may what was asked for, and nothing else of what bob may:
	// above all, it approves no further request.
	id = d.ask(t, "SessionDuration", "3600")
	d.does(t, bob.Credentials, "AssociateDelegationRequest", id, "")
	d.does(t, bob.Credentials, "AcceptDelegationRequest", id, "")
	d.does(t, bob.Credentials, "SendDelegationToken", id, "")
	session = d.trade(t, d.product, id, "").credentials(t)
	d.iam(t, session, "ListUsers").want(t, "what was asked for", "")
	d.iam(t, session, "ListRoles").want(t, "more", "AccessDenied")
	next := d.ask(t, "OwnerAccountId", servertest.Account, "SessionDuration", "3600")
	d.does(t, bob.Credentials, "AssociateDelegationRequest", next, "")
	d.does(t, session, "AcceptDelegationRequest", next, "AccessDenied")

	// Its time began when the token was sent; trading it in again gains none.
	d.clock.forward(50 * time.Minute)
	again := d.trade(t, d.product, id, "").credentials(t)
	d.clock.forward(11 * time.Minute)
	d.iam(t, again, "ListUsers").want(t, "after the time", "ExpiredToken")
	d.trade(t, d.product, id, "ExpiredTradeInTokenException")
}

// TestDelegationByRootAndRoles: the root user may give four hours and its session is
// limited as well; a role's session gives the role's rights; and what was given ends
// with the account's sessions.
func TestDelegationByRootAndRoles(t *testing.T) {
	d := delegating(t)
	may := d.User(t, "may", allow("*")).Credentials
	d.iam(t, d.Root, "CreateRole", "RoleName", "attacked", "AssumeRolePolicyDocument", trustAccount).want(t, "CreateRole", "")
	d.iam(t, d.Root, "PutRolePolicy", "RoleName", "attacked", "PolicyName", "all", "PolicyDocument", allow("*")).want(t, "PutRolePolicy", "")

	long := d.ask(t, "SessionDuration", "14401")
	d.does(t, d.Root, "AssociateDelegationRequest", long, "")
	d.does(t, d.Root, "AcceptDelegationRequest", long, "InvalidInput")
	for _, name := range []string{"root", "assumed-role/attacked/approver"} {
		creds := d.Root
		if name != "root" {
			creds = d.assume(t, may, "approver")
		}
		id := d.ask(t, "SessionDuration", "14400")
		for _, action := range []string{"AssociateDelegationRequest", "AcceptDelegationRequest", "SendDelegationToken"} {
			d.does(t, creds, action, id, "")
		}
		session := d.trade(t, d.product, id, "").credentials(t)
		if who := d.sts(t, session, "GetCallerIdentity").element(t, "Arn"); !strings.HasSuffix(who, name) {
			t.Errorf("the session is %s, want %s", who, name)
		}
		d.iam(t, session, "ListUsers").want(t, "what was asked for by "+name, "")
		d.iam(t, session, "ListRoles").want(t, "more by "+name, "AccessDenied")
		d.iam(t, session, "CreateAccessKey", "UserName", "may").want(t, "a key by "+name, "AccessDenied")
		d.operate(t, "EndSessions", "AccountId", servertest.Account)
		d.iam(t, session, "ListUsers").want(t, "by "+name+" after all sessions were ended", "InvalidClientTokenId")
	}
}

// TestDelegationExpires: a request that nobody takes up ends after a day, any other
// after a week.
func TestDelegationExpires(t *testing.T) {
	d := delegating(t)
	id, other := d.ask(t, "SessionDuration", "900"), d.ask(t, "SessionDuration", "900")
	d.does(t, d.Root, "AssociateDelegationRequest", other, "")
	d.clock.forward(24*time.Hour - time.Minute)
	if state := d.iam(t, d.Root, "GetDelegationRequest", "DelegationRequestId", id).element(t, "State"); state != "UNASSIGNED" {
		t.Errorf("within a day it is %s", state)
	}
	d.clock.forward(2 * time.Minute)
	if state := d.iam(t, d.Root, "GetDelegationRequest", "DelegationRequestId", id).element(t, "State"); state != "EXPIRED" {
		t.Errorf("after a day it is %s", state)
	}
	d.does(t, d.Root, "AssociateDelegationRequest", id, "InvalidInput")
	d.does(t, d.Root, "AcceptDelegationRequest", other, "")
	d.clock.forward(7 * 24 * time.Hour)
	d.does(t, d.Root, "SendDelegationToken", other, "InvalidInput")
}
