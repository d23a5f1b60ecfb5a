package server

import (
	"context"
	"errors"
	"time"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/signin"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// recordOf is a session of a sign-in as credentials carry it.
func recordOf(x signin.Session) *session.Record {
	r := &session.Record{
		Kind: session.User, Account: x.Account, UniqueID: x.Owner, IssuedAt: x.At, ExpiresAt: x.Ends(),
		MFAPresent: x.MFA, SignedIn: true, Epoch: x.Epoch, Incarnation: x.Incarnation,
	}
	if x.Owner == x.Account {
		r.Kind = session.Root
	}
	if x.MFA {
		r.MFATime = x.At
	}
	return r
}

// signedIn makes whoever has a session the caller of a call: the same is asked of it
// as of a session token, and that the password is the one that it was opened with.
func (s *Server) signedIn(w state.World, c *call, x signin.Session) error {
	caller, err := s.authn.Caller(w, authn.BySession(recordOf(x)), c.origin, c.start)
	switch {
	case errors.Is(err, apierror.ExpiredToken):
		return signin.ErrOver
	case errors.Is(err, apierror.InvalidClientTokenId):
		return signin.ErrChanged
	case err != nil:
		return err
	}
	c.caller = caller
	l, ok := identity.In(w, s.host.Site, x.Account).LoginProfile(x.Owner)
	if !ok || l.Stamp != x.Stamp {
		return signin.ErrChanged
	}
	return nil
}

// within carries out do for whoever has a session, over what is published.
func (s *Server) within(o authn.Origin, x signin.Session, do func(c *call, sc *service.Call) error) (*call, error) {
	c := s.begin(o)
	view := s.store.View()
	err := s.guarded(c, func() error {
		if err := s.signedIn(view, c, x); err != nil {
			return err
		}
		return do(c, s.serviceCall(c, view, nil))
	})
	if lost := view.Err(); lost != nil {
		err = unavailable(lost)
	}
	return c, err
}

// Who implements signin.Accounts.
func (e entrance) Who(_ context.Context, o authn.Origin, x signin.Session) (string, error) {
	c, err := e.within(o, x, func(*call, *service.Call) error { return nil })
	return c.caller.ARN, err
}

// clientTarget is what letting a program act is authorized on (AWS Sign-In User Guide,
// "Sign in through the AWS CLI").
func (s *Server) clientTarget(c *call, u signin.Use) []authz.Target {
	client := "localhost"
	if u.Remote {
		client = "remote"
	}
	return []authz.Target{{
		Action: "signin:" + u.Action, Account: c.caller.Account,
		Resource: "arn:" + s.host.Site.Partition + ":signin:" + c.region() + ":" + c.caller.Account + ":oauth2/public-client/" + client,
	}}
}

// Allow implements signin.Accounts.
func (e entrance) Allow(_ context.Context, o authn.Origin, x signin.Session, u signin.Use) error {
	c, err := e.within(o, x, func(c *call, sc *service.Call) error { return e.authorize(c, sc, e.clientTarget(c, u)) })
	e.recordUse(c, u, err)
	return err
}

// Credentials implements signin.Accounts.
func (e entrance) Credentials(_ context.Context, o authn.Origin, x signin.Session, u signin.Use, d time.Duration) (creds session.Credentials, arn string, err error) {
	c, err := e.within(o, x, func(c *call, sc *service.Call) error {
		if u.Client != "" {
			if err := e.authorize(c, sc, e.clientTarget(c, u)); err != nil {
				return err
			}
		}
		r := *recordOf(x)
		r.PrincipalARN, r.IssuedTo = c.caller.ARN, c.caller.ARN
		r.IssuedAt = c.start.Truncate(time.Second)
		r.ExpiresAt = r.IssuedAt.Add(d)
		if ends := x.Ends(); ends.Before(r.ExpiresAt) {
			r.ExpiresAt = ends
		}
		creds, _, err = e.host.issueSession(r, sc.Random)
		return err
	})
	e.recordUse(c, u, err)
	return creds, c.caller.ARN, err
}

// ReplacePassword implements signin.Accounts. The user must be allowed to change the
// own password, as by the API.
func (e entrance) ReplacePassword(ctx context.Context, o authn.Origin, x signin.Session, text string) (signin.Session, error) {
	op := e.operations[iamapi.ChangePassword.Operation]
	may := func(c *call, sc *service.Call) error {
		if identity.In(sc.World, e.host.Site, x.Account).PasswordStateOf(x.Owner, c.start) != identity.PasswordReplaced {
			return signin.ErrOver
		}
		targets, err := op.Targets(sc, &iamapi.ChangePasswordInput{})
		if err != nil {
			return err
		}
		return e.authorize(c, sc, targets)
	}
	var next identity.NewPassword
	var old identity.Compared
	c, err := e.within(o, x, func(c *call, sc *service.Call) (err error) {
		if err = may(c, sc); err != nil {
			return err
		}
		a := sc.Account()
		old = identity.Compared{a.PasswordHash(x.Owner).String(): true} // it was shown at the sign-in
		next, err = sc.NewPassword(a, x.Owner, text)
		return err
	})
	c.operation, c.service = iamapi.ChangePassword.Operation, iamapi.Service
	if err == nil {
		err = e.store.Update(ctx, []state.AggregateID{state.Account(x.Account)}, func(d *state.Draft) (*store.Event, error) {
			if err := e.signedIn(d, c, x); err != nil {
				return nil, err
			}
			sc := e.serviceCall(c, d, d)
			if err := may(c, sc); err != nil {
				return nil, err
			}
			if err := sc.Edit().ChangePassword(x.Owner, c.caller.Name, old, next, sc.AccountNames(x.Account)...); err != nil {
				return nil, err
			}
			l, _ := sc.Account().LoginProfile(x.Owner)
			x.Stamp = l.Stamp
			return e.storedEvent(c, nil)
		})
	}
	if err != nil {
		if event, e2 := e.storedEvent(c, err); e2 == nil {
			e.store.Record(*event)
		}
		return signin.Session{}, err
	}
	e.afterReplacement(o, x)
	return x, nil
}

// afterReplacement records that whoever has replaced the password is signed in.
func (e entrance) afterReplacement(o authn.Origin, x signin.Session) {
	c := e.begin(o)
	view := e.store.View()
	a := identity.In(view, e.host.Site, x.Account)
	in := &signingIn{Server: e.Server, call: c, who: claimant{account: a, inside: true, owner: x.Owner, known: true}}
	in.who.user, _ = a.UserByID(x.Owner)
	if x.MFA {
		in.device = "before"
	}
	in.record(nil)
}
