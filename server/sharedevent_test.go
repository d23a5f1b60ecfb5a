package server_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

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
