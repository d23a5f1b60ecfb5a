package sts_test

import (
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/credential/totp"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/service/sts"
)

const (
	wrongCode     = "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. "
	unknownDevice = "AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
	halfOfIt      = "AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. "
	wantsMFA      = `"Bool":{"aws:MultiFactorAuthPresent":"true"}`
)

// device assigns a device to a caller and gives its serial number and codes that
// are good later, in that order.
func (w *world) device(who authn.Caller, name string) (serial string, codes []string) {
	w.t.Helper()
	e := w.account(home)
	d, seed, err := e.CreateVirtualMFADevice(name, nil, nil)
	w.must(err)
	at := totp.StepAt(now)
	w.must(e.EnableMFADevice(who.UniqueID, e.MFASerial(d), seed.Code(at-2), seed.Code(at-1)))
	return e.MFASerial(d), []string{seed.Code(at - 1), seed.Code(at)} // its clock is a step behind
}

// TestCodesOfCallers: of whose devices codes count, and how refusals read.
func TestCodesOfCallers(t *testing.T) {
	w := newWorld(t)
	ada, eve := w.user("ada", allow("sts:*")), w.user("eve", allow("sts:*"))
	careful := w.role(elsewhere, "careful", trusts(home, wantsMFA, everyAction...), 3600)
	serial, codes := w.device(ada, "ada")
	assume := func(as authn.Caller, serial, code *string) string {
		_, err := w.assume(as, stsapi.AssumeRoleInput{RoleArn: careful, SerialNumber: serial, TokenCode: code})
		return refusal(err)
	}
	// A session of eve's own user without MFA, and one of a role.
	_, err := do[*stsapi.GetSessionTokenOutput](w, ada, "GetSessionToken", &stsapi.GetSessionTokenInput{})
	w.must(err)
	plain := w.session()
	plain.UniqueID = ada.UniqueID
	_, err = w.assume(ada, stsapi.AssumeRoleInput{RoleArn: w.role(home, "app", trusts(home, "", everyAction...), 3600)})
	w.must(err)
	role := w.session()

	for _, c := range []struct {
		name   string
		got    string
		want   string
		prefix bool
	}{
		{"no code", assume(ada, nil, nil), denied + "sts:AssumeRole on resource: " + careful, true},
		{"no serial number", assume(ada, nil, &codes[1]), halfOfIt, false},
		{"no code with it", assume(ada, &serial, nil), halfOfIt, false},
		{"a wrong code", assume(ada, &serial, new("12345")), wrongCode, false},
		{"the code that enabled it", assume(ada, &serial, &codes[0]), wrongCode, false},
		{"another's device", assume(eve, &serial, &codes[1]), unknownDevice, false},
		{"no device", assume(ada, new("arn:aws:iam::"+home+":mfa/none"), &codes[1]), unknownDevice, false},
		{"by a role", assume(role, &serial, &codes[1]), unknownDevice, false},
		{"by a session without MFA", assume(plain, &serial, &codes[1]), "", false},
		{"the same code again", assume(ada, &serial, &codes[1]), wrongCode, false},
	} {
		if c.got != c.want && !(c.prefix && len(c.got) > len(c.want) && c.got[:len(c.want)] == c.want) {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
	if r := w.issued; r.MFAPresent || r.Kind != session.Role {
		t.Errorf("the role's session says that it has MFA: %+v", r)
	}
}

// TestSessionTokenWithCode, of a user and of root.
func TestSessionTokenWithCode(t *testing.T) {
	w := newWorld(t)
	for _, who := range []authn.Caller{w.user("ada", ""), root()} {
		serial, codes := w.device(who, "of-"+who.UniqueID)
		get := func(in stsapi.GetSessionTokenInput) string {
			_, err := do[*stsapi.GetSessionTokenOutput](w, who, "GetSessionToken", &in)
			return refusal(err)
		}
		if got := get(stsapi.GetSessionTokenInput{TokenCode: &codes[1]}); got != halfOfIt {
			t.Errorf("no serial number: %s", got)
		}
		if got := get(stsapi.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &codes[1]}); got != "" {
			t.Errorf("a right code: %s", got)
		}
		if r := w.issued; !r.MFAPresent || !r.MFATime.Equal(now) {
			t.Errorf("session %+v", r)
		}
		if got := get(stsapi.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &codes[1]}); got != wrongCode {
			t.Errorf("again: %s", got)
		}
	}
}

// TestGuesses: what is counted, that a right code ends the row, that waiting helps.
func TestGuesses(t *testing.T) {
	w := newWorld(t)
	ada := w.user("ada", "")
	serial, codes := w.device(ada, "ada")
	at, request := now, 0
	try := func(code string) string {
		request++
		c := w.call(ada)
		c.Now, c.RequestID = at, string(rune('A'+request))
		for _, op := range sts.Operations() {
			if op.API.Name == "GetSessionToken" {
				_, err := op.Run(c, &stsapi.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &code})
				return refusal(err)
			}
		}
		panic("not reached")
	}
	for range totp.FreeAttempts {
		if got := try("x"); got != wrongCode {
			t.Fatal(got)
		}
	}
	const refused = "AccessDenied: MultiFactorAuthentication failed: Too many wrong authentication codes in a row; the device is refused until 2026-11-25T12:01:00Z."
	if got := try(codes[1]); got != refused {
		t.Errorf("at once: %s", got)
	}
	at = now.Add(time.Minute)
	if got := try("x"); got != wrongCode {
		t.Errorf("after a minute: %s", got)
	}
	at = at.Add(time.Minute)
	if got := try("x"); got == wrongCode {
		t.Error("after a minute more a guess is looked at again")
	}
}

// TestAttemptRunAgain: a call that is run again is one guess.
func TestAttemptRunAgain(t *testing.T) {
	w := newWorld(t)
	ada := w.user("ada", "")
	serial, codes := w.device(ada, "ada")
	c := w.call(ada)
	c.RequestID = "one"
	guess := func(c *service.Call, code string) string {
		return refusal(c.TryCode(ada.UniqueID, serial, func() error { return c.Edit().UseMFACode(ada.UniqueID, serial, code) }))
	}
	for range 10 {
		guess(c, "x")
	}
	if got := guess(c, codes[1]); got != "" {
		t.Errorf("one call that was run ten times counts as more than one: %s", got)
	}
}

// TestOnlyCodesCommit: a call without a code stays one that reads.
func TestOnlyCodesCommit(t *testing.T) {
	for _, op := range sts.Operations() {
		if !op.ReadOnly || !op.Reads(op.API.NewInput()) {
			t.Errorf("%s without a code is not one that reads", op.API.Name)
		}
		switch op.API.Name {
		case "AssumeRole":
			if op.Reads(&stsapi.AssumeRoleInput{TokenCode: new("1")}) || op.Reads(&stsapi.AssumeRoleInput{SerialNumber: new("1")}) {
				t.Error("AssumeRole with a code does not commit")
			}
		case "GetSessionToken":
			if op.Reads(&stsapi.GetSessionTokenInput{TokenCode: new("1")}) {
				t.Error("GetSessionToken with a code does not commit")
			}
		}
	}
}
