package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// firstAccount makes the first account and its root user, where there is none.
func (h *Host) firstAccount(ctx context.Context) error {
	view := h.Store.View()
	if first := deployment.In(view).FirstAccount(); first != "" {
		h.FirstAccount = first
		return errors.Join(h.checkAccount(view), h.checkPreset(view))
	}
	if err := view.Err(); err != nil {
		return err
	}
	h.First, h.FirstAccount = true, h.config.AccountID
	if h.FirstAccount == "" {
		id, err := service.DrawAccountID(rand.Reader)
		if err != nil {
			return err
		}
		h.FirstAccount = id
	}
	return h.Store.Update(ctx, []state.AggregateID{state.Deployment, state.Account(h.FirstAccount)}, h.makeFirst)
}

func (h *Host) makeFirst(d *state.Draft) (*store.Event, error) {
	now, id := h.config.Now(), h.FirstAccount
	dep := deployment.Edit(d)
	if _, err := dep.CreateAccount(id, "default", now); err != nil {
		return nil, err
	}
	e := identity.Edit(d, h.Site, id, identity.Env{Now: now, Random: rand.Reader, Quotas: dep.Quota, Seal: h.seal})
	if h.config.RootAccessKeyID == "" {
		k, secret, err := e.CreateAccessKey(id)
		if err != nil {
			return nil, err
		}
		_, err = h.WriteRootCredentials(id, k.ID, secret)
		return nil, err
	}
	k := &identity.AccessKey{ID: h.config.RootAccessKeyID, UserID: id, Active: true, CreateDate: now}
	if err := e.AddAccessKey(k, h.config.RootSecretAccessKey); err != nil {
		return nil, err
	}
	if err := dep.OwnKey(k.ID, id); err != nil {
		return nil, err
	}
	_, err := h.WriteRootCredentials(id, k.ID, h.config.RootSecretAccessKey)
	return nil, err
}

// checkAccount refuses an account id that was given and is none of the data
// folder's: whoever gives it counts on it.
func (h *Host) checkAccount(view *state.View) error {
	id := h.config.AccountID
	if id == "" {
		return nil
	}
	if _, ok := deployment.In(view).Account(id); !ok {
		return fmt.Errorf("there is no account %s in the data folder, whose first account is %s: leave the account id out, or make the account by keyreeve account create", id, h.FirstAccount)
	}
	return nil
}

// checkPreset refuses a preset key that is not root's: whoever presets it counts
// on it.
func (h *Host) checkPreset(view *state.View) error {
	preset := h.config.RootAccessKeyID
	if preset == "" {
		return nil
	}
	wrong := fmt.Errorf("the preset root access key %s is not one of root's of the data folder: unset it, or set it to root's key", preset)
	account, ok := authn.AccountOf(view, preset)
	if !ok {
		return wrong
	}
	a := identity.In(view, h.Site, account)
	k, ok := a.AccessKey(preset)
	if !ok || k.UserID != account || !k.Active {
		return wrong
	}
	s, ok := a.AccessKeySecret(preset)
	if !ok {
		return wrong
	}
	secret, err := h.open(s.Sealed, identity.SecretOf(account, preset))
	if err != nil || string(secret) != h.config.RootSecretAccessKey {
		return wrong
	}
	return view.Err()
}
