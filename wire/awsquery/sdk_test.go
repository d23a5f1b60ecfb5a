package awsquery

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/wire/wiretest"
)

// TestEveryOperationWithTheSDK calls every operation of IAM and STS with the Go SDK,
// every member of the input set. Decoded, the request must be that input; the answer,
// every member of the output set, must be decoded by the SDK to that output.
func TestEveryOperationWithTheSDK(t *testing.T) {
	for _, s := range []*api.Service{iamapi.Service, stsapi.Service} {
		for _, op := range s.Operations() {
			t.Run(s.ID+"/"+op.Name, func(t *testing.T) { callWithSDK(t, op) })
		}
	}
}

func callWithSDK(t *testing.T, op *api.Operation) {
	in, out := wiretest.Sample(t, op.Input), wiretest.Sample(t, op.Output)
	var got api.Structure
	answer := op.NewOutput()
	answer.Decode(out)
	client := sdk(op.Service, func(body string) (int, []byte) {
		form, err := ParseForm(body)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := FindOperation(form, iamapi.Service, stsapi.Service); found != op {
			t.Fatalf("found %v, %v", found, err)
		}
		if got, err = Decode(op, form); err != nil {
			t.Fatalf("Decode(%s): %v", body, err)
		}
		return http.StatusOK, AppendResponse(nil, op, answer, "id")
	})
	method := reflect.ValueOf(client).MethodByName(op.Name)
	if !method.IsValid() {
		t.Skipf("this version of the SDK has no %s", op.Name)
	}
	sdkIn := reflect.New(method.Type().In(1).Elem())
	wiretest.Fill(t, sdkIn.Elem(), in)
	results := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), sdkIn})
	if err, _ := results[1].Interface().(error); err != nil {
		t.Fatal(err)
	}
	want := op.NewInput()
	want.Decode(in)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("input (-sent +decoded):\n%s", diff)
	}
	// Filling the SDK's output from what was meant gives what it should have decoded.
	sdkOut := reflect.New(results[0].Type().Elem())
	wiretest.Fill(t, sdkOut.Elem(), out)
	if diff := cmp.Diff(wiretest.Printed(sdkOut), wiretest.Printed(results[0])); diff != "" {
		t.Errorf("output (-encoded +decoded by the SDK):\n%s", diff)
	}
}

// sdk makes a client whose requests are answered by answer.
func sdk(s *api.Service, answer func(body string) (int, []byte)) any {
	httpClient := wiretest.Client(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		status, out := answer(string(body))
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {ContentType}},
			Body: io.NopCloser(bytes.NewReader(out)), Request: r,
		}, nil
	})
	cfg := aws.Config{
		Region: "us-east-1", HTTPClient: httpClient, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""),
	}
	if s == stsapi.Service {
		return sts.NewFromConfig(cfg)
	}
	return iam.NewFromConfig(cfg)
}
