package awsjson

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/apierror"
)

// FuzzBody: whatever the body of an operation is, it is refused with an error for the
// caller, or it is JSON to encoding/json too, and what was understood can be written as
// a body that is understood the same. The operation is a number, so that its name
// survives the mutation of the rest. Outputs are read as inputs, for the shapes that no
// input has.
func FuzzBody(f *testing.F) {
	ops := append(orgapi.Service.Operations(), trailapi.Service.Operations()...)
	for _, op := range ops {
		if op.Output != nil {
			ops = append(ops, &api.Operation{Service: op.Service, Name: op.Name + "Answer", Input: op.Output, NewInput: op.NewOutput})
		}
	}
	for _, seed := range []struct{ op, body string }{
		{"CreatePolicy", `{"Name":"a","Type":"SERVICE_CONTROL_POLICY","Description":"","Content":"{\"Version\":\"2012-10-17\"}","Tags":[{"Key":"team","Value":"red"}]}`},
		{"ListAccounts", `{"MaxResults":-1,"NextToken":null}`},
		{"LookupEvents", `{"StartTime":1777777777.25,"EndTime":-0.5,"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"é\ud83d\udc2b"}]}`},
		{"PutEventSelectors", `{"TrailName":"t","EventSelectors":[{"IncludeManagementEvents":true,"DataResources":[{"Type":"a","Values":["b"]}]}]}`},
		{"ListPublicKeysAnswer", `{"PublicKeyList":[{"Value":"AAEC","ValidityStartTime":1e9}]}`},
		{"DescribeHandshakeAnswer", `{"Handshake":{"Resources":[{"Resources":[{"Resources":[]}]}]}}`},
		{"ListAccounts", ``},
	} {
		n := slices.IndexFunc(ops, func(op *api.Operation) bool { return op.Name == seed.op })
		if n < 0 {
			f.Fatalf("no operation %s", seed.op)
		}
		f.Add(uint16(n), []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, n uint16, body []byte) {
		op := ops[int(n)%len(ops)]
		v, err := Parse(op, body)
		if err != nil {
			if apierror.Of(err) == nil {
				t.Fatalf("error %v is not for the caller", err)
			}
			return
		}
		in := op.NewInput()
		in.Decode(v)
		written := AppendRequest(nil, in)
		if !json.Valid(written) || len(bytes.TrimSpace(body)) > 0 && !json.Valid(body) {
			t.Fatalf("%q became %q: one of them is no JSON", body, written)
		}
		v, err = Parse(op, written)
		if err != nil {
			t.Fatalf("%q became %q: %v", body, written, err)
		}
		again := op.NewInput()
		again.Decode(v)
		// A required list that is absent is written as an empty one.
		if diff := cmp.Diff(in, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%q became %q:\n%s", body, written, diff)
		}
	})
}
