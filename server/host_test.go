package server_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/servertest"
)

// Whoever gives an account id counts on it: on a folder that has no such account
// the server does not start.
func TestAnotherAccountIDIsRefused(t *testing.T) {
	s := servertest.Start(t)
	s.Stop()
	open := func(id string) error {
		h, err := server.OpenHost(context.Background(), server.HostConfig{Dir: s.Dir, AccountID: id, Partition: "aws"})
		if err == nil {
			err = h.Close()
		}
		return err
	}
	if err := open("444455556666"); err == nil || !strings.Contains(err.Error(), servertest.Account) {
		t.Errorf("another account id: %v, want an error that names the first account", err)
	}
	for _, id := range []string{servertest.Account, ""} {
		if err := open(id); err != nil {
			t.Errorf("account id %q: %v", id, err)
		}
	}
}

// A backup in the data folder would be part of the next one.
func TestBackupIntoTheDataFolderIsRefused(t *testing.T) {
	s := servertest.Start(t)
	for _, folder := range []string{s.Dir, filepath.Join(s.Dir, "backup")} {
		if err := s.Host.Backup(folder); err == nil {
			t.Errorf("a backup went to %s", folder)
		}
	}
	if err := s.Host.Backup(filepath.Join(t.TempDir(), "backup")); err != nil {
		t.Error(err)
	}
}
