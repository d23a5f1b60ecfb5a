package e2e_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTerraformUsesEverything asks the provider that is here what it has for IAM and for
// Organizations: a resource or data source that no script applies is one that nobody has
// tried.
func TestTerraformUsesEverything(t *testing.T) {
	if missing := missingTerraform(); missing != "" {
		t.Skip("absent here: " + missing)
	}
	scripts := scriptTexts(t)
	for kind, names := range providerSchema(t) {
		for name := range names {
			ours := strings.HasPrefix(name, "aws_iam_") || strings.HasPrefix(name, "aws_organizations_")
			if ours && !strings.Contains(scripts, kind+` "`+name+`"`) {
				t.Errorf("no script has the %s %s", kind, name)
			}
		}
	}
}

func scriptTexts(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// providerSchema gives the names of what the provider has, by "resource" and "data".
func providerSchema(t *testing.T) map[string]map[string]json.RawMessage {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("main.tf", "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n")
	write(".terraformrc", mirrorConfig())
	run := func(args ...string) []byte {
		cmd := exec.CommandContext(ctx, "terraform", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(dir, ".terraformrc"), "CHECKPOINT_DISABLE=1")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("terraform %v: %v", args, err)
		}
		return out
	}
	run("init", "-input=false")
	var schemas struct {
		Providers map[string]struct {
			Resources map[string]json.RawMessage `json:"resource_schemas"`
			Data      map[string]json.RawMessage `json:"data_source_schemas"`
		} `json:"provider_schemas"`
	}
	if err := json.Unmarshal(run("providers", "schema", "-json"), &schemas); err != nil {
		t.Fatal(err)
	}
	aws := schemas.Providers["registry.terraform.io/hashicorp/aws"]
	if len(aws.Resources) == 0 || len(aws.Data) == 0 {
		t.Fatal("the provider has no resources or no data sources")
	}
	return map[string]map[string]json.RawMessage{"resource": aws.Resources, "data": aws.Data}
}
