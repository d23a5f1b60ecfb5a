package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// TestDecide compares the answers to the lines of testdata/decide*.jsonl with
// the files ending in .want.
func TestDecide(t *testing.T) {
	files, err := filepath.Glob("testdata/decide*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		in, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		want, err := os.ReadFile(strings.TrimSuffix(file, ".jsonl") + ".want")
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := decide(in, &out); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

const (
	request  = `"request": {"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "resource_account": "111122223333", "context": {}}`
	allowAll = `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`
)

type answer struct {
	ID       any
	Decision string
	Error    string
}

func ask(t *testing.T, in io.Reader) []answer {
	t.Helper()
	var out bytes.Buffer
	if err := decide(in, &out); err != nil {
		t.Fatal(err)
	}
	var as []answer
	d := json.NewDecoder(&out)
	for d.More() {
		var a answer
		if err := d.Decode(&a); err != nil {
			t.Fatal(err)
		}
		as = append(as, a)
	}
	return as
}

// No bad line is ever allowed, and each says what is wrong.
func TestBadLinesDeny(t *testing.T) {
	policies := `, "identity_policies": [` + allowAll + `]`
	bad := []string{
		`garbage`, `[]`, `null`, `"x"`, `{`, `{}`, `{"id": 1} {"id": 2}`,
		`{"id": 1` + policies + `}`,
		`{"request": {}` + policies + `}`,
		`{` + request + `, ` + request + policies + `}`,
		`{` + request + policies + policies + `}`,
		`{` + request + policies + `, "scp": [[]]}`,
		`{` + request + policies + `, "Resource_Policy": ` + allowAll + `}`,
		`{` + request + policies + `, "scps": [{}]}`,
		`{` + request + policies + `, "scps": [null]}`,
		`{` + request + policies + `, "scps": [[null]]}`,
		`{` + request + policies + `, "permission_boundary": ` + allowAll + `}`,
		`{` + request + policies + `, "permission_boundary": [{"Statement": []}]}`,
		`{` + request + policies + `, "session_policies": [5]}`,
		`{` + request + policies + `, "resource_policy": ` + allowAll + `}`,
		`{` + request + `, "identity_policies": [{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}]}`,
		`{` + request + `, "identity_policies": [{"Statement": {"Effect": "Allow", "Effect": "Allow", "Action": "*", "Resource": "*"}}]}`,
		`{` + request + `, "identity_policies": [{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}]}`,
		`{` + strings.Replace(request, `"context"`, `"contexts"`, 1) + policies + `}`,
		`{` + strings.Replace(request, `{}`, `{"a": {}}`, 1) + policies + `}`,
		`{` + strings.Replace(request, `{}`, `{"a": null}`, 1) + policies + `}`,
		`{` + strings.Replace(request, `{}`, `{"a": "1", "A": "2"}`, 1) + policies + `}`,
		`{` + strings.Replace(request, `{}`, `{"a": [["1"]]}`, 1) + policies + `}`,
		`{` + strings.Replace(request, `{}`, `[]`, 1) + policies + `}`,
		`{` + strings.Replace(request, `s3:GetObject`, `GetObject`, 1) + policies + `}`,
		`{` + strings.Replace(request, `user/ann`, `group/g`, 1) + policies + `}`,
		`{` + strings.Replace(request, `arn:aws:iam::111122223333:user/ann`, `ann`, 1) + policies + `}`,
		`{` + strings.Replace(request, `"arn:aws:s3:::b/k"`, `5`, 1) + policies + `}`,
	}
	good := `{"id": "good", ` + request + policies + `, "note": "what is no list or object may be a note"}`
	for i, a := range ask(t, strings.NewReader(strings.Join(bad, "\n")+"\n"+good)) {
		if i == len(bad) {
			if a.Decision != "allowed" || a.ID != "good" || a.Error != "" {
				t.Errorf("the good line: %+v", a)
			}
			return
		}
		if a.Decision != "implicitDeny" || a.Error == "" {
			t.Errorf("%s\n\t%+v", bad[i], a)
		}
	}
	t.Error("a line has no answer")
}

// Context values may be numbers, booleans, or stand without a list; lines may
// be long, come in pieces, and end without a newline.
func TestTolerance(t *testing.T) {
	policies := `, "identity_policies": [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition":
	 {"NumericEquals": {"n": "5"}, "Bool": {"b": "true"}, "StringEquals": {"s": "x", "t": "` + strings.Repeat("y", 1<<20) + `"}}}}]`
	line := strings.Replace(`{"id": 7, `+request+policies+`}`, `{}`, `{"n": 5.0, "b": [true], "s": "x", "t": ["`+strings.Repeat("y", 1<<20)+`"]}`, 1)
	line = strings.ReplaceAll(line, "\n", " ")
	as := ask(t, iotest.HalfReader(strings.NewReader("\r\n\n"+line)))
	if d := cmp.Diff([]answer{{ID: 7.0, Decision: "allowed"}}, as); d != "" {
		t.Error(d)
	}
}

// An answer is there before the next question is asked.
func TestAnswersAtOnce(t *testing.T) {
	in, ask := io.Pipe()
	answers, out := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- decide(in, out) }()
	d := json.NewDecoder(answers)
	for i := range 3 {
		if _, err := fmt.Fprintf(ask, "{\"id\": %d, %s}\n", i, request); err != nil {
			t.Fatal(err)
		}
		var a answer
		if err := d.Decode(&a); err != nil || a.ID != float64(i) || a.Decision != "implicitDeny" || a.Error != "" {
			t.Fatal(a, err)
		}
	}
	ask.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestReadErrors(t *testing.T) {
	if err := decide(iotest.ErrReader(io.ErrUnexpectedEOF), io.Discard); err == nil {
		t.Error("an error of the input is lost")
	}
}
