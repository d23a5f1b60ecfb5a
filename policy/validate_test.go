package policy_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/rogpeppe/go-internal/txtar"
)

var kinds = map[string]policy.Kind{
	"managed": policy.ManagedPolicy, "user": policy.UserInline, "boundary": policy.Boundary, "session": policy.Session,
	"trust": policy.Trust, "resource": policy.Resource, "scp": policy.SCP, "rcp": policy.RCP, "endpoint": policy.Endpoint,
}

// TestParseAs checks the documents of testdata. A page has documents, each a
// file "KIND NAME", and the file "want" with a line for each: "KIND NAME: ok", or
// "KIND NAME: LINE:COLUMN MESSAGE".
func TestParseAs(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := wanted(archive)
		for _, f := range archive.Files {
			if f.Name == "want" {
				continue
			}
			kind, _, _ := strings.Cut(f.Name, " ")
			k, ok := kinds[kind]
			if !ok || want[f.Name] == "" {
				t.Errorf("%s: %s: kind unknown or nothing wanted", file, f.Name)
			}
			_, err := policy.ParseAs(k, strings.TrimSuffix(string(f.Data), "\n"))
			if got := describe(err); got != want[f.Name] {
				t.Errorf("%s: %s\n\tgot  %s\n\twant %s\n\t%v", file, f.Name, got, want[f.Name], err)
			}
			delete(want, f.Name)
		}
		for name := range want {
			t.Errorf("%s: there is no document %q", file, name)
		}
	}
}

func wanted(archive *txtar.Archive) map[string]string {
	want := map[string]string{}
	for _, f := range archive.Files {
		if f.Name != "want" {
			continue
		}
		for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
			name, text, _ := strings.Cut(line, ": ")
			want[name] = strings.TrimSpace(text)
		}
	}
	return want
}

func describe(err error) string {
	if err == nil {
		return "ok"
	}
	var e *policy.Error
	if !errors.As(err, &e) {
		return "not a *policy.Error: " + err.Error()
	}
	return fmt.Sprintf("%d:%d %s", e.Line, e.Column, e.Message)
}
