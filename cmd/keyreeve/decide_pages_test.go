package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestDecidePages pipes the file "in" of each page of testdata/decide through decide.
// A line of "want" is what the answer to the line of the same place must have, at
// least: members that it does not name may be anything.
func TestDecidePages(t *testing.T) {
	files, err := filepath.Glob("testdata/decide/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			page, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]string{}
			for _, f := range page.Files {
				parts[f.Name] = strings.TrimSpace(string(f.Data))
			}
			got, want := strings.Split(decided(t, parts["in"]), "\n"), strings.Split(parts["want"], "\n")
			if len(got) != len(want) {
				t.Fatalf("%d answers, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
			}
			for i := range want {
				checkAnswer(t, i+1, got[i], want[i])
			}
		})
	}
}

func decided(t *testing.T, in string) string {
	t.Helper()
	var out strings.Builder
	if err := decide(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out.String())
}

func checkAnswer(t *testing.T, line int, got, want string) {
	t.Helper()
	var g, w map[string]any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("line %d of want: %v", line, err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("line %d of the answers: %v", line, err)
	}
	if diff := cmp.Diff(w, shared(g, w)); diff != "" {
		t.Errorf("line %d (-want +got):\n%s\nall of it: %s", line, diff, got)
	}
	if g["error"] != nil && g["decision"] == "allowed" {
		t.Errorf("line %d: allowed in spite of an error: %s", line, got)
	}
}

// shared is got without the members that want does not have.
func shared(got, want any) any {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		out := map[string]any{}
		for name := range w {
			if v, ok := g[name]; ok {
				out[name] = shared(v, w[name])
			}
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return got
		}
		out := make([]any, len(g))
		for i := range g {
			out[i] = shared(g[i], w[i])
		}
		return out
	}
	return got
}

const allowedCase = `{"id": 1, "request": {"principal": "arn:aws:iam::111122223333:user/ana", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"},` +
	` "identity_policies": [{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}]}`

// TestDecideLongLine has a context value longer than any buffer.
func TestDecideLongLine(t *testing.T) {
	long := strings.Replace(allowedCase, `"resource":`, `"context": {"aws:x": ["`+strings.Repeat("x", 3<<20)+`"]}, "resource":`, 1)
	out := decided(t, long+"\r\n\n"+allowedCase)
	if n := strings.Count(out, `"decision":"allowed"`); n != 2 {
		t.Errorf("%d of 2 lines allowed: %.300s", n, out)
	}
}

// FuzzDecide: every line that is not empty gets one answer, which is JSON, and
// none with an error allows.
func FuzzDecide(f *testing.F) {
	f.Add(allowedCase)
	f.Add(`{"id": {}, "request": null}` + "\n" + allowedCase + "\n[]")
	files, _ := filepath.Glob("testdata/decide/*.txtar")
	for _, file := range files {
		if page, err := txtar.ParseFile(file); err == nil {
			f.Add(string(page.Files[0].Data))
		}
	}
	f.Fuzz(func(t *testing.T, in string) {
		lines := 0
		for _, line := range strings.Split(in, "\n") {
			if strings.TrimSpace(line) != "" {
				lines++
			}
		}
		var answers []string
		if out := decided(t, in); out != "" {
			answers = strings.Split(out, "\n")
		}
		if len(answers) != lines {
			t.Fatalf("%d answers to %d lines", len(answers), lines)
		}
		for _, text := range answers {
			var a struct{ Decision, Error string }
			if err := json.Unmarshal([]byte(text), &a); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if a.Decision == "" || a.Error != "" && a.Decision == "allowed" {
				t.Fatal(text)
			}
		}
	})
}
