package e2e_test

import (
	"strings"
	"testing"
)

// TestOrganizationsPage types what docs/organizations.md has its reader type, from the
// first block to the last, and reads the answers that it shows.
func TestOrganizationsPage(t *testing.T) {
	p := newTypist(t, []string{"aws", "cut"}, "--account-id", killAccount)
	commands, answers := readPage(t, "docs/organizations.md")
	printed, err := p.types(strings.Join(commands, "\n"))
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	wantPrinted(t, printed, "refused, as it should be", "with an explicit deny in a service control policy", "ACCEPTED", `"app"`, `"stages"`)
	if len(answers) != 2 {
		t.Errorf("the page has %d answers, want those of an SCP and of an RCP", len(answers))
	}
	for _, answer := range answers {
		wantAnswer(t, printed, answer)
	}
}
