package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/keyreeve/keyreeve/credential/seal"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/credential/token"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trails"
)

// openKeyring reads the key file. Where there is neither that nor a database it
// makes a new keyring, under another name until there is a database: a crash
// leaves so neither a key file whose database seems lost nor a database without
// its key file.
func (h *Host) openKeyring() error {
	for _, file := range []string{keyFile, newKeyFile} {
		text, err := os.ReadFile(h.path(file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading the key file: %w", err)
		}
		ring, err := seal.Parse(text)
		if err != nil {
			return fmt.Errorf("the key file %s cannot be used: %w", h.path(file), err)
		}
		h.keyring.Store(ring)
		return nil
	}
	there, err := store.Exists(h.config.Dir)
	if err != nil {
		return err
	}
	if there {
		return fmt.Errorf("the key file %s is missing, but there is a database: without its key file its secrets cannot be read; put it back from a backup", h.path(keyFile))
	}
	ring, err := seal.New(h.config.Now(), rand.Reader)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(h.config.Dir, 0o700); err != nil {
		return err
	}
	return h.useKeyring(ring, newKeyFile)
}

// settleKeyring gives a new key file its name, once there is a database.
func (h *Host) settleKeyring() error {
	err := os.Rename(h.path(newKeyFile), h.path(keyFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("naming the key file: %w", err)
	}
	return syncFolder(h.config.Dir)
}

// useKeyring makes a keyring the one in use, once it is in the key file: what it
// seals can be opened after a crash, too.
func (h *Host) useKeyring(ring *seal.Keyring, file string) error {
	text, err := ring.Marshal()
	if err != nil {
		return err
	}
	if err := writeFile(h.path(file), text); err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	h.keyring.Store(ring)
	return nil
}

// seal and open are the sealing of stored secrets.
func (h *Host) seal(secret []byte, belongsTo string) ([]byte, error) {
	return h.keyring.Load().Seal(secret, []byte(belongsTo))
}

func (h *Host) open(sealed []byte, belongsTo string) ([]byte, error) {
	return h.keyring.Load().Open(sealed, []byte(belongsTo))
}

// RotateKey implements operator.Host. The old key is kept: what was sealed by it
// before a crash in the middle can still be opened.
func (h *Host) RotateKey() (int, error) {
	h.rotating.Lock()
	defer h.rotating.Unlock()
	ring, err := h.keyring.Load().Rotate(h.config.Now(), rand.Reader)
	if err != nil {
		return 0, err
	}
	if err := h.useKeyring(ring, keyFile); err != nil {
		return 0, err
	}
	n := 0
	view := h.Store.View()
	for a := range deployment.In(view).Accounts() {
		id := a.ID
		err := h.Store.Update(context.Background(), []state.AggregateID{state.Account(id)}, func(d *state.Draft) (*store.Event, error) {
			e := identity.Edit(d, h.Site, id, identity.Env{Now: h.config.Now(), Random: rand.Reader, Seal: h.seal})
			return nil, e.Reseal(h.open)
		})
		if err != nil {
			return n, err
		}
		n++
	}
	return n, errors.Join(view.Err(), h.resealTrailKeys())
}

// resealTrailKeys seals the private keys of digest files again.
func (h *Host) resealTrailKeys() error {
	return h.Store.Update(context.Background(), []state.AggregateID{state.Deployment}, func(d *state.Draft) (*store.Event, error) {
		return nil, trails.ResealKeys(d, h.open, h.seal)
	})
}

// issueSession and openSession are the sessions of the keyring in use. One that
// was issued before a rotation is opened by the key that is kept for it.
func (h *Host) issueSession(r session.Record, random io.Reader) (session.Credentials, int, error) {
	r.Incarnation = h.Store.Incarnation()
	return session.NewIssuer(h.keyring.Load()).Issue(r, random)
}

func (h *Host) openSession(token, accessKeyID string, now time.Time) (session.Record, string, error) {
	return session.NewIssuer(h.keyring.Load()).Open(token, accessKeyID, now)
}

// SealText implements service.Sealer.
func (h *Host) SealText(text, purpose string, random io.Reader) (string, error) {
	return token.Seal(h.keyring.Load(), text, purpose, random)
}

// OpenText implements service.Sealer.
func (h *Host) OpenText(sealed, purpose string) (string, bool) {
	return token.Open(h.keyring.Load(), sealed, purpose, h.config.Now())
}
