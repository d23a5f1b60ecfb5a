package server_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/keyreeve/keyreeve/server/servertest"
	"github.com/keyreeve/keyreeve/service"
)

// browser is somebody at the sign-in page.
type browser struct {
	*world
	client *http.Client
}

func (w *world) browser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// page is what a browser was answered.
type page struct {
	status int
	header http.Header
	body   string
}

func (b *browser) do(t testing.TB, r *http.Request) page {
	t.Helper()
	resp, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{resp.StatusCode, resp.Header, string(body)}
}

func (b *browser) get(t testing.TB, path string) page {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.do(t, r)
}

// post sends a form; fields are names and values.
func (b *browser) post(t testing.TB, path string, fields ...string) page {
	t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, b.URL+path, strings.NewReader(v.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", formType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(t, r)
}

// field is the value of a hidden field of a page's form.
func (p page) field(t testing.TB, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(p.body, `name="`+name+`" value="`)
	value, _, end := strings.Cut(rest, `"`)
	if !ok || !end {
		t.Fatalf("no field %s in %d %s", name, p.status, p.body)
	}
	return html.UnescapeString(value)
}

// signIn fills the form in.
func (b *browser) signIn(t testing.TB, user, password string, more ...string) page {
	t.Helper()
	return b.post(t, "/signin", append([]string{"account", servertest.Account, "username", user, "password", password}, more...)...)
}

// in tells whether a page is that of somebody who has signed in.
func (p page) in(t testing.TB, what string, want bool) page {
	t.Helper()
	if in := p.status == http.StatusSeeOther; in != want {
		t.Errorf("%s: %d %s, in: %v", what, p.status, p.body, want)
	}
	return p
}

// credentials are those of whoever is signed in.
func (b *browser) credentials(t testing.TB) aws.Credentials {
	t.Helper()
	p := b.get(t, "/signin/credentials")
	var c struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	if err := json.Unmarshal([]byte(p.body), &c); err != nil || p.status != http.StatusOK {
		t.Fatalf("%d %s: %v", p.status, p.body, err)
	}
	return aws.Credentials{AccessKeyID: c.AccessKeyId, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
}

const (
	lens      = "Correct-Horse-1"
	onlyOwner = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetUser","iam:ListUsers"],"Resource":"*"}]}`
)

// withPassword makes a user with a password and a policy.
func (w *world) withPassword(t testing.TB, name, password, policy string) {
	t.Helper()
	w.iam(t, w.Root, "CreateUser", "UserName", name).want(t, "CreateUser", "")
	w.iam(t, w.Root, "CreateLoginProfile", "UserName", name, "Password", password).want(t, "CreateLoginProfile", "")
	w.iam(t, w.Root, "PutUserPolicy", "UserName", name, "PolicyName", "p", "PolicyDocument", policy).want(t, "PutUserPolicy", "")
}

// record finds the one event that has all of some texts.
func (w *world) record(t testing.TB, texts ...string) string {
	t.Helper()
	var found []string
	for _, e := range w.events(t) {
		all := true
		for _, text := range texts {
			all = all && strings.Contains(e, text)
		}
		if all {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d events have %q: %s", len(found), texts, found)
	}
	return found[0]
}

// TestSignIn: what the form opens, and what is recorded.
func TestSignIn(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, onlyOwner)
	b := w.browser(t)
	form := b.get(t, "/signin")
	if form.status != http.StatusOK || !strings.Contains(form.body, `name="password"`) || strings.Count(form.body, "<script") != 1 || !strings.Contains(form.body, `<script src="/signin/key.js"></script>`) || form.header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the form: %d %s", form.status, form.body)
	}
	b.get(t, "/signin/session").in(t, "the page of somebody who is not signed in leads to the form", true)
	p := b.signIn(t, "Lena", lens).in(t, "her password", true)
	cookie := p.header.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") || strings.Contains(cookie, "Secure") || p.header.Get("Location") != "/signin/session" {
		t.Errorf("cookie %q", cookie)
	}
	if p := b.get(t, "/signin/session"); !strings.Contains(p.body, "arn:aws:iam::111122223333:user/Lena") {
		t.Errorf("the page of the session: %s", p.body)
	}
	creds := b.credentials(t)
	if got := w.sts(t, creds, "GetCallerIdentity").want(t, "whoami", "").element(t, "Arn"); got != "arn:aws:iam::111122223333:user/Lena" {
		t.Errorf("she is %s", got)
	}
	w.iam(t, creds, "ListUsers").want(t, "what she may", "")
	w.iam(t, creds, "ListGroups").want(t, "what she may not", "AccessDenied")
	w.sts(t, creds, "GetSessionToken").want(t, "a session of a session", "AccessDenied")
	used := w.iam(t, creds, "GetUser", "UserName", "Lena").want(t, "GetUser", "").element(t, "PasswordLastUsed")
	if at, err := time.Parse(time.RFC3339, used); err != nil || w.clock.now().Sub(at) > time.Hour {
		t.Errorf("her password was last used at %s", used)
	}
	e := w.record(t, `"eventName":"ConsoleLogin"`, `"ConsoleLogin":"Success"`)
	for _, want := range []string{`"eventType":"AwsConsoleSignIn"`, `"eventSource":"signin.amazonaws.com"`, `"userName":"Lena"`, `"MFAUsed":"No"`, `"type":"IAMUser"`} {
		if !strings.Contains(e, want) {
			t.Errorf("no %s in %s", want, e)
		}
	}

	b.post(t, "/signin/out").in(t, "signing out", true)
	if p := b.get(t, "/signin/credentials"); p.status != http.StatusUnauthorized {
		t.Errorf("credentials after she signed out: %d %s", p.status, p.body)
	}
	for _, text := range []string{lens, w.log.String()} {
		if text == lens && strings.Contains(strings.Join(w.events(t), ""), lens) || text != lens && strings.Contains(text, lens) {
			t.Error("the password is in the records or the log")
		}
	}
}

// TestSignInEnds: what a sign-in opened is over with the password, with the user,
// with the sessions of the account, and after twelve hours.
func TestSignInEnds(t *testing.T) {
	for what, end := range map[string]func(*testing.T, *world){
		"another password": func(t *testing.T, w *world) {
			w.iam(t, w.Root, "UpdateLoginProfile", "UserName", "Lena", "Password", lens+"x").want(t, "UpdateLoginProfile", "")
		},
		"no password": func(t *testing.T, w *world) {
			w.iam(t, w.Root, "DeleteLoginProfile", "UserName", "Lena").want(t, "DeleteLoginProfile", "")
		},
		"another user of that name": func(t *testing.T, w *world) {
			for _, action := range []string{"DeleteLoginProfile", "DeleteUser"} {
				if action == "DeleteUser" {
					w.iam(t, w.Root, "DeleteUserPolicy", "UserName", "Lena", "PolicyName", "p").want(t, "DeleteUserPolicy", "")
				}
				w.iam(t, w.Root, action, "UserName", "Lena").want(t, action, "")
			}
			w.withPassword(t, "Lena", lens, onlyOwner)
		},
		"end-sessions": func(t *testing.T, w *world) { w.operate(t, "EndSessions", "AccountId", servertest.Account) },
		"time":         func(_ *testing.T, w *world) { w.clock.forward(12*time.Hour + time.Second) },
	} {
		t.Run(what, func(t *testing.T) {
			w := start(t)
			w.withPassword(t, "Lena", lens, onlyOwner)
			b := w.browser(t)
			b.signIn(t, "Lena", lens).in(t, "her password", true)
			b.credentials(t)
			end(t, w)
			if p := b.get(t, "/signin/credentials"); p.status != http.StatusUnauthorized {
				t.Errorf("credentials: %d %s", p.status, p.body)
			}
		})
	}
}

// TestAttackGuessingPasswords: somebody guesses passwords. Nothing in an answer tells whether
// the account, the name or the password was wrong, and just as many hashes are
// computed for each: time tells nothing either. After a few, no more are computed, for
// whoever exists and whoever does not; and for as long as that lasts the right
// password is refused, too. Then its owner comes in.
func TestAttackGuessingPasswords(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, onlyOwner)
	w.iam(t, w.Root, "CreateUser", "UserName", "without").want(t, "CreateUser", "")
	b := w.browser(t)
	hashes := func() int64 { n, _ := w.Server.Server.Hashes(); return n }
	var first string
	for _, guess := range []struct{ account, user string }{
		{servertest.Account, "Lena"}, {servertest.Account, "without"}, {servertest.Account, "nobody"}, {"444455556666", "Lena"}, {"noalias", "Lena"},
	} {
		for i := range 7 {
			before := hashes()
			p := b.post(t, "/signin", "account", guess.account, "username", guess.user, "password", "Wrong-Horse-1")
			computed := hashes() - before
			body := strings.NewReplacer(guess.account, "", guess.user, "").Replace(p.body)
			switch {
			case i < 5 && (p.status != http.StatusForbidden || computed != 1):
				t.Errorf("guess %d of %s: %d with %d hashes", i, guess, p.status, computed)
			case i >= 5 && (p.status != http.StatusTooManyRequests || computed != 0):
				t.Errorf("guess %d of %s: %d with %d hashes", i, guess, p.status, computed)
			case i == 0 && first == "":
				first = body
			case i == 0 && body != first:
				t.Errorf("of %s the page says:\n%s\nand of the first:\n%s", guess, body, first)
			}
		}
	}
	b.signIn(t, "Lena", lens).in(t, "the right password too early", false)
	w.clock.forward(61 * time.Second)
	b.signIn(t, "Lena", lens).in(t, "the right password in time", true)

	w.record(t, `"ConsoleLogin":"Success"`)
	hidden, all := 0, strings.Join(w.events(t), "\n")
	for _, e := range w.events(t) {
		if strings.Contains(e, `"userName":"HIDDEN_DUE_TO_SECURITY_REASONS"`) {
			hidden++
		}
	}
	if hidden != 3*7 || strings.Contains(all, "nobody") || strings.Contains(all, "Wrong-Horse") {
		t.Errorf("%d events hide the name, want 21", hidden)
	}
}

// TestAttackManyPasswords: a hundred guesses at once take no more memory than a few, and
// no more of them are tried than one after the other.
func TestAttackManyPasswords(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, onlyOwner)
	before, _ := w.Server.Server.Hashes()
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			user := "Lena"
			if i%2 == 1 {
				user = "somebody" + strings.Repeat("x", i) // each is tried: it has no row of wrong ones
			}
			w.browser(t).signIn(t, user, "Wrong-Horse-1")
		})
	}
	all.Wait()
	computed, atOnce := w.Server.Server.Hashes()
	if n := computed - before; n != 5+50 {
		t.Errorf("%d hashes were computed, want 5 of hers and 50 of others", n)
	}
	if limit := int64(service.HashesAtOnce()); atOnce > limit {
		t.Errorf("%d hashes at once, want %d at most", atOnce, limit)
	}
}

// TestAttackFormOfAnotherSite: a page elsewhere sends the form, or the consent, from
// the browser of somebody who is signed in.
func TestAttackFormOfAnotherSite(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, onlyOwner)
	for _, header := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}}} {
		for _, path := range []string{"/signin", "/signin/out", "/v1/authorize"} {
			r, err := http.NewRequest(http.MethodPost, w.URL+path, strings.NewReader(url.Values{"account": {servertest.Account}, "username": {"Lena"}, "password": {lens}}.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header.Clone()
			r.Header.Set("Content-Type", formType)
			if p := w.browser(t).do(t, r); p.status != http.StatusForbidden || p.header.Get("Set-Cookie") != "" {
				t.Errorf("%s with %v: %d", path, header, p.status)
			}
		}
	}
}

// TestSignInWithMFA: who has a device needs its code, each code opens once, and who has
// the password alone is told nothing.
func TestSignInWithMFA(t *testing.T) {
	w := start(t)
	w.withPassword(t, "Lena", lens, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"300"}}}}`)
	b := w.browser(t)
	b.signIn(t, "Lena", lens).in(t, "before she has a device", true)
	w.iam(t, b.credentials(t), "ListUsers").want(t, "without MFA", "AccessDenied")
	d, _ := enable(t, w.As(w.Root).IAM, "Lena")
	wrong := b.signIn(t, "Lena", lens+"x").in(t, "a wrong password", false)
	alone := b.signIn(t, "Lena", lens).in(t, "the password alone", false)
	if wrong.body != alone.body {
		t.Errorf("a right password is told from a wrong one:\n%s\n%s", wrong.body, alone.body)
	}
	code := d.codes(1)[0]
	b.signIn(t, "Lena", lens+"x", "mfacode", code).in(t, "a code with a wrong password", false)
	b.signIn(t, "Lena", lens, "mfacode", code).in(t, "the code", true)
	creds := b.credentials(t)
	w.iam(t, creds, "ListUsers").want(t, "with MFA", "")
	b.signIn(t, "Lena", lens, "mfacode", code).in(t, "the code again", false)
	w.clock.forward(5 * time.Minute)
	w.iam(t, creds, "ListUsers").want(t, "with MFA of five minutes ago", "AccessDenied")
	w.record(t, `"ConsoleLogin":"Success"`, `"MFAUsed":"Yes"`)
	w.record(t, `"eventName":"ListUsers"`, `"mfaAuthenticated":"true"`, `"errorCode":"AccessDenied"`)
}

// TestRootSignsIn: with the password that the operator has set.
func TestRootSignsIn(t *testing.T) {
	w := start(t)
	b := w.browser(t)
	root := func(password string) page {
		return b.post(t, "/signin", "as", "root", "account", servertest.Account, "password", password)
	}
	root(lens).in(t, "root without a password", false)
	w.operate(t, "SetRootPassword", "AccountId", servertest.Account, "Password", lens)
	root(lens).in(t, "root", true)
	creds := b.credentials(t)
	if got := w.sts(t, creds, "GetCallerIdentity").element(t, "Arn"); got != "arn:aws:iam::111122223333:root" {
		t.Errorf("root is %s", got)
	}
	if got := w.iam(t, creds, "GetAccountSummary").body; !strings.Contains(got, "<key>AccountPasswordPresent</key><value>1</value>") {
		t.Errorf("summary %s", got)
	}
	w.iam(t, creds, "ChangePassword", "OldPassword", lens, "NewPassword", lens+"2").want(t, "root's by the API", "InvalidUserType")
	w.record(t, `"ConsoleLogin":"Success"`, `"type":"Root"`)
	w.iam(t, creds, "DeleteLoginProfile").want(t, "taking it away", "")
	root(lens).in(t, "after it was taken away", false)
}

// TestPasswordIsReplaced: one that an administrator has set, or that is too old, opens
// nothing but the choice of another; one that is far too old not even that.
func TestPasswordIsReplaced(t *testing.T) {
	w := start(t)
	policy := func(more ...string) {
		t.Helper()
		w.iam(t, w.Root, "UpdateAccountPasswordPolicy", append([]string{"AllowUsersToChangePassword", "true", "MinimumPasswordLength", "12", "PasswordReusePrevention", "3"}, more...)...).want(t, "policy", "")
	}
	policy()
	w.withPassword(t, "Lena", lens, onlyOwner)
	w.iam(t, w.Root, "UpdateLoginProfile", "UserName", "Lena", "PasswordResetRequired", "true").want(t, "UpdateLoginProfile", "")
	b := w.browser(t)
	choose := func(what, old, next string, want bool) {
		t.Helper()
		p := b.signIn(t, "Lena", old)
		if p.status != http.StatusOK || p.header.Get("Set-Cookie") != "" {
			t.Fatalf("%s: the old password opens %d with %q", what, p.status, p.header.Get("Set-Cookie"))
		}
		choice := p.field(t, "choice")
		b.post(t, "/signin", "choice", choice, "newpassword", next).in(t, what, want)
		if want {
			b.post(t, "/signin", "choice", choice, "newpassword", next+"y").in(t, what+", once more", false)
		}
	}
	choose("too short", lens, "Short-1", false)
	choose("the same", lens, lens, false)
	choose("another", lens, lens+"2", true)
	b.signIn(t, "Lena", lens).in(t, "the old one", false)
	b.signIn(t, "Lena", lens+"2").in(t, "the new one", true)
	w.record(t, `"eventName":"ChangePassword"`, `"eventSource":"iam.amazonaws.com"`, `"userName":"Lena"`, `"readOnly":false`, `"errorCode":"PasswordPolicyViolation","errorMessage":"Password should have a minimum`)

	policy("MaxPasswordAge", "90")
	w.clock.forward(91 * 24 * time.Hour)
	choose("after 91 days", lens+"2", lens+"3", true)
	policy("MaxPasswordAge", "90", "HardExpiry", "true")
	w.clock.forward(91 * 24 * time.Hour)
	if p := b.signIn(t, "Lena", lens+"3").in(t, "after 91 days, hard", false); !strings.Contains(p.body, "expired") {
		t.Errorf("the page says %s", p.body)
	}
	w.iam(t, w.Root, "UpdateLoginProfile", "UserName", "Lena", "Password", lens+"4").want(t, "UpdateLoginProfile", "")
	b.signIn(t, "Lena", lens+"4").in(t, "after an administrator has set one", true)

	w.iam(t, w.Root, "DeleteAccountPasswordPolicy").want(t, "DeleteAccountPasswordPolicy", "")
	w.iam(t, w.Root, "UpdateLoginProfile", "UserName", "Lena", "PasswordResetRequired", "true").want(t, "UpdateLoginProfile", "")
	choose("whoever may not change it", lens+"4", lens+"5", false)
}
