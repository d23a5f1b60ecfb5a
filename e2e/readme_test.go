package e2e_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadme runs the quick start of the README as it stands there: the first
// block starts the server, the second is what the reader types, and its last
// command is answered with the third.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	check(t, err)
	_, section, found := strings.Cut(string(text), "\n## Start it\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := indented(section)
	if !found || len(blocks) != 3 {
		t.Fatalf("the README's quick start has %d blocks, want 3: start, use, answer", len(blocks))
	}
	start, ok := strings.CutPrefix(strings.TrimSpace(blocks[0]), "go run ./cmd/keyreeve serve ")
	if !ok {
		t.Fatalf("the first block is not go run ./cmd/keyreeve serve: %s", blocks[0])
	}
	p := newTypist(t, []string{"aws", "awk"}, strings.Fields(start)...)
	if !strings.Contains(p.server.output.String(), `eval "$(keyreeve env --data `) {
		t.Errorf("the first start does not say how to go on:\n%s", p.server.output)
	}

	lines := strings.Split(strings.TrimSpace(blocks[1]), "\n")
	last := len(lines) - 1
	out, err := p.types(strings.Join(lines[:last], "\n") + "\necho BEFORE THE LAST\n" + lines[last])
	printed, answer, reached := strings.Cut(out, "BEFORE THE LAST\n")
	if !reached {
		t.Fatalf("the quick start fails: %v\n%s", err, out)
	}
	wantPrinted(t, printed, `"Arn": "arn:aws:iam::111122223333:root"`, `"UserName": "alice"`, `"EvalDecision": "allowed"`, "AmazonS3ReadOnlyAccess")
	if err == nil {
		t.Errorf("the last command succeeds:\n%s", answer)
	}
	if got, want := words(answer), words(blocks[2]); !strings.Contains(got, want) {
		t.Errorf("the last command is answered\n%s\nthe README says\n%s", got, want)
	}
}
