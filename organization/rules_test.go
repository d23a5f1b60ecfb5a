package organization

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// tested is an organization in which a test does one thing after the other. Its
// management account is 111111111111; 222222222222 and 333333333333 are in none.
type tested struct {
	t    *testing.T
	d    *state.Draft
	now  time.Time
	seed uint16
	// The quotas of accounts, and of invitations a day.
	accounts, invitations int
}

const (
	testOrganization = "o-0000000001"
	headID           = "111111111111"
	annID            = "222222222222"
	bobID            = "333333333333"
)

func newTested(t *testing.T, allFeatures bool) *tested {
	w := &tested{t: t, d: newDraft(), accounts: 500, invitations: 2, now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	for _, id := range []string{headID, annID, bobID} {
		if _, err := deployment.Edit(w.d).CreateAccount(id, "account", w.now); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.edit().Create(headID, allFeatures); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *tested) edit() Editor {
	w.seed++
	return Edit(w.d, identity.Site{Partition: "aws", Library: library}, testOrganization, Env{
		Now: w.now, Random: rand.NewChaCha8([32]byte{byte(w.seed), byte(w.seed >> 8)}), Quotas: func(name string) int {
			return map[string]int{deployment.MembersQuota: w.accounts, deployment.UnitsQuota: 2000, deployment.InvitationsQuota: w.invitations}[name]
		},
	})
}

func (w *tested) refused(err error, want apierror.Code, reason string) {
	w.t.Helper()
	var e *apierror.Error
	if !errors.As(err, &e) || e.Code != want || e.ReasonCode != reason {
		w.t.Errorf("it came to %v, want %s %s", err, want, reason)
	}
}

func (w *tested) invite(account string) *Handshake {
	w.t.Helper()
	h, err := w.edit().InviteAccount(Party{AccountParty, account}, "", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

func (w *tested) join(account string) {
	w.t.Helper()
	if _, err := w.edit().AcceptHandshake(w.invite(account).ID, account); err != nil {
		w.t.Fatal(err)
	}
}

// TestInvitationsOfADay: as many as the quota says or the organization may have
// accounts, canceled ones among them, but no accepted ones.
func TestInvitationsOfADay(t *testing.T) {
	for _, c := range []struct{ accounts, invitations, may int }{{3, 2, 3}, {3, 5, 5}} {
		w := newTested(t, true)
		w.accounts, w.invitations = c.accounts, c.invitations
		w.join(annID)
		for range c.may {
			if _, err := w.edit().CancelHandshake(w.invite(bobID).ID, headID); err != nil {
				t.Fatal(err)
			}
		}
		_, err := w.edit().InviteAccount(Party{AccountParty, bobID}, "", nil)
		w.refused(err, HandshakeConstraint, "HANDSHAKE_RATE_LIMIT_EXCEEDED")
		w.now = w.now.Add(day)
		w.invite(bobID)
	}
}

// TestInvitationExpires: after 15 days nobody can accept it, after 30 more nobody sees
// it.
func TestInvitationExpires(t *testing.T) {
	w := newTested(t, true)
	h := w.invite(annID)
	w.now = w.now.Add(15*day - time.Second)
	if got := h.StateAt(w.now); got != Open {
		t.Errorf("a moment before: %s", got)
	}
	w.now = w.now.Add(time.Second)
	if got := h.StateAt(w.now); got != Expired {
		t.Errorf("after 15 days: %s", got)
	}
	_, err := w.edit().AcceptHandshake(h.ID, annID)
	w.refused(err, InvalidHandshakeMove, "")
	w.invite(annID) // once more, for the first is over
	w.now = w.now.Add(30*day - time.Second)
	if _, _, err := HandshakeOf(w.d, h.ID, annID, w.now); err != nil {
		t.Errorf("a moment before it is forgotten: %v", err)
	}
	w.now = w.now.Add(time.Second)
	_, _, err = HandshakeOf(w.d, h.ID, annID, w.now)
	w.refused(err, HandshakeNotFound, "")
	w.invite(bobID) // sweeps
	if _, ok := deployment.In(w.d).Handshake(h.ID); ok {
		t.Error("the deployment knows of it still")
	}
}

// TestApprovalOfWhoLeft: the account that has not agreed leaves, and the others have.
func TestApprovalOfWhoLeft(t *testing.T) {
	w := newTested(t, false)
	w.join(annID)
	w.join(bobID)
	parent, err := w.edit().EnableAllFeatures()
	if err != nil || parent.State != Requested {
		t.Fatal(parent, err)
	}
	for h := range deployment.In(w.d).HandshakesTo(annID) {
		if _, child, _ := HandshakeOf(w.d, h.ID, annID, w.now); child.Action == ApproveAllFeatures {
			if _, err := w.edit().AcceptHandshake(h.ID, annID); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err = w.edit().AcceptHandshake(parent.ID, headID)
	w.refused(err, InvalidHandshakeMove, "")
	_, err = w.edit().AcceptHandshake(parent.ID, annID)
	w.refused(err, AccessDenied, "")
	if err := w.edit().RemoveAccount(bobID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.edit().AcceptHandshake(parent.ID, headID); err != nil || !In(w.d, testOrganization).Facts().AllFeatures {
		t.Errorf("when all who are left have agreed: %v", err)
	}
}

// TestDeclinedFeatures: who declines keeps all features away.
func TestDeclinedFeatures(t *testing.T) {
	w := newTested(t, false)
	w.join(annID)
	parent, err := w.edit().EnableAllFeatures()
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range w.edit().approvals(parent.ID) {
		if _, err := w.edit().DeclineHandshake(child.ID, annID); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.edit().AcceptHandshake(parent.ID, headID)
	w.refused(err, InvalidHandshakeMove, "")
	if _, err := w.edit().CancelHandshake(parent.ID, headID); err != nil {
		t.Error(err)
	}
	if parent, err = w.edit().EnableAllFeatures(); err != nil || parent.State != Requested {
		t.Errorf("another try: %+v, %v", parent, err)
	}
}

// TestInvitedBeforeAllFeatures: who accepts an old invitation while all features are
// being enabled is asked, too.
func TestInvitedBeforeAllFeatures(t *testing.T) {
	w := newTested(t, false)
	h := w.invite(annID)
	parent, err := w.edit().EnableAllFeatures()
	if err != nil || parent.State != Open {
		t.Fatalf("with nobody to ask: %+v, %v", parent, err)
	}
	if _, err := w.edit().AcceptHandshake(h.ID, annID); err != nil {
		t.Fatal(err)
	}
	_, err = w.edit().AcceptHandshake(parent.ID, headID)
	w.refused(err, InvalidHandshakeMove, "")
}

// TestCloseQuota: 250 accounts in 30 days, or a fifth of the members.
func TestCloseQuota(t *testing.T) {
	for _, c := range []struct{ members, may int }{{260, 250}, {1249, 250}, {1300, 260}} {
		w := newTested(t, true)
		w.accounts = 2000
		account := func(i int) string { return fmt.Sprintf("9%011d", i) }
		for i := range c.members {
			if _, err := w.edit().CreateAccount(NewAccount{ID: account(i), Name: "n", Email: fmt.Sprintf("n%d@example.com", i)}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range c.may {
			if err := w.edit().CloseAccount(account(i)); err != nil {
				t.Fatalf("account %d of %d: %v", i, c.members, err)
			}
		}
		w.refused(w.edit().CloseAccount(account(c.may)), ConstraintViolation, "CLOSE_ACCOUNT_QUOTA_EXCEEDED")
		w.now = w.now.Add(30 * day)
		if err := w.edit().CloseAccount(account(c.may)); err != nil {
			t.Errorf("after 30 days: %v", err)
		}
		w.now = w.now.Add(61 * day)
		left := 0
		for range In(w.d, testOrganization).Members("", w.now) {
			left++
		}
		if left != 1+c.members-c.may {
			t.Errorf("after 90 days %d accounts are left of %d", left, c.members)
		}
		if deployment.In(w.d).OrganizationOf(account(0)) != testOrganization {
			t.Fatal("taken out by looking on")
		}
		if err := w.edit().CloseAccount(account(c.may + 1)); err != nil {
			t.Fatal(err)
		}
		if deployment.In(w.d).OrganizationOf(account(0)) != "" {
			t.Error("not taken out by the next change")
		}
	}
}

// TestDelegatedAdministratorStays as long as it is one.
func TestDelegatedAdministratorStays(t *testing.T) {
	w := newTested(t, true)
	w.join(annID)
	delegations.Put(w.d, state.Organization(testOrganization), state.Key(annID, "guardduty.amazonaws.com"), &Delegation{Account: annID})
	w.refused(w.edit().RemoveAccount(annID), ConstraintViolation, "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
	delegations.Delete(w.d, state.Organization(testOrganization), state.Key(annID, "guardduty.amazonaws.com"))
	if err := w.edit().RemoveAccount(annID); err != nil {
		t.Error(err)
	}
}

// TestUnitsQuota: no more units than the quota has.
func TestUnitsQuota(t *testing.T) {
	w := newTested(t, true)
	root := In(w.d, testOrganization).Facts().RootID
	e := w.edit()
	e.Quotas = func(string) int { return 1 }
	if _, err := e.CreateUnit(root, "a", nil); err != nil {
		t.Fatal(err)
	}
	_, err := e.CreateUnit(root, "b", nil)
	w.refused(err, ConstraintViolation, "OU_NUMBER_LIMIT_EXCEEDED")
}

// TestDeleteLeavesNothing: every kind of entity of an organization ends with it.
func TestDeleteLeavesNothing(t *testing.T) {
	if got, want := len(removers), len(Kinds()); got != want {
		t.Errorf("%d of %d kinds are removed", got, want)
	}
	w := newTested(t, true)
	w.invite(annID)
	if err := w.edit().Delete(); err != nil {
		t.Fatal(err)
	}
	if n := w.d.Snapshot(state.Organization(testOrganization)).Len(); n != 0 {
		t.Errorf("%d entities are left", n)
	}
	if d := deployment.In(w.d); d.OrganizationOf(headID) != "" {
		t.Error("the management account is in an organization still")
	}
	for range deployment.In(w.d).HandshakesTo(annID) {
		t.Error("an invitation is left")
	}
}

// TestNewID: ids have the form that the API model has for them, and all letters.
func TestNewID(t *testing.T) {
	seen := map[byte]bool{}
	random := rand.NewChaCha8([32]byte{})
	for range 200 {
		id, err := NewID(random)
		if err != nil || len(id) != 12 || id[:2] != "o-" {
			t.Fatalf("%q, %v", id, err)
		}
		for i := 2; i < len(id); i++ {
			seen[id[i]] = true
		}
	}
	if len(seen) != 36 {
		t.Errorf("%d letters and digits", len(seen))
	}
}
