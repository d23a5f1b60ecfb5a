package e2e_test

import (
	"strings"
	"testing"
)

// TestOrganizationsPage types what docs/organizations.md has its reader type, from the
// first block to the last.
func TestOrganizationsPage(t *testing.T) {
	p := newTypist(t, []string{"aws", "cut"}, "--account-id", killAccount)
	printed, err := p.types(strings.Join(blocksOf(t, "docs/organizations.md"), "\n"))
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	wantPrinted(t, printed, "refused, as it should be", "with an explicit deny in a service control policy", "ACCEPTED", `"app"`, `"stages"`)
}
