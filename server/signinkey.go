package server

import (
	"context"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/webauthn"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/signin"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// useKey takes the proof of one of an owner's security keys, once, and tells which.
func useKey(e identity.Editor, owner string, p *signin.KeyProof) (serial string, err error) {
	var has []webauthn.Key
	serials := map[string]string{}
	for serial, k := range e.SecurityKeys(owner) {
		has = append(has, k)
		serials[string(k.ID)] = serial
	}
	key, err := p.Party.Verify(p.Challenge, has, p.Response)
	if err != nil {
		return "", wrongSignIn()
	}
	if !p.Fresh() {
		return "", wrongSignIn()
	}
	if err := e.UseSecurityKey(owner, key); err != nil {
		return "", wrongSignIn()
	}
	return serials[string(key.ID)], nil
}

// SecurityKeys implements signin.Accounts.
func (e entrance) SecurityKeys(_ context.Context, o authn.Origin, x signin.Session) (has []webauthn.Key, err error) {
	_, err = e.within(o, x, func(_ *call, sc *service.Call) error {
		for _, k := range sc.Account().SecurityKeys(x.Owner) {
			has = append(has, k)
		}
		return nil
	})
	return has, err
}

// AddSecurityKey implements signin.Accounts. It is EnableMFADevice for a device that
// AWS has no API operation for: the owner must be allowed that, and it is recorded so.
func (e entrance) AddSecurityKey(ctx context.Context, o authn.Origin, x signin.Session, label string, key webauthn.Key) error {
	op := e.operations[iamapi.EnableMFADevice.Operation]
	name := func(c *call) string {
		if x.Owner == x.Account {
			return x.Account
		}
		return c.caller.Name
	}
	may := func(c *call, sc *service.Call) error {
		targets, err := op.Targets(sc, &iamapi.EnableMFADeviceInput{UserName: name(c)})
		if err != nil {
			return err
		}
		for i := range targets {
			targets[i] = targets[i].With(authz.Key{Name: "iam:RegisterSecurityKey", Values: []string{"Activate"}})
		}
		return e.authorize(c, sc, targets)
	}
	c, err := e.within(o, x, may)
	c.operation, c.service = iamapi.EnableMFADevice.Operation, iamapi.Service
	c.input = &iamapi.EnableMFADeviceInput{UserName: name(c)}
	if err == nil {
		err = e.store.Update(ctx, []state.AggregateID{state.Account(x.Account)}, func(d *state.Draft) (*store.Event, error) {
			if err := e.signedIn(d, c, x); err != nil {
				return nil, err
			}
			sc := e.serviceCall(c, d, d)
			if err := may(c, sc); err != nil {
				return nil, err
			}
			device, err := sc.Edit().AddSecurityKey(x.Owner, label, key)
			if err != nil {
				return nil, err
			}
			c.input = &iamapi.EnableMFADeviceInput{UserName: name(c), SerialNumber: device.Serial}
			return e.storedEvent(c, nil)
		})
	}
	if err != nil {
		if event, e2 := e.storedEvent(c, err); e2 == nil {
			e.store.Record(*event)
		}
	}
	return err
}
