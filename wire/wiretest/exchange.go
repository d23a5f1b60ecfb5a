package wiretest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api"
)

// Answer stands for a server: it answers a request.
type Answer func(r *http.Request, body []byte) (status int, answer []byte)

// Config makes clients of the SDK be answered by a function, with a content type.
func Config(contentType string, answer Answer) aws.Config {
	return aws.Config{
		Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""),
		HTTPClient: Client(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			status, out := answer(r, body)
			return &http.Response{
				StatusCode: status, Header: http.Header{"Content-Type": {contentType}},
				Body: io.NopCloser(bytes.NewReader(out)), Request: r,
			}, nil
		}),
	}
}

// Exchange calls an operation by a client of the SDK with every member of the input set.
// The client's server has to keep what it decodes in decoded, and to answer what it is
// given, of which every member is set. Both must arrive as they were meant.
func Exchange(t *testing.T, op *api.Operation, client func(answer api.Structure, decoded *api.Structure) any) {
	t.Helper()
	in := Sample(t, op.Input)
	answer := op.NewOutput()
	var out *api.Value
	if op.Output != nil {
		out = Sample(t, op.Output)
		answer.Decode(out)
	}
	var got api.Structure
	method := reflect.ValueOf(client(answer, &got)).MethodByName(op.Name)
	if !method.IsValid() {
		t.Skipf("this version of the SDK has no %s", op.Name)
	}
	sdkIn := reflect.New(method.Type().In(1).Elem())
	Fill(t, sdkIn.Elem(), in)
	results := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), sdkIn})
	if err, _ := results[1].Interface().(error); err != nil {
		t.Fatal(err)
	}
	want := op.NewInput()
	want.Decode(in)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("input (-sent +decoded):\n%s", diff)
	}
	if out == nil {
		return
	}
	// Filling the SDK's output from what was meant gives what it should have decoded.
	sdkOut := reflect.New(results[0].Type().Elem())
	Fill(t, sdkOut.Elem(), out)
	if diff := cmp.Diff(Printed(sdkOut), Printed(results[0])); diff != "" {
		t.Errorf("output (-encoded +decoded by the SDK):\n%s", diff)
	}
}
