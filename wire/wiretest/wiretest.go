// Package wiretest has what the tests of the wire protocols share: messages made of an
// API model in which every member is set and keeps its constraints ([Sample]), which
// are put into the structs of the real SDK ([Fill]) and compared with what the SDK
// reads out of an answer ([Printed]). So every operation is tested by the client that
// will call it ([Exchange]), and no table of cases needs to be kept. What some calls look
// like, byte by byte, is kept in files ([Recording]).
package wiretest

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/wire/constraint"
)

// Client is an HTTP client of an SDK whose requests a function answers.
type Client func(*http.Request) (*http.Response, error)

// Do calls the function.
func (c Client) Do(r *http.Request) (*http.Response, error) { return c(r) }

// Printed shows an SDK value without its metadata.
func Printed(v reflect.Value) string {
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

// Fill sets dst, a struct of the SDK, from v: its fields are called as the members.
func Fill(t testing.TB, dst reflect.Value, v *api.Value) {
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
			if v.Members[i] != nil {
				Fill(t, field, v.Members[i])
			}
		}
	case api.ListType:
		dst.Set(reflect.MakeSlice(dst.Type(), len(v.Items), len(v.Items)))
		for i, item := range v.Items {
			Fill(t, dst.Index(i), item)
		}
	case api.MapType:
		dst.Set(reflect.MakeMap(dst.Type()))
		for _, e := range v.Entries {
			value := reflect.New(dst.Type().Elem()).Elem()
			Fill(t, value, e.Value)
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
	"o-abcdefghij/r-abcd", "o-abcdefghij", "r-abcd", "ou-abcd-abcdefgh", "h-abcdefgh", "car-abcdefgh", "rp-abcd", "rt-abcdefgh",
	"alice@example.com", "o-abcdefghij/r-abcd/123456789012/", "arn:aws:organizations::123456789012:organization/o-abcdefghij",
	"arn:aws:organizations::123456789012:account/o-abcdefghij/123456789012", "arn:aws:organizations::123456789012:root/o-abcdefghij/r-abcd",
	"arn:aws:organizations::123456789012:ou/o-abcdefghij/ou-abcd-abcdefgh", "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
	"arn:aws:organizations::123456789012:handshake/o-abcdefghij/invite/h-abcdefgh", "arn:aws:organizations::123456789012:resourcepolicy/o-abcdefghij/rp-abcd",
	"arn:aws:organizations::123456789012:transfer/o-abcdefghij/billing/inbound/rt-abcdefgh", "p-abcdefgh1", "https://example.com/back", "v1", "AKIAIOSFODNN7EXAMPLE",
	"ABCDEFGHIJKLMNOPQRSTUV12", "arn-of-something", strings.Repeat("0123456789", 4), strings.Repeat("01:", 15) + "01a", strings.Repeat("long ", 300),
}

// Sample makes a value of shape with all members set that keeps the constraints. A
// structure that holds others of its own kind holds none of them.
func Sample(t testing.TB, s *api.Shape) *api.Value { return sample(t, s, nil) }

// sample makes a value inside others of the shapes above.
func sample(t testing.TB, s *api.Shape, above []*api.Shape) *api.Value {
	v := &api.Value{Shape: s}
	below := append(above[:len(above):len(above)], s)
	switch s.Type {
	case api.StructureType:
		for _, m := range s.Members {
			var member *api.Value
			if !slices.Contains(below, m.Shape) {
				member = sample(t, m.Shape, below)
			}
			v.Members = append(v.Members, member)
		}
	case api.ListType:
		v.Items = []*api.Value{sample(t, s.Element.Shape, below), sample(t, s.Element.Shape, below)}
	case api.MapType:
		v.Entries = []api.Entry{{Key: sample(t, s.Key.Shape, below).String, Value: sample(t, s.Value.Shape, below)}}
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

func sampleString(t testing.TB, s *api.Shape) string {
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
