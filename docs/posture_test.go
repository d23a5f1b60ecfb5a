package docs_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/posture"
)

// TestPosture holds the table in posture.md to the checks.
func TestPosture(t *testing.T) {
	const begin, end = "<!-- checks -->\n", "<!-- end of checks -->\n"
	page, err := os.ReadFile("posture.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), begin)
	_, tail, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatal("posture.md has no place for the checks")
	}
	want := []byte(head + begin + checks() + end + tail)
	if *update {
		if err := os.WriteFile("posture.md", want, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(page, want) {
		t.Error("posture.md is not as the checks are; renew it by: go test ./docs -run TestPosture -update")
	}
}

func checks() string {
	var b strings.Builder
	b.WriteString("| Check | Severity | What should be so | Where it is asked for |\n|---|---|---|---|\n")
	for _, c := range posture.Checks {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.ID, c.Severity, c.Title, strings.Join(c.Sources, "; "))
	}
	b.WriteString("\nNot looked up:\n\n")
	for _, u := range posture.Unchecked {
		fmt.Fprintf(&b, "- %s, %s: %s.\n", u.Source, u.Title, u.Why)
	}
	return b.String()
}
