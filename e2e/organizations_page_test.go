package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestOrganizationsPage types what docs/organizations.md has its reader type, from the
// first block to the last.
func TestOrganizationsPage(t *testing.T) {
	for _, needed := range []string{"aws", "bash", "cut"} {
		if _, err := exec.LookPath(needed); err != nil {
			t.Skipf("no %s here", needed)
		}
	}
	text, err := os.ReadFile("../docs/organizations.md")
	check(t, err)
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	p, err := startServer(data, serverEnv(), "--account-id", killAccount)
	check(t, err)
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	typed := strings.Join(indented(string(text)), "\n")
	typed = strings.ReplaceAll(typed, "keyreeve env", "keyreeve env --data "+data)
	typed = strings.ReplaceAll(typed, "keyreeve account create", "keyreeve account create --data "+data)
	cmd := exec.Command("bash", "-eufo", "pipefail", "-c", typed)
	cmd.Dir = dir
	cmd.Env = append(serverEnv(), "HOME="+dir, "AWS_PAGER=", "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"refused, as it should be", "with an explicit deny in a service control policy", "ACCEPTED", `"app"`, `"stages"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the page does not print %s:\n%s", want, out)
		}
	}
}
