package server_test

import (
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/server/servertest"
)

const day = 24 * time.Hour

// quarter is thirteen weeks of an account's life.
type quarter struct {
	*postureStory
	began time.Time
}

// TestQuarter lives through thirteen weeks. Ann works every week, and replaces her
// password when it expires after sixty days. Bob is seen once, in the first week. Eve is
// a program: she rotates her key in the seventh week. A role is used in the first four
// weeks. Then the reports and the posture have to tell just that.
func TestQuarter(t *testing.T) {
	q := &quarter{postureStory: newPostureStory(t)}
	now := q.clock.now()
	q.clock.forward(now.Truncate(time.Hour).Add(90 * time.Minute).Sub(now)) // the middle of an hour
	q.began = q.clock.now()
	q.furnish(t)
	for _, id := range []string{"access-key-age", "access-key-unused", "password-age", "password-unused", "unused-role"} {
		if found := q.findings(t, id); found != "" {
			t.Errorf("%s on the first day: %s", id, found)
		}
	}
	for week := 1; week <= 13; week++ {
		q.clock.forward(7 * day)
		q.live(t, week)
	}
	q.checkPasswords(t)
	q.checkReport(t)
	q.checkPosture(t)
	q.checkLastAccessed(t)
}

const (
	annsFirst  = "Anns-First-Password-1"
	annsSecond = "Anns-Second-Password-2"
	bobs       = "Bobs-Only-Password-3"
)

func (q *quarter) furnish(t *testing.T) {
	t.Helper()
	q.vars["doc"] = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:ListUsers","iam:ChangePassword","sts:AssumeRole","sts:GetCallerIdentity"],"Resource":"*"}}`
	for _, line := range []string{
		"iam:UpdateAccountPasswordPolicy MinimumPasswordLength=14 RequireNumbers=true RequireUppercaseCharacters=true MaxPasswordAge=60 PasswordReusePrevention=24",
		"iam:CreateGroup GroupName=people", "iam:PutGroupPolicy GroupName=people PolicyName=work PolicyDocument=$doc",
		"iam:CreateUser UserName=ann", "iam:CreateUser UserName=bob", "iam:CreateUser UserName=eve",
		"iam:AddUserToGroup GroupName=people UserName=ann", "iam:AddUserToGroup GroupName=people UserName=bob", "iam:AddUserToGroup GroupName=people UserName=eve",
		"iam:CreateLoginProfile UserName=ann Password=" + annsFirst, "iam:CreateLoginProfile UserName=bob Password=" + bobs,
		"iam:CreateAccessKey UserName=ann", "iam:CreateAccessKey UserName=bob", "iam:CreateAccessKey UserName=eve",
		"iam:CreateRole RoleName=nightly AssumeRolePolicyDocument=$trust",
	} {
		q.step(t, line)
	}
	q.vars["eves"] = q.vars["AccessKeyId"]
}

// live is what happens in a week.
func (q *quarter) live(t *testing.T, week int) {
	t.Helper()
	password := annsFirst
	if week > 9 {
		password = annsSecond
	}
	b := q.browser(t)
	p := b.signIn(t, "ann", password)
	if week == 9 { // her password is 63 days old
		p.in(t, "an expired password", false)
		b.post(t, "/signin", "choice", p.field(t, "choice"), "newpassword", annsFirst).in(t, "the same password again", false)
		p = b.post(t, "/signin", "choice", p.field(t, "choice"), "newpassword", annsSecond)
	}
	p.in(t, fmt.Sprintf("ann in week %d", week), true)
	q.iam(t, q.keys["ann"], "ListUsers").want(t, "ann", "")
	q.step(t, "use eve")
	if week == 1 {
		q.browser(t).signIn(t, "bob", bobs).in(t, "bob", true)
		q.iam(t, q.keys["bob"], "ListUsers").want(t, "bob", "")
	}
	if week == 7 {
		q.step(t, "iam:CreateAccessKey UserName=eve")
		q.step(t, "iam:DeleteAccessKey UserName=eve AccessKeyId=$eves")
	}
	if week <= 4 {
		q.step(t, "assume nightly ann")
	}
}

// checkPasswords: Bob's password is too old, and opens only the choice of another.
func (q *quarter) checkPasswords(t *testing.T) {
	t.Helper()
	p := q.browser(t).signIn(t, "bob", bobs).in(t, "bob's old password", false)
	if !strings.Contains(p.body, "Choose another password") || p.header.Get("Set-Cookie") != "" {
		t.Errorf("bob's old password: %d %s", p.status, p.body)
	}
}

// on is a day of the quarter as a report writes it, to the hour: the test itself takes
// some time.
func (q *quarter) on(day int) string {
	return q.began.Add(time.Duration(day) * 24 * time.Hour).UTC().Format("2006-01-02T15")
}

// checkReport reads the credential report.
func (q *quarter) checkReport(t *testing.T) {
	t.Helper()
	q.iam(t, q.Root, "GenerateCredentialReport").want(t, "GenerateCredentialReport", "")
	a := q.iam(t, q.Root, "GetCredentialReport").want(t, "GetCredentialReport", "")
	text, err := base64.StdEncoding.DecodeString(a.element(t, "Content"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]map[string]string{}
	for _, row := range rows[1:] {
		got[row[0]] = map[string]string{}
		for i, column := range rows[0] {
			value := row[i]
			if _, err := time.Parse(time.RFC3339, value); err == nil {
				value = value[:len("2006-01-02T15")]
			}
			got[row[0]][column] = value
		}
	}
	for user, want := range map[string]map[string]string{
		"ann": {
			"password_enabled": "true", "password_last_changed": q.on(63), "password_last_used": q.on(91), "password_next_rotation": q.on(63 + 60),
			"mfa_active": "false", "access_key_1_active": "true", "access_key_1_last_rotated": q.on(0), "access_key_1_last_used_date": q.on(91),
			"access_key_1_last_used_service": "iam", "access_key_2_active": "false",
		},
		"bob": {
			"password_enabled": "true", "password_last_changed": q.on(0), "password_last_used": q.on(7), "password_next_rotation": q.on(60),
			"access_key_1_active": "true", "access_key_1_last_used_date": q.on(7), "access_key_1_last_used_service": "iam",
		},
		"eve": {
			"password_enabled": "false", "password_last_used": "N/A", "password_last_changed": "N/A", "password_next_rotation": "N/A",
			"access_key_1_active": "true", "access_key_1_last_rotated": q.on(49), "access_key_1_last_used_date": q.on(91), "access_key_1_last_used_service": "sts",
		},
	} {
		for column, value := range want {
			if got[user][column] != value {
				t.Errorf("%s of %s is %q, want %q", column, user, got[user][column], value)
			}
		}
	}
}

// checkPosture: what has aged and what has not been used, and nothing else.
func (q *quarter) checkPosture(t *testing.T) {
	t.Helper()
	arn := func(what string) string { return "arn:aws:iam::" + servertest.Account + ":" + what }
	for id, want := range map[string][]string{
		"access-key-age":    {arn("user/ann") + ": active access key AKIA... is 91 days old", arn("user/bob") + ": active access key AKIA... is 91 days old"},
		"access-key-unused": {arn("user/bob") + ": active access key AKIA... was last used 84 days ago"},
		"password-age":      {arn("user/bob") + ": the password was set 91 days ago"},
		"password-unused":   {arn("user/bob") + ": the password was last used 84 days ago"},
		"unused-role":       {},
	} {
		got := []string{}
		for line := range strings.Lines(q.findings(t, id)) {
			if !strings.HasPrefix(line, "  -> ") {
				got = append(got, strings.TrimSpace(line))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// checkLastAccessed: when the account's policy was last made use of, by whom.
func (q *quarter) checkLastAccessed(t *testing.T) {
	t.Helper()
	for user, want := range map[string]string{"ann": q.on(91), "bob": q.on(7)} {
		a := q.iam(t, q.Root, "GenerateServiceLastAccessedDetails", "Arn", "arn:aws:iam::"+servertest.Account+":user/"+user).want(t, user, "")
		a = q.iam(t, q.Root, "GetServiceLastAccessedDetails", "JobId", a.element(t, "JobId")).want(t, user, "")
		if a.status != http.StatusOK || !strings.HasPrefix(a.element(t, "LastAuthenticated"), want) {
			t.Errorf("%s last used IAM at %s, want %s", user, a.element(t, "LastAuthenticated"), want)
		}
	}
}
