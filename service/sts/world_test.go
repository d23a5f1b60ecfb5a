package sts_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/service/sts"
	"github.com/keyreeve/keyreeve/state"
)

const (
	home      = "111122223333"
	elsewhere = "444455556666"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// A world is two accounts in memory. Sessions are not sealed: what was issued is
// kept, for the next caller to have.
type world struct {
	t      *testing.T
	draft  *state.Draft
	tools  *service.Tools
	issued session.Record
	random *rand.ChaCha8
}

func newWorld(t *testing.T) *world {
	t.Helper()
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	w := &world{t: t, draft: state.NewDraft(empty), random: rand.NewChaCha8([32]byte{3})}
	for _, account := range []string{home, elsewhere} {
		_, err := deployment.Edit(w.draft).CreateAccount(account, account, now)
		w.must(err)
	}
	site := identity.Site{Partition: "aws", Library: identity.NewLibrary(catalog.Default())}
	w.tools = &service.Tools{
		Site: site, Authorizer: authz.New(site), Providers: providers{},
		IssuerOf:    func(account string) string { return "https://keyreeve.example/issuer/" + account },
		IsOwnIssuer: func(issuer string) bool { return strings.HasPrefix(issuer, "https://keyreeve.example/issuer/") },
		Seal:        func(secret []byte, _ string) ([]byte, error) { return secret, nil },
		Open:        func(sealed []byte, _ string) ([]byte, error) { return sealed, nil },
		IssueSession: func(r session.Record, _ io.Reader) (session.Credentials, int, error) {
			w.issued = r
			return session.Credentials{AccessKeyID: "ASIA", SecretAccessKey: "secret", SessionToken: "token", Expiration: r.ExpiresAt}, 7, nil
		},
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) call(as authn.Caller) *service.Call {
	return &service.Call{Caller: as, World: w.draft, Draft: w.draft, Now: now, Random: w.random, Tools: w.tools}
}

func (w *world) account(id string) identity.Editor { return w.call(authn.Caller{}).EditOther(id) }

// user makes a user with a policy and gives it as a caller.
func (w *world) user(name, policy string) authn.Caller {
	w.t.Helper()
	e := w.account(home)
	u, err := e.CreateUser(identity.NewUser{Name: name})
	w.must(err)
	if policy != "" {
		w.must(e.PutInline("user", name, "p", policy))
	}
	return authn.Caller{Kind: authn.User, Account: home, ARN: e.UserARN(u), UserID: u.ID, UniqueID: u.ID, Name: name}
}

func root() authn.Caller {
	return authn.Caller{Kind: authn.Root, Account: home, ARN: "arn:aws:iam::" + home + ":root", UserID: home, UniqueID: home}
}

// role makes a role in an account and gives its ARN.
func (w *world) role(account, name, trust string, max int32, tags ...identity.Tag) string {
	w.t.Helper()
	e := w.account(account)
	r, err := e.CreateRole(identity.NewRole{Name: name, Trust: trust, MaxSessionDuration: &max, Tags: tags})
	w.must(err)
	w.must(e.PutInline("role", name, "p", allow("sts:*")))
	return e.RoleARN(r)
}

// session is the caller that has the session which was issued last.
func (w *world) session() authn.Caller {
	r := w.issued
	kind := map[session.Kind]authn.Kind{session.Role: authn.RoleSession, session.User: authn.User, session.Root: authn.Root, session.FederatedUser: authn.FederatedUser}[r.Kind]
	return authn.Caller{
		Kind: kind, Account: r.Account, ARN: r.PrincipalARN, UserID: r.UniqueID + ":" + r.SessionName, UniqueID: r.UniqueID, Name: r.SessionName, Session: &r,
	}
}

// do makes a call as the pipeline does: targets, the decision on each, and run.
func do[Out api.Structure](w *world, as authn.Caller, name string, in api.Structure) (Out, error) {
	w.t.Helper()
	var none Out
	for _, op := range sts.Operations() {
		if op.API.Name != name {
			continue
		}
		c := w.call(as)
		targets, err := op.Targets(c, in)
		if err != nil {
			return none, err
		}
		if op.API.Unsigned {
			as = c.Caller
		}
		for _, target := range targets {
			if d := w.tools.Authorizer.Decide(w.draft, &as, target, now); !d.Allowed() {
				return none, authz.Denied(&as, target, d)
			}
		}
		out, err := op.Run(c, in)
		if err != nil {
			return none, err
		}
		return out.(Out), nil
	}
	w.t.Fatalf("there is no operation %s", name)
	panic("not reached")
}

func (w *world) assume(as authn.Caller, in stsapi.AssumeRoleInput) (*stsapi.AssumeRoleOutput, error) {
	w.t.Helper()
	if in.RoleSessionName == "" {
		in.RoleSessionName = "one"
	}
	return do[*stsapi.AssumeRoleOutput](w, as, "AssumeRole", &in)
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

func allow(actions ...string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}}`
}

// trusts is a trust policy that leaves it to an account whom to let in.
func trusts(account, condition string, actions ...string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":["` +
		strings.Join(actions, `","`) + `"],"Condition":{` + condition + `}}}`
}

var everyAction = []string{"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"}
