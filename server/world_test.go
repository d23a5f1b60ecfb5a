package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/federation"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/servertest"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// world is a running server whose clock the test sets, and whose whole log it
// keeps.
type world struct {
	*servertest.Server
	clock *clock
	log   *logged
}

// clock is real time, moved by an offset: clients of the SDK sign by real time.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// forward moves the clock on.
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// logged is everything that was logged, at all levels.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() > 16<<20 { // only fuzzing gets there
		l.text.Reset()
	}
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start starts a server on a new data folder. tables are more operations, or
// others in the place of real ones.
func start(t testing.TB, tables ...service.Operation) *world {
	t.Helper()
	w := &world{clock: new(clock), log: new(logged)}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	dir := t.TempDir()
	host, err := server.OpenHost(context.Background(), server.HostConfig{
		Dir: dir, AccountID: servertest.Account, Partition: "aws", Now: w.clock.now, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := server.New(host, server.Config{
		Tables: append(servertest.Tables(), tables...), Models: servertest.Models(), Now: w.clock.now, Log: log,
		Buckets:   servertest.Buckets{},
		Providers: federation.New(federation.Options{Now: w.clock.now}),
		// The peers of a test are on the loopback address; they are no proxies.
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	})
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		h.Close()
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := host.Announce(h.URL); err != nil {
		t.Fatal(err)
	}
	w.Server = &servertest.Server{URL: h.URL, Dir: dir, Host: host, Server: s}
	w.Root = w.rootOf(t, servertest.Account)
	return w
}

// rootOf are the credentials of an account's root user.
func (w *world) rootOf(t testing.TB, account string) aws.Credentials {
	t.Helper()
	c, err := server.ReadRootCredentials(w.Dir, account)
	if err != nil {
		t.Fatal(err)
	}
	return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey}
}

// otherAccount is the second account of a server, where there is one.
const otherAccount = "444455556666"

// makeOtherAccount makes the second account and gives its root credentials.
func (w *world) makeOtherAccount(t testing.TB) aws.Credentials {
	t.Helper()
	w.operate(t, "CreateAccount", "AccountId", otherAccount, "Name", "other")
	return w.rootOf(t, otherAccount)
}

// operate carries out an operator's operation.
func (w *world) operate(t testing.TB, action string, params ...string) answer {
	t.Helper()
	body := formOf(action, keyreeveapi.Service.Version, params...)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", formType)
	rec := httptest.NewRecorder()
	w.Server.Server.OperatorHandler().ServeHTTP(rec, r)
	a := read(t, rec.Result())
	if a.status != http.StatusOK {
		t.Fatalf("%s: %+v", action, a)
	}
	return a
}

// revision is how often an account was changed.
func (w *world) revision(account string) uint64 {
	return w.Host.Store.View().Snapshot(state.Account(account)).Revision()
}

// events are the audit events that were recorded so far.
func (w *world) events(t testing.TB) []string {
	t.Helper()
	var records []string
	from := time.Now().AddDate(0, 0, -2)
	err := w.Host.Store.Events(context.Background(), from, from.AddDate(0, 0, 400), func(e store.Event) bool {
		records = append(records, string(e.Record))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return records
}

const (
	formType   = "application/x-www-form-urlencoded"
	iamVersion = "2010-05-08"
	stsVersion = "2011-06-15"
)

// formOf is a Query form; params are names and values.
func formOf(action, version string, params ...string) string {
	v := url.Values{"Action": {action}, "Version": {version}}
	for i := 0; i+1 < len(params); i += 2 {
		v.Set(params[i], params[i+1])
	}
	return v.Encode()
}

// signedCall is a request before it is signed, so that a test can bend it.
type signedCall struct {
	creds  aws.Credentials
	scope  string // the service that it is signed for
	at     time.Time
	target string // path and query, "/" if empty
	body   string
	header map[string]string // over what an honest client sends; "" takes off
	method string            // POST if empty
	hash   string            // instead of the body's own
}

// request signs a call.
func (w *world) request(t testing.TB, c signedCall) *http.Request {
	t.Helper()
	if c.target == "" {
		c.target = "/"
	}
	if c.method == "" {
		c.method = http.MethodPost
	}
	if c.at.IsZero() {
		c.at = w.clock.now()
	}
	if c.hash == "" {
		c.hash = hashOf(c.body)
	}
	r, err := http.NewRequest(c.method, w.URL+c.target, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", formType)
	for name, value := range c.header {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if c.creds.AccessKeyID != "" {
		if err := v4.NewSigner().SignHTTP(context.Background(), c.creds, r, c.hash, c.scope, "us-east-1", c.at); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// iam makes a call of IAM.
func (w *world) iam(t testing.TB, creds aws.Credentials, action string, params ...string) answer {
	t.Helper()
	return w.send(t, w.request(t, signedCall{creds: creds, scope: "iam", body: formOf(action, iamVersion, params...)}))
}

// sts makes a call of STS.
func (w *world) sts(t testing.TB, creds aws.Credentials, action string, params ...string) answer {
	t.Helper()
	return w.send(t, w.request(t, signedCall{creds: creds, scope: "sts", body: formOf(action, stsVersion, params...)}))
}

// answer is what came back.
type answer struct {
	status  int
	code    string // of an error, "" for a success
	message string
	body    string
	header  http.Header
}

func (w *world) send(t testing.TB, r *http.Request) answer {
	t.Helper()
	resp, err := testClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, resp)
}

var testClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func read(t testing.TB, resp *http.Response) answer {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, body: string(body), header: resp.Header}
	var e struct {
		Code    string `xml:"Error>Code" json:"__type"`
		Message string `xml:"Error>Message" json:"message"`
	}
	parse := xml.Unmarshal
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		parse = json.Unmarshal
	}
	if a.status >= 400 {
		if err := parse(body, &e); err != nil || e.Code == "" {
			t.Fatalf("an answer %d that is no AWS error: %s (%v)", a.status, body, err)
		}
		a.code, a.message = e.Code, e.Message
	}
	return a
}

// want checks the outcome of a call: "" is success.
func (a answer) want(t testing.TB, what, code string) answer {
	t.Helper()
	if a.code != code || code == "" && a.status != http.StatusOK {
		t.Errorf("%s: %d %q %s, want %q", what, a.status, a.code, a.message, code)
	}
	return a
}

// element is the text of the first XML element of that name in an answer.
func (a answer) element(t testing.TB, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(a.body, "<"+name+">")
	text, _, end := strings.Cut(rest, "</"+name+">")
	if !ok || !end {
		t.Fatalf("no %s in %d %s", name, a.status, a.body)
	}
	return text
}

// credentials are those that an answer of STS gives.
func (a answer) credentials(t testing.TB) aws.Credentials {
	t.Helper()
	return aws.Credentials{
		AccessKeyID: a.element(t, "AccessKeyId"), SecretAccessKey: a.element(t, "SecretAccessKey"), SessionToken: a.element(t, "SessionToken"),
	}
}
