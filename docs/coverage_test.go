package docs_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/keyreeve/keyreeve/api/coverage"
	"github.com/keyreeve/keyreeve/server/servertest"
)

var update = flag.Bool("update", false, "write coverage.md anew")

// TestCoverage holds coverage.md to the tables of operations.
func TestCoverage(t *testing.T) {
	built := map[string][]string{}
	for _, op := range servertest.Tables() {
		built[op.API.Service.ID] = append(built[op.API.Service.ID], op.API.Name)
	}
	var services []coverage.Service
	for id, names := range built {
		services = append(services, coverage.Service{ID: id, Built: names})
	}
	want, err := coverage.Markdown(services)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("coverage.md", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("coverage.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("coverage.md is not as the tables say; renew it by: go test ./docs -run TestCoverage -update")
	}
}
