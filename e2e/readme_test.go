package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReadme runs the quick start of the README as it stands there: the first
// block starts the server, the second is what the reader types, and its last
// command is answered with the third.
func TestReadme(t *testing.T) {
	for _, needed := range []string{"aws", "bash", "awk"} {
		if _, err := exec.LookPath(needed); err != nil {
			t.Skipf("no %s here", needed)
		}
	}
	text, err := os.ReadFile("../README.md")
	check(t, err)
	_, section, found := strings.Cut(string(text), "\n## Start it\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := indented(section)
	if !found || len(blocks) != 3 {
		t.Fatalf("the README's quick start has %d blocks, want 3: start, use, answer", len(blocks))
	}
	dir := t.TempDir()
	env := append(serverEnv(), "HOME="+dir, "AWS_PAGER=", "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))

	start, ok := strings.CutPrefix(strings.TrimSpace(blocks[0]), "go run ./cmd/keyreeve serve ")
	if !ok {
		t.Fatalf("the first block is not go run ./cmd/keyreeve serve: %s", blocks[0])
	}
	p, err := startServer(filepath.Join(dir, "data"), env, strings.Fields(start)...)
	check(t, err)
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	if !strings.Contains(p.output.String(), `eval "$(keyreeve env --data `) {
		t.Errorf("the first start does not say how to go on:\n%s", p.output)
	}

	lines := strings.Split(strings.TrimSpace(blocks[1]), "\n")
	last := len(lines) - 1
	typed := strings.Join(lines[:last], "\n") + "\necho BEFORE THE LAST\n" + lines[last]
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", strings.ReplaceAll(typed, "go run ./cmd/keyreeve", "keyreeve"))
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	printed, answer, reached := strings.Cut(string(out), "BEFORE THE LAST\n")
	if !reached {
		t.Fatalf("the quick start fails: %v\n%s", err, out)
	}
	for _, want := range []string{`"Arn": "arn:aws:iam::111122223333:root"`, `"UserName": "alice"`, `"EvalDecision": "allowed"`, "AmazonS3ReadOnlyAccess"} {
		if !strings.Contains(printed, want) {
			t.Errorf("the quick start does not print %s:\n%s", want, printed)
		}
	}
	if err == nil {
		t.Errorf("the last command succeeds:\n%s", answer)
	}
	if got, want := words(answer), words(blocks[2]); !strings.Contains(got, want) {
		t.Errorf("the last command is answered\n%s\nthe README says\n%s", got, want)
	}
}

// indented gives the blocks of a text that are indented by four spaces.
func indented(text string) []string {
	var blocks []string
	inside := false
	for line := range strings.Lines(text) {
		code, ok := strings.CutPrefix(line, "    ")
		switch {
		case ok && inside:
			blocks[len(blocks)-1] += code
		case ok:
			blocks, inside = append(blocks, code), true
		case strings.TrimSpace(line) == "" && inside:
			blocks[len(blocks)-1] += "\n" // it ends only at other text
		default:
			inside = false
		}
	}
	return blocks
}

func words(text string) string { return strings.Join(strings.Fields(text), " ") }
