package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCommitted regenerates everything and compares it with what is committed.
func TestCommitted(t *testing.T) {
	dir := t.TempDir()
	if err := run("../models", dir); err != nil {
		t.Fatal(err)
	}
	for _, pkg := range []string{"iamapi", "stsapi", "coverage"} {
		want, err := filepath.Glob(filepath.Join(dir, pkg, "*.go"))
		if err != nil || len(want) == 0 {
			t.Fatalf("nothing generated for %s: %v", pkg, err)
		}
		for _, file := range want {
			rel, _ := filepath.Rel(dir, file)
			fresh := read(t, file)
			if committed := read(t, filepath.Join("..", rel)); committed != fresh {
				t.Errorf("api/%s is stale; run: go generate ./api\n%s", rel, cmp.Diff(committed, fresh))
			}
		}
		// A file that the generator no longer writes would go on being compiled.
		have, _ := filepath.Glob(filepath.Join("..", pkg, "*.go"))
		for _, file := range have {
			if _, err := os.Stat(filepath.Join(dir, pkg, filepath.Base(file))); err != nil && pkg != "coverage" {
				t.Errorf("%s is not generated: no code written by hand belongs in %s", file, pkg)
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTranslate(t *testing.T) {
	for _, c := range []struct{ java, want, err string }{
		{java: `[\w+=,.@-]+`, want: `[\w+=,.@-]+`},
		{java: `[\u0009\u0020-\u00FF]+`, want: `[\x{0009}\x{0020}-\x{00FF}]+`},
		{java: `\\u0041`, want: `\\u0041`},
		{java: `a(?!b)`, err: "needs an override"},
		{java: `[\u10000-\u10FFFF]`, err: "needs an override"},
		{java: `\u12`, err: "without four digits"},
	} {
		got, err := translate(c.java)
		if c.err == "" && (err != nil || got != c.want) {
			t.Errorf("translate(%s) = %s, %v, want %s", c.java, got, err, c.want)
		}
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("translate(%s): error %v, want one about %q", c.java, err, c.err)
		}
	}
}

func TestIdentifier(t *testing.T) {
	for value, want := range map[string]string{
		"explicitDeny": "ExplicitDeny", "user-managed": "UserManaged", "ssh_rsa": "SshRsa", "SSH": "SSH", "aws:x 1": "AwsX1",
	} {
		if got := identifier(value); got != want {
			t.Errorf("identifier(%q) = %s, want %s", value, got, want)
		}
	}
}
