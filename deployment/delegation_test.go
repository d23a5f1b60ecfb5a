package deployment

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// TestDelegationAgainstAModel takes requests through random steps, and compares with
// the table of transitions of the IAM User Guide.
func TestDelegationAgainstAModel(t *testing.T) {
	const owner, requestor = "111122223333", "444455556666"
	transitions := map[string]map[string]string{
		"associate": {Unassigned: Assigned},
		"update":    {Assigned: PendingApproval, PendingApproval: PendingApproval},
		"accept":    {Assigned: Accepted, PendingApproval: Accepted},
		"reject":    {Assigned: Rejected, PendingApproval: Rejected, Accepted: Rejected},
		"send":      {Accepted: Finalized},
	}
	lasts := map[string]time.Duration{Unassigned: 24 * time.Hour}
	rapid.Check(t, func(t *rapid.T) {
		e := Edit(state.NewDraft(func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }))
		now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
		if err := e.CreateDelegation(DelegationRequest{ID: "r", Requestor: requestor, Workflow: "w", SessionDuration: 900}, 100, now); err != nil {
			t.Fatal(err)
		}
		model, entered, owned := Unassigned, now, ""
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				r, err := e.Delegation("r", requestor)
				if err != nil || r.StateAt(now) != model || r.OwnerAccount != owned {
					t.Fatalf("it is %+v (%v), want %s of %q", r, err, model, owned)
				}
				_, err = e.DelegationToken("r", requestor, now)
				if live := model == Finalized && now.Before(r.Sent.Add(15*time.Minute)); (err == nil) != live {
					t.Fatalf("in %s the token is answered %v", model, err)
				}
				if _, err := e.DelegationToken("r", owner, now); err == nil {
					t.Fatal("the owner's account can trade the token in")
				}
			},
			"time": func(t *rapid.T) {
				now = now.Add(rapid.SampledFrom([]time.Duration{time.Minute, 20 * time.Minute, 25 * time.Hour, 8 * 24 * time.Hour}).Draw(t, "time"))
				limit, ok := lasts[model]
				if !ok {
					limit = 7 * 24 * time.Hour
				}
				if model != Expired && now.Sub(entered) >= limit {
					model = Expired
				}
			},
			"step": func(t *rapid.T) {
				step := rapid.SampledFrom([]string{"associate", "update", "accept", "reject", "send"}).Draw(t, "step")
				account := rapid.SampledFrom([]string{owner, owner, "777788889999"}).Draw(t, "account")
				err := map[string]func() error{
					"associate": func() error { return e.AssociateDelegation("r", account, "arn", now) },
					"update":    func() error { return e.UpdateDelegation("r", account, nil, now) },
					"accept":    func() error { return e.AcceptDelegation("r", account, Approver{Kind: "user"}, now) },
					"reject":    func() error { return e.RejectDelegation("r", account, nil, now) },
					"send":      func() error { return e.SendDelegationToken("r", account, "arn", now) },
				}[step]()
				next, ok := transitions[step][model]
				if owned != account && (owned != "" || step != "associate") {
					ok = false
				}
				if (err == nil) != ok {
					t.Fatalf("%s by %s in %s: %v", step, account, model, err)
				}
				if !ok {
					return
				}
				if step == "associate" {
					owned = account
				}
				model, entered = next, now
			},
		})
	})
}

func TestDelegationsOfAnAccount(t *testing.T) {
	e := Edit(state.NewDraft(func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }))
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	create := func(n int, at time.Time) error {
		return e.CreateDelegation(DelegationRequest{ID: fmt.Sprintf("r%03d", n), Requestor: "444455556666", Workflow: fmt.Sprint(n)}, 100, at)
	}
	for n := range 100 {
		if err := create(n, now); err != nil {
			t.Fatal(err)
		}
	}
	if err := create(100, now); !errors.Is(err, apierror.LimitExceeded) {
		t.Errorf("one too many: %v, want LimitExceeded", err)
	}
	later := now.Add(9 * 24 * time.Hour)
	if err := create(100, later); err != nil {
		t.Errorf("when the others are long expired: %v", err)
	}
	if n := delegationRequests.Count(e.snapshot()); n != 1 {
		t.Errorf("%d are kept, want one", n)
	}
	if err := create(100, later); !errors.Is(err, apierror.EntityAlreadyExists) {
		t.Errorf("the same workflow: %v, want EntityAlreadyExists", err)
	}
	if err := e.CreateDelegation(DelegationRequest{ID: "x", Requestor: "444455556666", Workflow: "x", OwnerAccount: "999999999999"}, 100, later); !errors.Is(err, apierror.InvalidInput) {
		t.Errorf("for an account that is not there: %v, want InvalidInput", err)
	}
}

func TestDelegable(t *testing.T) {
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":` + s + `}` }
	for _, c := range []struct {
		text string
		want string // the boundaries, or part of the error
	}{
		{statement(`{"Effect":"Allow","Action":["s3:*","iam:GetRole"],"Resource":"*"}`), ""},
		{statement(`{"Effect":"Deny","NotAction":"*","Resource":"*"}`), ""},
		{statement(`{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`), "NotAction"},
		{statement(`{"Effect":"Allow","Action":"*","Resource":"*"}`), "does not name a service"},
		{statement(`{"Effect":"Allow","Action":"i*:CreateRole","Resource":"*"}`), "Vendor i* is not valid"},
		{statement(`{"Effect":"Allow","Action":"IAM:Create*","Resource":"*"}`), "must be named"},
		{statement(`{"Effect":"Allow","Action":"sts:*","Resource":"*"}`), "must be named"},
		{statement(`{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"*"}`), "outlive"},
		{statement(`{"Effect":"Allow","Action":"iam:CreateRole","Resource":"*"}`), "PermissionsBoundary"},
		{statement(`{"Effect":"Allow","Action":"iam:CreateRole","Resource":"*","Condition":{"ArnEquals":{"IAM:permissionsboundary":["arn:aws:iam::aws:policy/a","arn:aws:iam::aws:policy/b"]}}}`), "arn:aws:iam::aws:policy/a arn:aws:iam::aws:policy/b"},
		{statement(`{"Effect":"Allow","Action":"iam:CreateRole","Resource":"*","Condition":{"ArnLike":{"iam:PermissionsBoundary":"*"}}}`), "PermissionsBoundary"},
		{statement(`{"Effect":"Allow","Action":"iam:CreateRole","Resource":"*","Condition":{"StringEqualsIfExists":{"iam:PermissionsBoundary":"arn:aws:iam::aws:policy/a"}}}`), "PermissionsBoundary"},
		{statement(`{"Effect":"Allow","Action":"iam:CreateRole","Resource":"*","Condition":{"StringNotEquals":{"iam:PermissionsBoundary":"arn:aws:iam::aws:policy/a"}}}`), "PermissionsBoundary"},
		{statement(`{"Effect":"Allow","Action":"s3:GetObject"}`), "cannot be delegated"},
		{statement(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + strings.Repeat("x", 2000) + `"}`), "2048 at most"},
	} {
		boundaries, err := Delegable(c.text)
		switch {
		case err == nil:
			if got := strings.Join(boundaries, " "); got != c.want {
				t.Errorf("%s: %q, want %q", c.text, got, c.want)
			}
		case !errors.Is(err, apierror.InvalidInput) || c.want == "" || !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v, want %q", c.text, err, c.want)
		}
	}
}
