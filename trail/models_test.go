package trail_test

import (
	"testing"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/trail"
)

// TestKnowsTheModelsSecrets: each member that the API models mark as sensitive is one
// that records leave out, even if whoever makes the tree forgets.
func TestKnowsTheModelsSecrets(t *testing.T) {
	found := map[string]bool{}
	seen := map[*api.Shape]bool{}
	var walk func(shape *api.Shape)
	walk = func(shape *api.Shape) {
		if shape == nil || seen[shape] {
			return
		}
		seen[shape] = true
		for _, m := range append([]*api.Member{shape.Element, shape.Key, shape.Value}, shape.Members...) {
			if m == nil {
				continue
			}
			if m.Shape.Sensitive {
				found[m.CamelName()] = true
			}
			walk(m.Shape)
		}
	}
	for _, service := range []*api.Service{iamapi.Service, stsapi.Service} {
		for _, operation := range service.Operations() {
			walk(operation.Input)
			walk(operation.Output)
		}
	}
	if len(found) < 8 {
		t.Fatalf("the models mark %v as sensitive", found)
	}
	for name := range found {
		if !trail.IsSecret(name) {
			t.Errorf("%s is sensitive and would be recorded", name)
		}
	}
}
