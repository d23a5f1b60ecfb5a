package wiretest

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyreeve/keyreeve/api"
)

// Call is a call that the SDK makes, with what it is answered.
type Call struct {
	Op  *api.Operation
	In  any // of the SDK
	Out api.Structure
}

// Recording are calls that the SDK makes, byte by byte, what is understood of them, and
// what is answered.
type Recording struct {
	Package string // whose testdata/recorded.txtar it is
	Calls   []Call
	// Client makes a client of a service which a function answers.
	Client func(*api.Service, Answer) any
	// Serve decodes a request of a call, writes it down as it is recorded, and answers it.
	Serve func(c Call, r *http.Request, body []byte) (in api.Structure, request, answer []byte, err error)
}

// Compare makes the calls and compares them with what was recorded; with update it records
// them anew.
func (r Recording) Compare(t *testing.T, update bool) {
	t.Helper()
	const file = "testdata/recorded.txtar"
	got := &txtar.Archive{Comment: []byte("Calls of the AWS SDK for Go, recorded with: go test ./wire/" + r.Package + " -run TestRecorded -update\n\n")}
	for _, c := range r.Calls {
		client := r.Client(c.Op.Service, func(req *http.Request, body []byte) (int, []byte) {
			in, request, answer, err := r.Serve(c, req, body)
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			tree, err := json.MarshalIndent(map[string]any{"in": api.Tree{Structure: in}, "out": api.Tree{Structure: c.Out}}, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []struct {
				kind string
				data []byte
			}{{"request", request}, {"audit.json", tree}, {"response", answer}} {
				got.Files = append(got.Files, txtar.File{Name: c.Op.Name + "/" + part.kind, Data: append(part.data[:len(part.data):len(part.data)], '\n')})
			}
			return http.StatusOK, answer
		})
		results := reflect.ValueOf(client).MethodByName(c.Op.Name).Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(c.In)})
		if err, _ := results[1].Interface().(error); err != nil {
			t.Fatalf("%s: %v", c.Op.Name, err)
		}
	}
	if update {
		if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
