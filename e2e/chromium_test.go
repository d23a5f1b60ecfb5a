package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// TestPasskeyInChromium: a person signs in at the page in a real browser, registers a
// passkey (Chromium's virtual authenticator), and from then on nothing but password and
// passkey together open a session, whose credentials are MFA's.
func TestPasskeyInChromium(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here")
	}
	dir := t.TempDir()
	server, err := startServer(filepath.Join(dir, "data"), []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GORACE=" + goRace}, "--account-id", "111122223333")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.end(syscall.SIGTERM) })
	url := endpointOf(t, filepath.Join(dir, "data"))
	root := iamOf(url, rootOf(t, filepath.Join(dir, "data")))
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	const name, password = "alice", "First-Password-1"
	mustCall(t, errOf(root.CreateUser(ctx, &iam.CreateUserInput{UserName: new(name)})))
	mustCall(t, errOf(root.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: new(name), Password: new(password)})))
	mustCall(t, errOf(root.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new(name), PolicyName: new("own"), PolicyDocument: new(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "iam:EnableMFADevice", "Resource": "arn:aws:iam::111122223333:user/alice"},
		{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}`)})))

	p := newPerson(t, ctx, browser, dir, strings.Replace(url, "127.0.0.1", "localhost", 1))
	p.fill("alice", password)
	p.press(`form[action="/signin"] button:not([type])`)
	p.sees("arn:aws:iam::111122223333:user/alice")
	if err := errOf(iamOf(url, p.credentials()).ListUsers(ctx, &iam.ListUsersInput{})); !refusedWith(err, "AccessDenied") {
		t.Errorf("without MFA: %v", err)
	}

	p.device()
	p.do("the device's name", chromedp.SetValue(`input[name="label"]`, "laptop"))
	p.press(`button[data-key="create"]`)
	var devices *iam.ListMFADevicesOutput
	for range 200 { // the page looks the same before and after
		if devices, err = root.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: new(name)}); err != nil || len(devices.MFADevices) > 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil || len(devices.MFADevices) != 1 || !strings.HasPrefix(*devices.MFADevices[0].SerialNumber, "arn:aws:iam::111122223333:u2f/user/alice/laptop-") {
		p.fail("registered", fmt.Errorf("devices %+v, %w", devices, err))
	}
	p.sees("Signed in")
	p.signOut()

	// The password alone is not enough now, nor is it told why.
	p.fill("alice", password)
	p.press(`form[action="/signin"] button:not([type])`)
	p.sees("Your authentication information is incorrect")

	p.fill("alice", password)
	p.press(`button[data-key="get"]`)
	p.sees("arn:aws:iam::111122223333:user/alice")
	if err := errOf(iamOf(url, p.credentials()).ListUsers(ctx, &iam.ListUsersInput{})); err != nil {
		t.Errorf("with the passkey: %v", err)
	}
	p.signOut()

	// The passkey with a wrong password, and another device with the right one.
	p.fill("alice", "Wrong-Password-1")
	p.press(`button[data-key="get"]`)
	p.sees("Your authentication information is incorrect")
	p.otherDevice()
	p.fill("alice", password)
	p.press(`button[data-key="get"]`)
	p.until(`document.querySelector("[data-problem]").textContent !== ""`)
	if status, text := p.fetched("/signin/credentials"); status == 200 {
		t.Errorf("a device without the passkey opened a session: %s", text)
	}
}

// person is somebody before a browser.
type person struct {
	t             *testing.T
	ctx           context.Context
	url           string
	authenticator webauthn.AuthenticatorID
}

func newPerson(t *testing.T, ctx context.Context, browser, dir, url string) *person {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.UserDataDir(filepath.Join(dir, "browser")),
		chromedp.Flag("no-sandbox", os.Getuid() == 0), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return &person{t: t, ctx: ctx, url: url}
}

func (p *person) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.fail(what, err)
	}
}

// fail ends the test, and tells what the page says.
func (p *person) fail(what string, err error) {
	p.t.Helper()
	text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	p.t.Fatalf("%s: %v; the page says:\n%s", what, err, text)
}

// fill fills in the sign-in form.
func (p *person) fill(name, password string) {
	p.t.Helper()
	p.do("the sign-in page", chromedp.Navigate(p.url+"/signin"), chromedp.WaitVisible(`form[action="/signin"]`),
		chromedp.SetValue(`input[name="account"]`, "111122223333"), chromedp.SetValue(`input[name="username"]`, name), chromedp.SetValue(`input[name="password"]`, password))
}

func (p *person) press(button string) {
	p.t.Helper()
	p.do(button, chromedp.WaitVisible(button), chromedp.Click(button))
}

func (p *person) signOut() {
	p.t.Helper()
	p.press(`form[action="/signin/out"] button`)
	p.until(`location.pathname === "/signin" && document.readyState === "complete"`)
}

// until waits for something to become true, on this page or the next.
func (p *person) until(condition string) {
	p.t.Helper()
	var err error
	for range 200 {
		var holds bool
		if holds, err = chromedp.Run(p.ctx, chromedp.Evaluate[bool](condition)); err == nil && holds {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.fail(condition, err)
}

func (p *person) sees(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.readyState === "complete" && document.body.innerText.includes(%q)`, text))
}

// device gives the person a device that can hold passkeys and knows its owner.
func (p *person) device() {
	p.t.Helper()
	p.do("a device", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		made, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		p.authenticator = made.AuthenticatorID
		return err
	}))
}

// otherDevice takes the device away and gives another one.
func (p *person) otherDevice() {
	p.t.Helper()
	p.do("without the device", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: p.authenticator})
		return err
	}))
	p.device()
}

// fetched is the status and the text of what the page's session gets.
func (p *person) fetched(path string) (int, string) {
	p.t.Helper()
	answer, err := chromedp.Run(p.ctx, chromedp.Evaluate[struct {
		Status int
		Text   string
	}](fmt.Sprintf(`fetch(%q).then(async r => ({Status: r.status, Text: await r.text()}))`, path), chromedp.EvalAwaitPromise))
	if err != nil {
		p.fail(path, err)
	}
	return answer.Status, answer.Text
}

// credentials are those that the page's session gives.
func (p *person) credentials() aws.Credentials {
	p.t.Helper()
	_, text := p.fetched("/signin/credentials")
	var c struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		p.t.Fatalf("%v in %s", err, text)
	}
	return aws.Credentials{AccessKeyID: c.AccessKeyId, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
}

func iamOf(url string, c aws.Credentials) *iam.Client {
	return iam.New(iam.Options{BaseEndpoint: &url, Region: "us-east-1", Credentials: credentials.StaticCredentialsProvider{Value: c}})
}

func rootOf(t *testing.T, data string) aws.Credentials {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "root-111122223333.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ AccessKeyId, SecretAccessKey string }
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return aws.Credentials{AccessKeyID: c.AccessKeyId, SecretAccessKey: c.SecretAccessKey}
}

func endpointOf(t *testing.T, data string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "endpoint"))
	if err != nil {
		t.Fatal(err)
	}
	url, _, _ := strings.Cut(string(text), "\n")
	return url
}

func errOf[Out any](_ Out, err error) error { return err }

func mustCall(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refusedWith(err error, code string) bool {
	var e smithy.APIError
	return errors.As(err, &e) && e.ErrorCode() == code
}
