package e2e_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk runs a server on a small file system and fills it. Changes are
// refused, reads go on; with room again changes are made, without a restart.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if os.Getuid() != 0 {
		t.Skip("only root may mount a small file system")
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small file system can be mounted: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })
	p, err := startServer(filepath.Join(dir, "data"), serverEnv(), "--account-id", killAccount)
	check(t, err)
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	endpoint, id, secret := p.rootKey(t, killAccount)
	call := func(action, user string) (int, string) {
		t.Helper()
		form := url.Values{"Action": {action}, "Version": {"2010-05-08"}, "UserName": {user}}
		status, answer, err := query(endpoint, id, secret, form)
		check(t, err)
		return status, answer
	}
	if status, answer := call("CreateUser", "before"); status != 200 {
		t.Fatalf("with room: %d %s", status, answer)
	}
	ballast := filepath.Join(dir, "ballast")
	fillDisk(t, ballast)

	// What is left in blocks that were taken already may still be used.
	var made []string
	status, answer := 200, ""
	for n := 0; status == 200 && n < 5000; n++ {
		name := fmt.Sprintf("full-%d", n)
		if status, answer = call("CreateUser", name); status == 200 {
			made = append(made, name)
		}
	}
	if status != 503 || !strings.Contains(answer, "<Code>ServiceUnavailable</Code>") {
		t.Fatalf("with a full disk CreateUser is answered %d %s", status, answer)
	}
	t.Logf("%d users were made before the disk was full", len(made))
	refused := fmt.Sprintf("full-%d", len(made))
	for range 20 {
		if status, answer := call("GetUser", "before"); status != 200 {
			t.Fatalf("with a full disk GetUser is answered %d %s", status, answer)
		}
	}
	if status, answer := call("GetUser", refused); status != 404 {
		t.Errorf("what was refused is there: %d %s", status, answer)
	}
	if s := readiness(t, endpoint); s != 503 {
		t.Errorf("with a full disk /readyz is answered %d", s)
	}

	check(t, os.Remove(ballast))
	// The server is allowed to find out a little later that there is room.
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if status, answer = call("CreateUser", refused); status == 200 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("with room again CreateUser is answered %d %s", status, answer)
		}
	}
	if s := readiness(t, endpoint); s != 200 {
		t.Errorf("with room again /readyz is answered %d", s)
	}
	check(t, p.end(syscall.SIGTERM))
	p, err = startServer(filepath.Join(dir, "data"), serverEnv())
	check(t, err)
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	endpoint = p.endpoint(t)
	for _, name := range append(made, "before", refused) {
		if status, answer := call("GetUser", name); status != 200 {
			t.Errorf("after a restart %s is answered %d %s", name, status, answer)
		}
	}
}

// fillDisk writes a file until nothing more fits.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	check(t, err)
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

func readiness(t *testing.T, endpoint string) int {
	t.Helper()
	resp, err := anyCertificate.Get(endpoint + "/readyz")
	check(t, err)
	resp.Body.Close()
	return resp.StatusCode
}
