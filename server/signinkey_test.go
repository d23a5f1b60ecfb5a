package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/webauthn/webauthntest"
)

// withKey lets users enable devices of their own, list them, and do the rest with MFA.
const withKey = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Action":["iam:EnableMFADevice","iam:ListMFADevices"],"Resource":"arn:aws:iam::*:user/${aws:username}","Condition":{"StringEqualsIfExists":{"iam:RegisterSecurityKey":"Activate"}}},
	{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`

// asked is what the server wants to see of a security key.
func (b *browser) asked(t testing.TB, path string) (options []byte, challenge string) {
	t.Helper()
	p := b.get(t, path)
	var o struct {
		Options   json.RawMessage
		Challenge string
	}
	if err := json.Unmarshal([]byte(p.body), &o); err != nil || p.status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, p.status, p.body)
	}
	return o.Options, o.Challenge
}

// count is how many records hold a text.
func (w *world) count(t testing.TB, text string) (n int) {
	t.Helper()
	for _, record := range w.events(t) {
		if strings.Contains(record, text) {
			n++
		}
	}
	return n
}

// register gives whoever is signed in a security key.
func (b *browser) register(t testing.TB, d *webauthntest.Device) page {
	t.Helper()
	options, challenge := b.asked(t, "/signin/newkey")
	return b.post(t, "/signin/newkey", "label", "yubi", "key", string(d.Create(t, options, b.URL)), "keychallenge", challenge)
}

// touch is the part of the form that a security key fills in.
func (b *browser) touch(t testing.TB, d *webauthntest.Device) []string {
	t.Helper()
	options, challenge := b.asked(t, "/signin/key")
	return []string{"key", string(d.Get(t, options, b.URL)), "keychallenge", challenge}
}

// Lena registers a security key. From then on her password opens nothing without it,
// and with it she is one who has MFA.
func TestSecurityKeySignIn(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, withKey)
	b, d := w.browser(t), webauthntest.New(t)
	b.signIn(t, "Lena", lens).in(t, "without a device", true)
	w.iam(t, b.credentials(t), "ListUsers").want(t, "without MFA", "AccessDenied")
	if p := b.register(t, d); p.status != http.StatusSeeOther {
		t.Fatalf("registering: %d %s", p.status, p.body)
	}
	a := w.iam(t, w.Root, "ListMFADevices", "UserName", "Lena").want(t, "ListMFADevices", "")
	serial := a.element(t, "SerialNumber")
	if !strings.HasPrefix(serial, "arn:aws:iam::111122223333:u2f/user/Lena/yubi-") {
		t.Errorf("serial number %s", serial)
	}
	w.iam(t, w.Root, "GetMFADevice", "UserName", "Lena", "SerialNumber", serial).want(t, "GetMFADevice", "")
	w.record(t, `"eventName":"EnableMFADevice"`, `"serialNumber":"`+serial+`"`, `"userName":"Lena"`)

	b = w.browser(t)
	b.signIn(t, "Lena", lens).in(t, "the password alone", false)
	b.signIn(t, "Lena", "Wrong-Horse-1", b.touch(t, d)...).in(t, "the key alone", false)
	b.signIn(t, "Lena", lens, b.touch(t, d)...).in(t, "both", true)
	creds := b.credentials(t)
	w.iam(t, creds, "ListUsers").want(t, "with MFA", "")
	w.record(t, `"eventName":"ConsoleLogin"`, `"MFAUsed":"Yes"`)

	// Whoever takes the key away from her takes it away altogether.
	w.iam(t, w.Root, "DeactivateMFADevice", "UserName", "Lena", "SerialNumber", serial).want(t, "DeactivateMFADevice", "")
	w.browser(t).signIn(t, "Lena", lens).in(t, "the password, without a device again", true)
}

// Root's key is root's.
func TestSecurityKeyOfRoot(t *testing.T) {
	w := start(t)
	w.operate(t, "SetRootPassword", "AccountId", "111122223333", "Password", lens)
	b, d := w.browser(t), webauthntest.New(t)
	b.signIn(t, "", lens, "as", "root").in(t, "root", true)
	if p := b.register(t, d); p.status != http.StatusSeeOther {
		t.Fatalf("registering: %d %s", p.status, p.body)
	}
	b = w.browser(t)
	b.signIn(t, "", lens, "as", "root").in(t, "the password alone", false)
	b.signIn(t, "", lens, append([]string{"as", "root"}, b.touch(t, d)...)...).in(t, "both", true)
}

// What a thief of a form, or of another key, tries; each time Lena herself comes in
// afterwards.
func TestAttackSecurityKeys(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, withKey)
	w.withPassword(t, "Mallory", lens, withKey)
	b, lena, mallory := w.browser(t), webauthntest.New(t), webauthntest.New(t)
	lena.Still, mallory.Still = true, true // as passkeys are, which do not count
	b.signIn(t, "Lena", lens)
	b.register(t, lena)
	thief := w.browser(t)
	thief.signIn(t, "Mallory", lens)
	thief.register(t, mallory)

	again := b.touch(t, lena)
	b.signIn(t, "Lena", lens, again...).in(t, "the form", true)
	thief = w.browser(t)
	opened := w.count(t, `"ConsoleLogin":"Success"`)
	thief.signIn(t, "Lena", lens, again...).in(t, "the same form again", false)
	if now := w.count(t, `"ConsoleLogin":"Success"`); now != opened {
		t.Errorf("the same form again is recorded as a sign-in")
	}
	thief.signIn(t, "Lena", lens, thief.touch(t, mallory)...).in(t, "another's key", false)
	mallory.ID = lena.ID
	thief.signIn(t, "Lena", lens, thief.touch(t, mallory)...).in(t, "another's key under the name of hers", false)

	late := b.touch(t, lena)
	w.clock.forward(6 * time.Minute)
	thief.signIn(t, "Lena", lens, late...).in(t, "six minutes later", false)
	swapped := thief.touch(t, lena)
	swapped[3] = thief.touch(t, lena)[3]
	thief.signIn(t, "Lena", lens, swapped...).in(t, "with the challenge of another page", false)
	swapped[3] = "made up"
	thief.signIn(t, "Lena", lens, swapped...).in(t, "with a challenge that was made up", false)
	w.browser(t).signIn(t, "Lena", lens, b.touch(t, lena)...).in(t, "Lena", true)
}

// Registering is for whoever is signed in, and may: not for another's session, not with
// what was meant for signing in, and not twice.
func TestAttackKeyRegistration(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, withKey)
	w.withPassword(t, "Nora", lens, onlyOwner)
	lena, nora, d := w.browser(t), w.browser(t), webauthntest.New(t)
	lena.signIn(t, "Lena", lens)
	nora.signIn(t, "Nora", lens)
	if p := nora.register(t, d); p.status != http.StatusForbidden || !strings.Contains(p.body, "iam:EnableMFADevice") {
		t.Errorf("who may not: %d %s", p.status, p.body)
	}
	w.record(t, `"eventName":"EnableMFADevice"`, `"errorCode":"AccessDenied"`)
	if p := w.browser(t).get(t, "/signin/newkey"); p.status != http.StatusForbidden {
		t.Errorf("who is not signed in: %d", p.status)
	}

	options, challenge := nora.asked(t, "/signin/newkey")
	p := lena.post(t, "/signin/newkey", "label", "k", "key", string(d.Create(t, options, w.URL)), "keychallenge", challenge)
	if p.status != http.StatusBadRequest {
		t.Errorf("with a challenge of another's session: %d %s", p.status, p.body)
	}
	_, challenge = lena.asked(t, "/signin/key")
	options, _ = lena.asked(t, "/signin/newkey")
	if p = lena.post(t, "/signin/newkey", "label", "k", "key", string(d.Create(t, options, w.URL)), "keychallenge", challenge); p.status != http.StatusBadRequest {
		t.Errorf("with a challenge for signing in: %d", p.status)
	}
	options, challenge = lena.asked(t, "/signin/newkey")
	if p = lena.post(t, "/signin/newkey", "label", "k", "key", string(d.Create(t, options, "https://evil.test")), "keychallenge", challenge); p.status != http.StatusBadRequest {
		t.Errorf("on a page of another site: %d", p.status)
	}
	if p = lena.post(t, "/signin/newkey", "label", "<b>", "key", string(d.Create(t, options, w.URL)), "keychallenge", challenge); p.status != http.StatusForbidden {
		t.Errorf("with a label that is none: %d", p.status)
	}
	if p = lena.register(t, d); p.status != http.StatusSeeOther {
		t.Errorf("as it should be: %d %s", p.status, p.body)
	}
	if p = lena.register(t, d); p.status != http.StatusForbidden || !strings.Contains(p.body, "already in use") {
		t.Errorf("twice: %d %s", p.status, p.body)
	}
}
