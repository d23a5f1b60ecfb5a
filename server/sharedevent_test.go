package server_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/store"
)

// TestSharedEvents: who assumes a role of another account is recorded in both, by one
// sharedEventID, and the role's owner hears nobody's name. Refused attempts, and roles of
// one's own account, are recorded once.
func TestSharedEvents(t *testing.T) {
	w := start(t)
	other := w.makeOtherAccount(t)
	ada := w.User(t, "ada", allow("sts:*")).Credentials
	trust := `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}}`
	w.iam(t, other, "CreateRole", "RoleName", "open", "AssumeRolePolicyDocument", trust).want(t, "CreateRole", "")
	w.iam(t, other, "CreateRole", "RoleName", "shut", "AssumeRolePolicyDocument", strings.Replace(trust, "Allow", "Deny", 1)).want(t, "CreateRole", "")
	w.iam(t, w.Root, "CreateRole", "RoleName", "own", "AssumeRolePolicyDocument", trust).want(t, "CreateRole", "")
	for role, want := range map[string]string{"444455556666:role/open": "", "444455556666:role/shut": "AccessDenied", "111122223333:role/own": ""} {
		w.sts(t, ada, "AssumeRole", "RoleArn", "arn:aws:iam::"+role, "RoleSessionName", "session").want(t, role, want)
	}
	type record struct {
		EventID, SharedEventID, RecipientAccountID, ErrorCode string
		UserIdentity                                          struct{ Type, PrincipalID, AccountID, ARN, UserName, AccessKeyID string }
		RequestParameters                                     struct{ RoleArn string }
		ResponseElements                                      struct{ AssumedRoleUser struct{ Arn string } }
		Resources                                             []struct{ ARN, AccountID, Type string }
	}
	records := map[string][]record{}
	asked := map[string]int{}
	err := w.Host.Store.Events(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), func(e store.Event) bool {
		var r record
		if err := json.Unmarshal(e.Record, &r); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(e.Record), `"eventName":"AssumeRole"`) {
			return true
		}
		role := r.RequestParameters.RoleArn
		if e.ID != r.EventID || e.Account != r.RecipientAccountID {
			t.Errorf("event %s of %s has the record %+v", e.ID, e.Account, r)
		}
		if e.Asked != nil {
			asked[role]++
		}
		records[role] = append(records[role], r)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	for role, n := range map[string]int{"444455556666:role/open": 2, "444455556666:role/shut": 1, "111122223333:role/own": 1} {
		if role = "arn:aws:iam::" + role; len(records[role]) != n || asked[role] != 1 {
			t.Errorf("%s: %d records, of which %d say what was asked", role, len(records[role]), asked[role])
		}
		if n == 1 && len(records[role]) == 1 && (records[role][0].SharedEventID != "" || records[role][0].RecipientAccountID != "111122223333") {
			t.Errorf("%s: %+v", role, records[role])
		}
	}
	if t.Failed() {
		return
	}
	both := records["arn:aws:iam::444455556666:role/open"]
	hers, theirs := both[0], both[1]
	if hers.RecipientAccountID != "111122223333" {
		hers, theirs = theirs, hers
	}
	if hers.SharedEventID == "" || hers.SharedEventID != theirs.SharedEventID || hers.EventID == theirs.EventID || theirs.RecipientAccountID != "444455556666" {
		t.Errorf("hers %+v, theirs %+v", hers, theirs)
	}
	if u := hers.UserIdentity; u.Type != "IAMUser" || u.UserName != "ada" || u.AccessKeyID != ada.AccessKeyID {
		t.Errorf("in her account: %+v", u)
	}
	if u := theirs.UserIdentity; u.Type != "AWSAccount" || u.PrincipalID != hers.UserIdentity.PrincipalID || u.AccountID != "111122223333" || u.ARN+u.UserName+u.AccessKeyID != "" {
		t.Errorf("in theirs: %+v", u)
	}
	for _, r := range both {
		if len(r.Resources) != 1 || r.Resources[0].ARN != "arn:aws:iam::444455556666:role/open" || r.Resources[0].AccountID != "444455556666" || r.ResponseElements.AssumedRoleUser.Arn != "arn:aws:sts::444455556666:assumed-role/open/session" {
			t.Errorf("record %+v", r)
		}
	}
}

// TestCallsThatConcernTwoAccounts: who uses or changes what belongs to another account is
// recorded there, too: a member whose root user is assumed, or that is removed or closed, and
// an organization whose handshake is answered or that a member leaves. Refusals are not.
func TestCallsThatConcernTwoAccounts(t *testing.T) {
	w := centralRootAccess(t)
	ctx := context.Background()
	w.operate(t, "SetQuota", "Name", "AccountsPerOrganizationQuota", "Value", "60")
	guest := &orgWorld{w.world, nil}
	leaver, decliner := guest.account(t, "555555555555", "leaver"), guest.account(t, "666666666666", "decliner")
	invite := func(account string) *string {
		return must[*organizations.InviteAccountToOrganizationOutput](t)(w.root.Organizations.InviteAccountToOrganization(ctx, &organizations.InviteAccountToOrganizationInput{
			Target: &types.HandshakeParty{Type: types.HandshakePartyTypeAccount, Id: &account},
		})).Handshake.Id
	}
	must[*organizations.AcceptHandshakeOutput](t)(leaver.Organizations.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: invite("555555555555")}))
	must[*organizations.LeaveOrganizationOutput](t)(leaver.Organizations.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{}))
	must[*organizations.DeclineHandshakeOutput](t)(decliner.Organizations.DeclineHandshake(ctx, &organizations.DeclineHandshakeInput{HandshakeId: invite("666666666666")}))
	must[*organizations.AcceptHandshakeOutput](t)(decliner.Organizations.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: invite("666666666666")}))
	must[*organizations.RemoveAccountFromOrganizationOutput](t)(w.boss.Organizations.RemoveAccountFromOrganization(ctx, &organizations.RemoveAccountFromOrganizationInput{AccountId: new("666666666666")}))
	must[*sts.AssumeRootOutput](t)(assumeRoot(w.guard, w.member, auditTask, nil))
	if _, err := assumeRoot(w.guard, "666666666666", auditTask, nil); err == nil {
		t.Error("the root user of an account that is no member was assumed")
	}
	must[*organizations.CloseAccountOutput](t)(w.boss.Organizations.CloseAccount(ctx, &organizations.CloseAccountInput{AccountId: &w.member}))

	type record struct {
		EventName, EventID, SharedEventID, RecipientAccountID string
		UserIdentity                                          struct{ Type, AccountID, ARN string }
		Resources                                             []struct{ ARN, AccountID, Type string }
	}
	shared := map[string][]record{}
	for _, text := range w.events(t) {
		var r record
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if r.SharedEventID != "" && r.EventName != "AssumeRole" {
			shared[r.SharedEventID] = append(shared[r.SharedEventID], r)
		}
	}
	const management = "111122223333"
	got := map[string]int{}
	for id, both := range shared {
		if len(both) != 2 || both[0].EventID == both[1].EventID || len(both[0].Resources) != 1 {
			t.Errorf("%s: %+v", id, both)
			continue
		}
		callers, others := both[0], both[1]
		if callers.UserIdentity.Type == "AWSAccount" {
			callers, others = others, callers
		}
		if callers.RecipientAccountID != callers.UserIdentity.AccountID || others.RecipientAccountID != others.Resources[0].AccountID ||
			others.UserIdentity.Type != "AWSAccount" || others.UserIdentity.AccountID != callers.RecipientAccountID || others.UserIdentity.ARN != "" {
			t.Errorf("the caller's %+v, the other's %+v", callers, others)
		}
		got[callers.EventName+" "+callers.RecipientAccountID+" "+others.RecipientAccountID+" "+others.Resources[0].Type]++
	}
	want := map[string]int{
		"AcceptHandshake 555555555555 " + management + " AWS::Organizations::Handshake":             1,
		"LeaveOrganization 555555555555 " + management + " AWS::Organizations::Account":             1,
		"DeclineHandshake 666666666666 " + management + " AWS::Organizations::Handshake":            1,
		"AcceptHandshake 666666666666 " + management + " AWS::Organizations::Handshake":             1,
		"RemoveAccountFromOrganization " + management + " 666666666666 AWS::Organizations::Account": 1,
		"AssumeRoot " + w.security + " " + w.member + " ":                                           1,
		"CloseAccount " + management + " " + w.member + " AWS::Organizations::Account":              1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
