package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// typist reads a page of the documentation beside a running server, whose data folder
// is the default one, and types what the page says.
type typist struct {
	dir    string
	env    []string
	server *process
}

// newTypist starts the server, and skips the test where a program is missing that the
// page has its reader use.
func newTypist(t *testing.T, programs []string, flags ...string) *typist {
	t.Helper()
	for _, needed := range append(programs, "bash") {
		if _, err := exec.LookPath(needed); err != nil {
			t.Skipf("no %s here", needed)
		}
	}
	dir := t.TempDir()
	r := &typist{dir: dir, env: append(serverEnv(), "HOME="+dir, "AWS_PAGER=", "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))}
	var err error
	r.server, err = startServer(filepath.Join(dir, "data"), r.env, flags...)
	check(t, err)
	t.Cleanup(func() { r.server.end(syscall.SIGKILL) })
	return r
}

// types runs commands, up to the first that fails, and gives what they print.
func (r *typist) types(commands string) (string, error) {
	cmd := exec.Command("bash", "-eufo", "pipefail", "-c", strings.ReplaceAll(commands, "go run ./cmd/keyreeve", "keyreeve"))
	cmd.Dir, cmd.Env = r.dir, r.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// readPage gives what a page has its reader type, its indented blocks, and what it says
// is printed, its fenced ones.
func readPage(t *testing.T, page string) (commands, printed []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", page))
	check(t, err)
	var prose strings.Builder
	for i, part := range strings.Split(string(text), "\n```") {
		if i%2 == 0 {
			prose.WriteString(part + "\n")
			continue
		}
		_, block, _ := strings.Cut(part, "\n") // after the name of the language
		printed = append(printed, block)
	}
	return indented(prose.String()), printed
}

// indented are the blocks that are indented by four spaces.
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

// wantPrinted fails the test unless what was printed has all of some texts.
func wantPrinted(t *testing.T, printed string, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if !strings.Contains(printed, want) {
			t.Errorf("the page does not print %s:\n%s", want, printed)
		}
	}
}

// drawn are ids that are other ones each time.
var drawn = regexp.MustCompile(`\b(?:\d{12}|(?:o|r|ou|p)-[a-z0-9]{4,}(?:-[a-z0-9]{8,})?)\b`)

// wantAnswer fails the test unless what was printed has a block of the page, but for ids.
func wantAnswer(t *testing.T, printed, block string) {
	t.Helper()
	same := func(text string) string { return drawn.ReplaceAllString(text, "ID") }
	if !strings.Contains(same(printed), same(block)) {
		t.Errorf("the page says\n%s\nand this is printed:\n%s", block, printed)
	}
}

func words(text string) string { return strings.Join(strings.Fields(text), " ") }
