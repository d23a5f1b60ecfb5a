package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/server/servertest"
	"github.com/keyreeve/keyreeve/server/webhook"
	"github.com/keyreeve/keyreeve/trail/selector"
)

var secret = []byte("a secret of the webhook")

// receiver is a webhook. It answers what answers say, one after the other, then 200.
type receiver struct {
	*httptest.Server
	t          *testing.T
	answers    []int
	deliveries []string // ids, of each request
	events     []string // names, of what was taken
}

func receive(t *testing.T) *receiver {
	r := &receiver{t: t}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.t.Error(err)
	}
	if err := webhook.Verify(secret, req.Header.Get(webhook.SignatureHeader), body, time.Now()); err != nil {
		r.t.Error(err)
	}
	r.deliveries = append(r.deliveries, req.Header.Get("X-Keyreeve-Delivery"))
	if len(r.answers) > 0 {
		answer := r.answers[0]
		r.answers = r.answers[1:]
		if answer/100 == 3 {
			w.Header().Set("Location", "/elsewhere")
		}
		if answer != http.StatusOK {
			w.WriteHeader(answer)
			return
		}
	}
	var sent struct {
		Records []struct{ EventID, EventName string }
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		r.t.Errorf("%s: %v", body, err)
	}
	if sent.Records[0].EventID != req.Header.Get("X-Keyreeve-Delivery") {
		r.t.Error("the delivery has not the id of its first event")
	}
	for _, e := range sent.Records {
		r.events = append(r.events, e.EventName)
	}
}

func (r *receiver) expect(names ...string) {
	r.t.Helper()
	if diff := cmp.Diff(names, r.events); diff != "" {
		r.t.Errorf("it was told of (-want +got):\n%s", diff)
	}
	r.events = nil
}

// notifier is one of a server whose waits are noted.
func notifier(s *servertest.Server, r *receiver, f selector.Filter, waits *[]time.Duration) *webhook.Notifier {
	return webhook.New(webhook.Config{
		Store: s.Host.Store, Source: s.Server, URL: r.URL + "/hook", Secret: secret, Filter: f,
		Wait: func(_ context.Context, d time.Duration) error { *waits = append(*waits, d); return nil },
	})
}

func pass(t *testing.T, n *webhook.Notifier) {
	t.Helper()
	if err := n.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func user(t *testing.T, s *servertest.Server, name string) {
	t.Helper()
	if _, err := s.As(s.Root).IAM.CreateUser(context.Background(), &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
}

func TestWebhook(t *testing.T) {
	s, r := servertest.Start(t), receive(t)
	var waits []time.Duration
	n := notifier(s, r, selector.Filter{Changes: true}, &waits)
	user(t, s, "before")
	pass(t, n)
	r.expect()
	user(t, s, "alice")
	if _, err := s.As(s.Root).IAM.ListUsers(context.Background(), &iam.ListUsersInput{}); err != nil {
		t.Fatal(err)
	}
	pass(t, n)
	pass(t, n)
	r.expect("CreateUser")

	// Over a restart it goes on where it was, at the latest where that was noted.
	user(t, s, "bob")
	n = notifier(s, r, selector.Filter{Changes: true}, &waits)
	pass(t, n)
	if !slices.Contains(r.events, "CreateUser") {
		t.Error("after a restart it was told of nothing")
	}
}

// A delivery is tried again, as the same one, some times; then the next one is made.
func TestReceiverThatIsAway(t *testing.T) {
	s, r := servertest.Start(t), receive(t)
	var waits []time.Duration
	n := notifier(s, r, selector.Filter{}, &waits)
	pass(t, n)
	user(t, s, "alice")
	r.answers = []int{500, 302, 404}
	pass(t, n)
	r.expect("CreateUser")
	if len(r.deliveries) != 4 || slices.ContainsFunc(r.deliveries, func(id string) bool { return id != r.deliveries[0] }) {
		t.Errorf("deliveries %v", r.deliveries)
	}
	if diff := cmp.Diff([]time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}

	user(t, s, "lost")
	r.answers = []int{500, 500, 500, 500, 500}
	pass(t, n)
	r.expect()
	if n.GivenUp() != 1 {
		t.Errorf("%d events are given up, want 1", n.GivenUp())
	}
	user(t, s, "bob")
	pass(t, n)
	r.expect("CreateUser")
}

// What is logged of a webhook that cannot be reached does not tell its address, which may
// hold a secret.
func TestAddressStaysSecret(t *testing.T) {
	s, r := servertest.Start(t), receive(t)
	var log strings.Builder
	n := webhook.New(webhook.Config{
		Store: s.Host.Store, Source: s.Server, URL: r.URL + "/hooks/a-secret-path", Secret: secret,
		Log: slog.New(slog.NewTextHandler(&log, nil)), Wait: func(context.Context, time.Duration) error { return nil },
	})
	pass(t, n)
	r.Close()
	user(t, s, "alice")
	pass(t, n)
	if text := log.String(); strings.Contains(text, "a-secret-path") || !strings.Contains(text, "given up") {
		t.Errorf("logged: %s", text)
	}
}

// Many events are told in portions, each event once.
func TestManyEvents(t *testing.T) {
	s, r := servertest.Start(t), receive(t)
	var waits []time.Duration
	n := notifier(s, r, selector.Filter{Names: []string{"CreateUser"}}, &waits)
	pass(t, n)
	for i := range 250 {
		user(t, s, fmt.Sprint("user", i))
	}
	pass(t, n)
	if len(r.events) != 250 || len(r.deliveries) != 3 {
		t.Errorf("it was told of %d events in %d deliveries", len(r.events), len(r.deliveries))
	}
}

func TestVerify(t *testing.T) {
	now := time.Now()
	good := webhook.Sign(secret, now, []byte("body"))
	for name, header := range map[string]string{
		"empty": "", "without a time": good[strings.Index(good, "v1="):], "cut off": good[:len(good)-2],
		"of another secret": webhook.Sign([]byte("another"), now, []byte("body")), "old": webhook.Sign(secret, now.Add(-6*time.Minute), []byte("body")),
		"with the time changed": strings.Replace(good, "t=", "t=1", 1),
	} {
		if webhook.Verify(secret, header, []byte("body"), now) == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	if err := webhook.Verify(secret, good, []byte("body"), now); err != nil {
		t.Error(err)
	}
}
