package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

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

// Events implements operator.Host.
func (h *Host) Events(from, to time.Time, each func(id string, at time.Time, record []byte) bool) error {
	return h.Store.Events(context.Background(), from, to, func(e store.Event) bool { return each(e.ID, e.Time, e.Record) })
}

// Asked implements operator.Host.
func (h *Host) Asked(ctx context.Context, from, to time.Time, each func(id string, at time.Time, asked []byte) bool) error {
	return h.Store.Asked(ctx, from, to, func(e store.Event) bool { return each(e.ID, e.Time, e.Asked) })
}

// AsOf implements operator.Host.
func (h *Host) AsOf(at time.Time) *state.View {
	return state.NewView(func(id state.AggregateID) (*state.Snapshot, error) {
		snap, err := h.Store.AsOf(context.Background(), at, id)
		if errors.Is(err, store.ErrPruned) {
			return nil, apierror.New(apierror.ValidationError, "What was true at %s is not known any more: history begins later.", at.UTC().Format(time.RFC3339)).Because(err)
		}
		return snap, err
	})
}
