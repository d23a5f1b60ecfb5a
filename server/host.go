package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/credential/seal"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/credential/token"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service/operator"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// Files in the data folder beside those of the store.
const (
	SocketFile   = "keyreeve.sock" // the operators' socket
	keyFile      = "keyreeve.key"  // the keyring that seals secrets
	newKeyFile   = "keyreeve.key.new"
	endpointFile = "endpoint" // the address of the running server
)

// HostConfig says how a data folder is opened.
type HostConfig struct {
	Dir       string
	AccountID string // of the first account; drawn if empty
	Partition string
	// RootAccessKeyID and RootSecretAccessKey preset root's key of the first
	// account; both or neither.
	RootAccessKeyID, RootSecretAccessKey string
	Retention                            time.Duration
	CacheBytes                           int64
	Version                              string
	Log                                  *slog.Logger
	Now                                  func() time.Time
}

// Host is an opened data folder: the store, the keyring, and what else of the
// outer world operators' operations need.
type Host struct {
	Store        *store.Store
	Site         identity.Site
	First        bool   // this is the first start
	FirstAccount string // the account that was made, or would be, at the first start

	config   HostConfig
	keyring  atomic.Pointer[seal.Keyring] // replaced as a whole when it is rotated
	rotating sync.Mutex
}

// Kinds are the kinds of all entities.
func Kinds() []*state.KindInfo { return append(identity.Kinds(), deployment.Kinds()...) }

// OpenHost opens a data folder. A folder in which there is nothing of ours becomes
// a deployment with one account; one that is not whole is refused.
func OpenHost(ctx context.Context, c HostConfig) (*Host, error) {
	if (c.RootAccessKeyID == "") != (c.RootSecretAccessKey == "") {
		return nil, errors.New("root's access key id and its secret are preset together or not at all")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	h := &Host{
		config: c,
		Site:   identity.Site{Partition: c.Partition, Library: identity.NewLibrary(catalog.Default())},
	}
	if err := h.openKeyring(); err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, store.Options{
		Dir: c.Dir, Kinds: Kinds(), Create: true, KeyringID: h.keyring.Load().ID(), Companions: []string{keyFile},
		Version: c.Version, Log: c.Log, CacheBytes: c.CacheBytes, EventRetention: c.Retention,
	})
	if err != nil {
		return nil, err
	}
	h.Store = st
	if err := h.settleKeyring(); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	if err := h.firstAccount(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return h, nil
}

// Close makes durable what is still in memory and gives the folder free.
func (h *Host) Close() error {
	os.Remove(h.path(endpointFile))
	os.Remove(h.path(SocketFile))
	return h.Store.Close()
}

func (h *Host) path(file string) string { return filepath.Join(h.config.Dir, file) }

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

// writeFile replaces a file as a whole, durably, readable for its owner only.
func writeFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes durable which files are in a folder.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

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
		id, err := operator.DrawAccountID(rand.Reader)
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

// seal and open are the sealing of stored secrets.
func (h *Host) seal(secret []byte, belongsTo string) ([]byte, error) {
	return h.keyring.Load().Seal(secret, []byte(belongsTo))
}

func (h *Host) open(sealed []byte, belongsTo string) ([]byte, error) {
	return h.keyring.Load().Open(sealed, []byte(belongsTo))
}

// RootCredentials are what keyreeve env prints.
type RootCredentials struct {
	Account         string `json:"account"`
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	Endpoint        string `json:"-"`
}

func rootFile(account string) string { return "root-" + account + ".json" }

// WriteRootCredentials implements operator.Host.
func (h *Host) WriteRootCredentials(account, accessKeyID, secret string) (string, error) {
	text, err := json.MarshalIndent(RootCredentials{Account: account, AccessKeyID: accessKeyID, SecretAccessKey: secret}, "", "  ")
	if err != nil {
		return "", err
	}
	path := h.path(rootFile(account))
	return path, writeFile(path, append(text, '\n'))
}

// ReadRootCredentials reads root's credentials of an account, or of the first
// account, from the data folder of a running server.
func ReadRootCredentials(dir, account string) (RootCredentials, error) {
	var c RootCredentials
	running, err := os.ReadFile(filepath.Join(dir, endpointFile))
	if err != nil {
		return c, fmt.Errorf("no server is running on %s: %w", dir, err)
	}
	endpoint, first, _ := strings.Cut(strings.TrimSpace(string(running)), "\n")
	if account == "" {
		account = first
	}
	text, err := os.ReadFile(filepath.Join(dir, rootFile(account)))
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, err
	}
	c.Endpoint = endpoint
	return c, nil
}

// Announce writes down where the server listens and which account is meant where
// none is named, for keyreeve env.
func (h *Host) Announce(url string) error {
	return writeFile(h.path(endpointFile), []byte(url+"\n"+h.FirstAccount+"\n"))
}

// ListenOperators opens the operators' socket, which only the owner of the data
// folder may use.
func (h *Host) ListenOperators() (net.Listener, error) {
	path := h.path(SocketFile)
	// The folder is locked, so a socket that is there is of a server that died.
	os.Remove(path)
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("opening the operators' socket: %w", err)
	}
	return l, os.Chmod(path, 0o600)
}

// Backup implements operator.Host.
func (h *Host) Backup(folder string) error {
	within, err := h.inDataFolder(folder)
	if err != nil {
		return err
	}
	if within {
		return fmt.Errorf("%s is in the data folder", folder)
	}
	return h.Store.Backup(context.Background(), folder, h.path(keyFile))
}

// inDataFolder tells whether a path is the data folder or lies in it.
func (h *Host) inDataFolder(path string) (bool, error) {
	data, err := filepath.Abs(h.config.Dir)
	if err != nil {
		return false, err
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return false, err
	}
	rel, err := filepath.Rel(data, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}

// Restore makes a data folder from a backup.
func Restore(ctx context.Context, from, dir string) error {
	return store.Restore(ctx, from, dir, time.Now())
}

// Events implements operator.Host.
func (h *Host) Events(from, to time.Time, each func(id string, at time.Time, record []byte) bool) error {
	return h.Store.Events(context.Background(), from, to, func(e store.Event) bool { return each(e.ID, e.Time, e.Record) })
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
	return n, view.Err()
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
