package iam_test

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/service/iam"
	"github.com/keyreeve/keyreeve/state"
)

const account = "111122223333"

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// A world is an account in memory and who calls in it.
type world struct {
	t      *testing.T
	draft  *state.Draft
	tools  *service.Tools
	caller authn.Caller
	random *rand.ChaCha8
}

// newWorld is an empty account in which root calls.
func newWorld(t *testing.T) *world {
	t.Helper()
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	w := &world{t: t, draft: state.NewDraft(empty), random: rand.NewChaCha8([32]byte{1})}
	if _, err := deployment.Edit(w.draft).CreateAccount(account, "test", now); err != nil {
		t.Fatal(err)
	}
	site := identity.Site{Partition: "aws", Library: identity.NewLibrary(catalog.Default())}
	w.tools = &service.Tools{
		Site: site, Authorizer: authz.New(site), Sealed: plain{},
		Seal:     func(secret []byte, _ string) ([]byte, error) { return secret, nil },
		LastUsed: func(string, string, string) (service.Use, bool) { return service.Use{}, false },
	}
	w.caller = authn.Caller{Kind: authn.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account, UniqueID: account}
	return w
}

// plain is a Sealer that hides nothing.
type plain struct{}

func (plain) SealText(text, purpose string, _ io.Reader) (string, error) {
	return purpose + "|" + text, nil
}

func (plain) OpenText(sealed, purpose string) (string, bool) {
	return strings.CutPrefix(sealed, purpose+"|")
}

func (w *world) call() *service.Call {
	return &service.Call{Caller: w.caller, World: w.draft, Draft: w.draft, Now: now, Random: w.random, Tools: w.tools}
}

// edit is the account for a test to put things into.
func (w *world) edit() identity.Editor { return w.call().Edit() }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// run carries an operation out. Whether the caller may is not asked.
func run[Out api.Structure](w *world, name string, in api.Structure) (Out, error) {
	w.t.Helper()
	for _, op := range iam.Operations() {
		if op.API.Name != name {
			continue
		}
		out, err := op.Run(w.call(), in)
		if err != nil {
			var none Out
			return none, err
		}
		return out.(Out), nil
	}
	w.t.Fatalf("there is no operation %s", name)
	panic("not reached")
}

// refusal is an error as "Code: message", or "" for none.
func refusal(err error) string {
	var e *apierror.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return string(e.Code) + ": " + e.Message
	}
	return "internal: " + err.Error()
}

// allow is a policy that allows an action on a resource.
func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + quoted(action) + `,"Resource":` + quoted(resource) + `}]}`
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

const trustsEC2 = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
