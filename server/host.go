package server

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/credential/seal"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trails"
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
	RetentionBytes                       int64
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

	config    HostConfig
	keyring   atomic.Pointer[seal.Keyring] // replaced as a whole when it is rotated
	rotating  sync.Mutex
	announced atomic.Pointer[string] // where the server listens
}

// Kinds are the kinds of all entities.
func Kinds() []*state.KindInfo {
	return slices.Concat(identity.Kinds(), organization.Kinds(), trails.Kinds(), deployment.Kinds())
}

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
		Version: c.Version, Log: c.Log, CacheBytes: c.CacheBytes, EventRetention: c.Retention, EventBytes: c.RetentionBytes,
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

// Restore makes a data folder from a backup.
func Restore(ctx context.Context, from, dir string) error {
	return store.Restore(ctx, from, dir, time.Now())
}
