package e2e_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// TestStart reports how long an empty folder takes to become a ready server.
// startServer gives up on one that hangs; otherwise no time is asserted.
func TestStart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	report(t, data, "an empty folder")
	report(t, data, "a folder with one account")
}

// TestStartBig does the same with 100,000 users in one account, and lists them.
func TestStartBig(t *testing.T) {
	if os.Getenv("KEYREEVE_BIG") == "" {
		t.Skip("KEYREEVE_BIG is not set: make big")
	}
	const users = 100_000
	data := filepath.Join(t.TempDir(), "data")
	began := time.Now()
	fill(t, data, users)
	t.Logf("filled in %v", time.Since(began).Round(time.Millisecond))
	p := report(t, data, "100,000 users")
	client := reader(p.rootKey(t, killAccount))
	began, n := time.Now(), 0
	pages := iam.NewListUsersPaginator(client, &iam.ListUsersInput{MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		check(t, err)
		n += len(page.Users)
	}
	t.Logf("listed %d users in %v, then %s", n, time.Since(began).Round(time.Millisecond), p.rss(t))
	if n != users {
		t.Errorf("%d users are listed, want %d", n, users)
	}
	name := "user-050000"
	_, err := client.GetUser(context.Background(), &iam.GetUserInput{UserName: &name})
	check(t, err)
}

// report starts a server on a folder and logs how long it took and what it needs.
// The server runs until the next report or the end of the test.
func report(t *testing.T, data, what string) *process {
	t.Helper()
	began := time.Now()
	p, err := startServer(data, serverEnv(), "--account-id", killAccount, "--log-level", "error")
	check(t, err)
	t.Logf("%s: ready after %v, %s (with the race detector)", what, time.Since(began).Round(time.Millisecond), p.rss(t))
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	if what == "an empty folder" {
		check(t, p.end(syscall.SIGTERM))
	}
	return p
}

// rss is the memory of a server, where the system tells it.
func (p *process) rss(t *testing.T) string {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return "resident memory unknown"
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	line, _, _ := strings.Cut(rest, "\n")
	return "resident " + strings.TrimSpace(line)
}

// fill makes a folder whose account has many users, by the rules but without the
// server: ten thousand users a change.
func fill(t *testing.T, data string, users int) {
	t.Helper()
	ctx := context.Background()
	h, err := server.OpenHost(ctx, server.HostConfig{Dir: data, AccountID: killAccount, Partition: "aws"})
	check(t, err)
	site := identity.Site{Partition: "aws", Library: identity.NewLibrary(catalog.Default())}
	const step = 10_000
	for from := 0; from < users; from += step {
		err := h.Store.Update(ctx, []state.AggregateID{state.Account(killAccount)}, func(d *state.Draft) (*store.Event, error) {
			e := identity.Edit(d, site, killAccount, identity.Env{
				Now: time.Now(), Random: rand.Reader, Quotas: func(string) int { return users },
			})
			for i := from; i < min(from+step, users); i++ {
				if _, err := e.CreateUser(identity.NewUser{Name: fmt.Sprintf("user-%06d", i)}); err != nil {
					return nil, err
				}
			}
			return nil, d.Err()
		})
		check(t, err)
	}
	check(t, h.Close())
}
