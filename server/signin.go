package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/password"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/signin"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// entrance is the server as package signin asks it.
type entrance struct{ *Server }

// Origin implements signin.Accounts.
func (e entrance) Origin(r *http.Request) authn.Origin { return e.origin(r) }

// Now implements signin.Accounts.
func (e entrance) Now() time.Time { return e.Server.Now() }

// SealText implements signin.Accounts.
func (e entrance) SealText(text, purpose string, random io.Reader) (string, error) {
	return e.host.SealText(text, "sign-in "+purpose, random)
}

// OpenText implements signin.Accounts.
func (e entrance) OpenText(sealed, purpose string) (string, bool) {
	return e.host.OpenText(sealed, "sign-in "+purpose)
}

// claimant is who somebody claims to be.
type claimant struct {
	account identity.Account
	inside  bool // there is such an account
	owner   string
	user    *identity.User // nil for root, and where there is no such user
	hash    password.Hash
	known   bool   // there is such an owner, with a password
	key     string // by which attempts are counted
}

// claimant looks up whom an attempt is for. For somebody who does not exist or has no
// password there is the hash of a password that nobody knows: to try it takes as long
// as to try another, and is counted alike.
func (s *Server) claimant(w state.World, a signin.Attempt) claimant {
	c := claimant{hash: password.Dummy(), key: "nobody " + state.Fold(a.Account) + " " + state.Fold(a.UserName)}
	d := deployment.In(w)
	id := a.Account
	if owner, ok := d.AliasOwner(a.Account); ok {
		id = owner
	}
	if _, c.inside = d.Active(id); !c.inside {
		return c
	}
	c.account = identity.In(w, s.host.Site, id)
	if a.Root {
		c.owner, c.key = id, service.PasswordOf(id, id)
	} else {
		u, err := c.account.User(a.UserName)
		if err != nil {
			c.key = "nobody " + id + " " + state.Fold(a.UserName) // the same by number and alias
			return c
		}
		c.user, c.owner, c.key = u, u.ID, service.PasswordOf(id, u.ID)
	}
	// A login profile of root may be without a password; that takes as long to refuse.
	if c.account.HasPassword(c.owner) {
		c.hash, c.known = c.account.PasswordHash(c.owner), true
	}
	return c
}

// The answers to whoever may not come in. The first is AWS's, whatever was wrong.
func wrongSignIn() error {
	return apierror.New(apierror.AccessDenied, "Your authentication information is incorrect. Please try again.")
}

func tooManySignIns() error {
	return apierror.New(apierror.Throttling, "Too many attempts have failed. Try again later.")
}

func passwordTooOld() error {
	return apierror.New(apierror.AccessDenied, "Your password has expired. An administrator has to set another one.")
}

// longestName is how long the names are that are looked up; no account or user has
// longer ones.
const longestName = 128

// SignIn implements signin.Accounts.
func (e entrance) SignIn(ctx context.Context, o authn.Origin, a signin.Attempt) (session signin.Session, err error) {
	c := e.begin(o)
	view := e.store.View()
	if len(a.Account) > longestName || len(a.UserName) > longestName {
		a.Account, a.UserName = "", ""
	}
	who := e.claimant(view, a)
	if lost := view.Err(); lost != nil {
		return session, unavailable(lost)
	}
	in := &signingIn{Server: e.Server, call: c, who: who}
	if who.known {
		in.state = who.account.PasswordStateOf(who.owner, c.start)
	}
	err = e.guarded(c, func() error { return in.try(ctx, a) })
	if err == nil || errors.Is(err, signin.ErrReplace) {
		session = in.session()
	}
	in.record(err)
	return session, err
}

// signingIn is an attempt on its way.
type signingIn struct {
	*Server
	call     *call
	who      claimant
	state    identity.PasswordState
	device   string // serial number of the MFA device whose code was right
	tooOld   bool   // the password was right, and opens nothing any more
	recorded bool
}

// try tries password and code. Both together are one attempt: who has the password
// alone learns nothing of that, also not by being locked out later than others.
func (in *signingIn) try(ctx context.Context, a signin.Attempt) error {
	if err := in.failures.allow(in.call.origin.SourceIP); err != nil {
		return tooManySignIns()
	}
	right, err := in.tools.TryPassword(in.who.key, in.call.id, in.call.start, func() (bool, error) {
		same, err := in.tools.Hasher.Matches(in.who.hash, a.Password)
		if err != nil || !same || !in.who.known {
			return false, err
		}
		return in.secondFactor(ctx, a)
	})
	switch {
	case errors.Is(err, service.ErrTooManyPasswords):
		in.failures.failed(in.call.origin.SourceIP)
		return tooManySignIns()
	case err != nil:
		return err
	case !right:
		in.failures.failed(in.call.origin.SourceIP)
		return wrongSignIn()
	}
	return in.opens()
}

// opens is what the right password opens.
func (in *signingIn) opens() error {
	switch in.state {
	case identity.PasswordValid:
		return nil
	case identity.PasswordReplaced:
		return signin.ErrReplace
	}
	in.tooOld = true
	return passwordTooOld()
}

// secondFactor uses up a code of one of the owner's MFA devices, or the proof of a
// security key, if there is a device. The event of the sign-in is part of the commit.
func (in *signingIn) secondFactor(ctx context.Context, a signin.Attempt) (bool, error) {
	if len(in.who.account.MFADevicesOf(in.who.owner)) == 0 {
		return true, nil
	}
	err := in.store.Update(ctx, []state.AggregateID{state.Account(in.who.account.ID)}, func(d *state.Draft) (*store.Event, error) {
		edit := in.serviceCall(in.call, d, d).EditOther(in.who.account.ID)
		if a.Key != nil {
			serial, err := useKey(edit, in.who.owner, a.Key)
			if err != nil {
				return nil, err
			}
			in.device = serial
			return in.event(in.opens())
		}
		for _, device := range edit.MFADevicesOf(in.who.owner) {
			serial := edit.MFASerial(device)
			err := edit.UseMFACode(in.who.owner, serial, a.Code)
			if errors.Is(err, apierror.InvalidAuthenticationCode) {
				continue
			}
			if err != nil {
				return nil, err
			}
			in.device = serial
			return in.event(in.opens())
		}
		return nil, wrongSignIn()
	})
	if errors.Is(err, apierror.AccessDenied) {
		return false, nil
	}
	in.recorded = err == nil
	return err == nil, err
}

// session is what the attempt has opened.
func (in *signingIn) session() signin.Session {
	a := in.who.account
	l, _ := a.LoginProfile(in.who.owner)
	return signin.Session{
		Account: a.ID, Owner: in.who.owner, Stamp: l.Stamp, At: in.call.start.UTC().Truncate(time.Second), MFA: in.device != "",
		Epoch: a.SessionEpoch(), Incarnation: in.store.Incarnation(),
	}
}

// record keeps the event of the attempt, and notes the use of the password.
func (in *signingIn) record(err error) {
	if err == nil {
		in.passwordUsed(in.call, in.who.account.ID, in.who.owner)
	}
	in.Log.Info("sign-in", slog.String("request", in.call.id), slog.String("from", in.call.origin.SourceIP),
		slog.String("account", in.who.account.ID), slog.Bool("opened", err == nil))
	if in.recorded {
		return
	}
	if event, e := in.event(err); e == nil {
		in.store.Record(*event)
	}
}

func (s *Server) passwordUsed(c *call, account, owner string) {
	s.store.Touch(store.Usage{Account: account, Kind: "password", Subject: owner, Service: "signin", Region: c.region(), Time: c.start})
}
