package awsquery

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/wire/constraint"
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
	in, out := sample(t, op.Input), sample(t, op.Output)
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
	fill(t, sdkIn.Elem(), in)
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
	fill(t, sdkOut.Elem(), out)
	if diff := cmp.Diff(printed(sdkOut), printed(results[0])); diff != "" {
		t.Errorf("output (-encoded +decoded by the SDK):\n%s", diff)
	}
}

// sdk makes a client whose requests are answered by answer.
func sdk(s *api.Service, answer func(body string) (int, []byte)) any {
	httpClient := roundTripper(func(r *http.Request) (*http.Response, error) {
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

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) Do(r *http.Request) (*http.Response, error) { return f(r) }

// printed shows an SDK value without its metadata.
func printed(v reflect.Value) string {
	v = reflect.Indirect(v)
	if m := v.FieldByName("ResultMetadata"); m.IsValid() {
		m.SetZero()
	}
	var b strings.Builder
	show(&b, v)
	return b.String()
}

func show(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil\n")
			return
		}
		show(b, v.Elem())
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			fmt.Fprintln(b, at.UTC())
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fmt.Fprintf(b, "%s: ", f.Name)
				show(b, v.Field(i))
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			fmt.Fprintf(b, "%q\n", v.Bytes())
			return
		}
		fmt.Fprintf(b, "%d of them\n", v.Len())
		for i := range v.Len() {
			show(b, v.Index(i))
		}
	default: // fmt sorts maps
		fmt.Fprintln(b, v.Interface())
	}
}

// fill sets dst, a struct of the SDK, from v: its fields are called as the members.
func fill(t *testing.T, dst reflect.Value, v *api.Value) {
	if dst.Kind() == reflect.Pointer {
		dst.Set(reflect.New(dst.Type().Elem()))
		dst = dst.Elem()
	}
	switch v.Shape.Type {
	case api.StructureType:
		for i, m := range v.Shape.Members {
			field := dst.FieldByName(strings.ToUpper(m.Name[:1]) + m.Name[1:])
			if !field.IsValid() {
				t.Logf("this version of the SDK has no %s.%s", v.Shape.Name, m.Name)
				v.Members[i] = nil
				continue
			}
			fill(t, field, v.Members[i])
		}
	case api.ListType:
		dst.Set(reflect.MakeSlice(dst.Type(), len(v.Items), len(v.Items)))
		for i, item := range v.Items {
			fill(t, dst.Index(i), item)
		}
	case api.MapType:
		dst.Set(reflect.MakeMap(dst.Type()))
		for _, e := range v.Entries {
			value := reflect.New(dst.Type().Elem()).Elem()
			fill(t, value, e.Value)
			dst.SetMapIndex(reflect.ValueOf(e.Key).Convert(dst.Type().Key()), value)
		}
	case api.StringType:
		dst.SetString(v.String)
	case api.IntegerType, api.LongType:
		dst.SetInt(v.Integer)
	case api.BooleanType:
		dst.SetBool(v.Bool)
	case api.BlobType:
		dst.SetBytes(v.Blob)
	case api.TimestampType:
		dst.Set(reflect.ValueOf(v.Time))
	default:
		t.Fatalf("no sample of type %d", v.Shape.Type)
	}
}

// samples are strings of which one satisfies every pattern.
var samples = []string{
	`a<b>&"c" é` + "\t\n", "alice", "/team/", "123456", "arn:aws:iam::123456789012:user/alice", "123456789012",
	"o-abcdefghij/r-abcd", "o-abcdefghij", "p-abcdefgh1", "https://example.com/back", "v1", "AKIAIOSFODNN7EXAMPLE",
	"ABCDEFGHIJKLMNOPQRSTUV12", "arn-of-something", strings.Repeat("0123456789", 4), strings.Repeat("01:", 15) + "01a", strings.Repeat("long ", 300),
}

// sample makes a value of shape with all members set that keeps the constraints.
func sample(t *testing.T, s *api.Shape) *api.Value {
	v := &api.Value{Shape: s}
	switch s.Type {
	case api.StructureType:
		for _, m := range s.Members {
			v.Members = append(v.Members, sample(t, m.Shape))
		}
	case api.ListType:
		v.Items = []*api.Value{sample(t, s.Element.Shape), sample(t, s.Element.Shape)}
	case api.MapType:
		v.Entries = []api.Entry{{Key: sample(t, s.Key.Shape).String, Value: sample(t, s.Value.Shape)}}
	case api.StringType:
		v.String = sampleString(t, s)
	case api.IntegerType, api.LongType:
		v.Integer = 42
		if s.Min != nil {
			v.Integer = *s.Min
		}
	case api.BooleanType:
		v.Bool = true
	case api.BlobType:
		v.Blob = []byte("\x00blob")
	case api.TimestampType:
		v.Time = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	}
	return v
}

func sampleString(t *testing.T, s *api.Shape) string {
	candidates := samples
	if s.Enum != nil {
		candidates = s.Enum
	}
	holder := &api.Shape{Type: api.StructureType, Members: []*api.Member{{Name: "X", Shape: s}}}
	for _, c := range candidates {
		v := &api.Value{Shape: holder, Members: []*api.Value{{Shape: s, String: c}}}
		if constraint.Check(v, constraint.Style{}) == nil {
			return c
		}
	}
	t.Fatalf("no sample of %s", s.Name)
	return ""
}
