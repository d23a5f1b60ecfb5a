package identity_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

const (
	account   = "111122223333"
	elsewhere = "444455556666"
)

var (
	now     = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	library = identity.NewLibrary(catalog.Default())
)

const (
	document  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	trustsEC2 = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
)

// accounts are two empty accounts over one draft.
func accounts(t *testing.T) (one, other identity.Editor) {
	t.Helper()
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	draft := state.NewDraft(empty)
	random := rand.NewChaCha8([32]byte{7})
	env := identity.Env{
		Now: now, Random: random, Quotas: deployment.In(draft).Quota,
		Seal: func(secret []byte, _ string) ([]byte, error) { return secret, nil },
		Open: func(sealed []byte, _ string) ([]byte, error) { return sealed, nil },
	}
	site := identity.Site{Partition: "aws", Library: library}
	return identity.Edit(draft, site, account, env), identity.Edit(draft, site, elsewhere, env)
}

// furnished is an account with a user ada, a group staff, a role app, a policy p
// with one version, and an instance profile box.
func furnished(t *testing.T) identity.Editor {
	t.Helper()
	e, _ := accounts(t)
	_, err := e.CreateUser(identity.NewUser{Name: "ada"})
	must(t, err)
	_, err = e.CreateGroup("staff", nil)
	must(t, err)
	_, err = e.CreateRole(identity.NewRole{Name: "app", Trust: trustsEC2})
	must(t, err)
	_, err = e.CreatePolicy(identity.NewPolicy{Name: "p", Document: document})
	must(t, err)
	_, err = e.CreateInstanceProfile("box", nil, nil)
	must(t, err)
	return e
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
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
