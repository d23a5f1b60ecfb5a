package e2e_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// serverEnv is the environment of servers that Go tests start.
func serverEnv() []string { return append(os.Environ(), "GORACE="+goRace) }

// loaded starts a server that has two accounts and room for many users.
func loaded(t *testing.T, data string, flags ...string) *process {
	t.Helper()
	p, err := startServer(data, serverEnv(), append(flags, "--account-id", killAccount, "--quota", "UsersQuota=1000000", "--log-level", "error")...)
	check(t, err)
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	if _, err := os.Stat(filepath.Join(data, "root-"+otherAccount+".json")); err != nil {
		create := exec.Command(binary, "account", "create", "--data", data, "--name", "other", "--id", otherAccount)
		create.Env = serverEnv()
		if out, err := create.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return p
}

// TestKill kills the server in the middle of the work of 32 writers, starts it
// again, and compares what is there with what was acknowledged: nothing is lost,
// nothing is half there, no unique id was given twice, and nobody did anything by
// a right that was revoked before. KEYREEVE_KILL_ROUNDS says how often.
func TestKill(t *testing.T) {
	rounds := 3
	if n, err := strconv.Atoi(os.Getenv("KEYREEVE_KILL_ROUNDS")); err == nil {
		rounds = n
	}
	data, h := filepath.Join(t.TempDir(), "data"), newHistory()
	p, compared := loaded(t, data), false
	for round := range rounds {
		l := begin(t, p, h, round)
		for target := int64(30 + rand.IntN(600)); l.acked.Load() < target && p.running(); {
			time.Sleep(time.Millisecond)
		}
		if !p.running() {
			t.Fatalf("the server ended by itself:\n%s", p.output)
		}
		p.end(syscall.SIGKILL)
		h = l.wait()
		p = loaded(t, data)
		h.verify(t, p)
		t.Logf("round %d: %v", round, &h)
		if t.Failed() {
			t.Fatalf("the server says:\n%s", p.output)
		}
		compared = compared || len(h.users) > 0 && len(h.forbidden) > 0 && h.refused > 0
		if len(h.users) > 4000 { // keep each round quick
			p.end(syscall.SIGTERM)
			data, h = filepath.Join(t.TempDir(), "data"), newHistory()
			p = loaded(t, data)
		}
	}
	if !compared {
		t.Errorf("there was nothing to compare: %v", &h)
	}
	check(t, p.end(syscall.SIGTERM))
}

// TestTerminate ends the server by SIGTERM in the middle of the same work. It has
// to end within ten seconds, and what it carried out it has to answer: a user of
// whose creation the writer was told nothing must not be there.
func TestTerminate(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := loaded(t, data)
	l := begin(t, p, newHistory(), 0)
	for l.acked.Load() < 300 && p.running() {
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatalf("after SIGTERM under load: %v\n%s", err, p.output)
	}
	took := time.Since(began)
	h := l.wait()
	t.Logf("ended in %v: %v; without an answer: %d", took.Round(time.Millisecond), &h, len(h.unknown))
	if took > 10*time.Second {
		t.Errorf("the server ended after %v", took)
	}
	p = loaded(t, data)
	h.verify(t, p)
	endpoint, id, secret := p.rootKey(t, killAccount)
	status := func(name string) int {
		status, _, err := query(endpoint, id, secret, url.Values{"Action": {"GetUser"}, "Version": {"2010-05-08"}, "UserName": {name}})
		check(t, err)
		return status
	}
	for name := range h.unknown {
		if s := status(name); s != http.StatusNotFound {
			t.Errorf("%s was made and its maker was not told: GetUser is answered %d", name, s)
		}
	}
	for name := range h.dying {
		if s := status(name); s != http.StatusOK {
			t.Errorf("%s was deleted and nobody was told: GetUser is answered %d", name, s)
		}
	}
}

// running tells whether the server has not ended.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}
