package identity_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/credential/password"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

const reportHeader = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
	"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
	"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
	"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"

// reportOf is the report that an account has now.
func reportOf(t *testing.T, a identity.Account, at time.Time) []string {
	t.Helper()
	r, err := a.CredentialReport(at)
	must(t, err)
	text, err := r.CSV()
	must(t, err)
	return strings.Split(string(text), "\n")
}

func TestCredentialReport(t *testing.T) {
	e, _ := accounts(t)
	at := func(d time.Duration) identity.Editor {
		later := e
		later.Now = now.Add(d)
		return later
	}
	ada, err := e.CreateUser(identity.NewUser{Name: "ada"})
	must(t, err)
	_, err = e.CreateUser(identity.NewUser{Name: "Bob,the+second", Path: new("/team/")})
	must(t, err)
	_, _, err = e.CreateAccessKey(account)
	must(t, err)
	first, _, err := e.CreateAccessKey(ada.ID)
	must(t, err)
	_, _, err = at(time.Minute).CreateAccessKey(ada.ID)
	must(t, err)
	must(t, e.UpdateAccessKey(ada.ID, first.ID, false))
	_, err = e.UploadSigningCertificate(ada.ID, makeCertificate(t, -time.Hour, time.Hour, nil).body)
	must(t, err)

	made, err := e.NewCredentialReport(now.AddDate(-1, 0, 0), identity.CredentialUses{Keys: map[string]identity.KeyUse{
		first.ID: {Time: now.Add(-time.Hour), Region: "eu-central-1", Service: "sts"},
	}})
	if err != nil || !made {
		t.Fatalf("made is %v, error %v", made, err)
	}
	want := []string{
		reportHeader,
		"<root_account>,arn:aws:iam::111122223333:root,2025-11-25T12:00:00+00:00,false,N/A,N/A,not_supported,false,true,2026-11-25T12:00:00+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
		"ada,arn:aws:iam::111122223333:user/ada,2026-11-25T12:00:00+00:00,false,N/A,N/A,N/A,false," +
			"false,2026-11-25T12:00:00+00:00,2026-11-25T11:00:00+00:00,eu-central-1,sts,true,2026-11-25T12:01:00+00:00,N/A,N/A,N/A,true,2026-11-25T12:00:00+00:00,false,N/A",
		`"Bob,the+second","arn:aws:iam::111122223333:user/team/Bob,the+second",2026-11-25T12:00:00+00:00,false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A`,
	}
	if diff := cmp.Diff(want, reportOf(t, e.Account, now)); diff != "" {
		t.Error(diff)
	}

	// For four hours the report stays as it is.
	must(t, e.DeleteUser("Bob,the+second"))
	late := at(4 * time.Hour)
	if made, err := late.NewCredentialReport(now, identity.CredentialUses{}); made || err != nil {
		t.Errorf("after four hours made is %v, error %v", made, err)
	}
	if n := len(reportOf(t, e.Account, late.Now)); n != 4 {
		t.Errorf("%d lines, want the four of before", n)
	}
	later := at(4*time.Hour + time.Second)
	if _, err := e.CredentialReport(later.Now); refusal(err) != "ReportExpired: " {
		t.Errorf("an old report: %v, want ReportExpired", err)
	}
	if made, err := later.NewCredentialReport(now, identity.CredentialUses{}); !made || err != nil {
		t.Errorf("later made is %v, error %v", made, err)
	}
	if n := len(reportOf(t, e.Account, later.Now)); n != 3 {
		t.Errorf("%d lines, want three: a user is gone", n)
	}
}

func TestNoCredentialReport(t *testing.T) {
	e, other := accounts(t)
	_, err := e.NewCredentialReport(now, identity.CredentialUses{})
	must(t, err)
	if _, err := other.CredentialReport(now); refusal(err) != "ReportNotPresent: " {
		t.Errorf("no report: %v, want ReportNotPresent", err)
	}
}

// TestCredentialReportOfMany: who has more keys than there are columns for is told so.
func TestCredentialReportOfMany(t *testing.T) {
	e, _ := accounts(t)
	ada, err := e.CreateUser(identity.NewUser{Name: "ada"})
	must(t, err)
	e.Quotas = func(string) int { return 9 }
	for range 4 {
		_, _, err = e.CreateAccessKey(ada.ID)
		must(t, err)
	}
	_, err = e.NewCredentialReport(now, identity.CredentialUses{})
	must(t, err)
	lines := reportOf(t, e.Account, now)
	for i, end := range []string{"cert_2_last_rotated,additional_credentials_info", "false,N/A,N/A", "false,N/A,2 more access keys (ListAccessKeys)"} {
		if !strings.HasSuffix(lines[i], end) {
			t.Errorf("line %d is %s, want %s at its end", i, lines[i], end)
		}
	}
}

// TestCredentialReportOfPasswords: when they were set and used, and when they have to be
// changed; root's never has to.
func TestCredentialReportOfPasswords(t *testing.T) {
	e, _ := accounts(t)
	for _, name := range []string{"ada", "bob"} {
		u, err := e.CreateUser(identity.NewUser{Name: name})
		must(t, err)
		_, err = e.CreateLoginProfile(u.ID, name, identity.NewPassword{Text: "Correct-h0rse-battery", Hash: password.Dummy()}, false)
		must(t, err)
	}
	must(t, e.SetRootPassword(identity.NewPassword{Text: "Correct-h0rse-battery", Hash: password.Dummy()}))
	ada, err := e.User("ada")
	must(t, err)
	uses := identity.CredentialUses{Passwords: map[string]time.Time{ada.ID: now.Add(time.Hour)}}
	for age, next := range map[int]string{0: "N/A", 90: "2027-02-23T12:00:00+00:00"} {
		e.UpdateAccountPasswordPolicy(&identity.PasswordPolicy{MaxAge: age})
		_, err = e.NewCredentialReport(now, uses)
		must(t, err)
		lines := reportOf(t, e.Account, e.Now)
		for i, want := range []string{
			",true,no_information,2026-11-25T12:00:00+00:00,not_supported,false,",
			",true,2026-11-25T13:00:00+00:00,2026-11-25T12:00:00+00:00," + next + ",false,",
			",true,no_information,2026-11-25T12:00:00+00:00," + next + ",false,",
		} {
			if !strings.Contains(lines[i+1], want) {
				t.Errorf("with an age of %d days: %s, want %s in it", age, lines[i+1], want)
			}
		}
		e.Now = e.Now.Add(5 * time.Hour)
	}
}

// BenchmarkCredentialReport makes the report of 100,000 users with a key each.
func BenchmarkCredentialReport(b *testing.B) {
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	draft := state.NewDraft(empty)
	e := identity.Edit(draft, identity.Site{Partition: "aws", Library: library}, account, identity.Env{
		Now: now, Random: rand.NewChaCha8([32]byte{}), Quotas: func(string) int { return 1 << 30 },
		Seal: func(secret []byte, _ string) ([]byte, error) { return secret, nil },
	})
	uses := map[string]identity.KeyUse{}
	for i := range 100_000 {
		u, err := e.CreateUser(identity.NewUser{Name: fmt.Sprintf("user-%06d", i)})
		if err != nil {
			b.Fatal(err)
		}
		k, _, err := e.CreateAccessKey(u.ID)
		if err != nil {
			b.Fatal(err)
		}
		uses[k.ID] = identity.KeyUse{Time: now, Service: "iam", Region: "us-east-1"}
	}
	for b.Loop() {
		if _, err := e.NewCredentialReport(now, identity.CredentialUses{Keys: uses}); err != nil {
			b.Fatal(err)
		}
		e.Now = e.Now.Add(5 * time.Hour)
	}
}
