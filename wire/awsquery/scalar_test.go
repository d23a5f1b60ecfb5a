package awsquery

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
)

// Of some types no input of IAM or STS has a member; other services will.
func TestParseScalar(t *testing.T) {
	for _, c := range []struct {
		typ  api.Type
		text string
		want *api.Value // nil is refused
	}{
		{api.IntegerType, "2147483647", &api.Value{Integer: 2147483647}},
		{api.IntegerType, "-2147483648", &api.Value{Integer: -2147483648}},
		{api.IntegerType, "2147483648", nil},
		{api.IntegerType, "+1", nil},
		{api.IntegerType, "1_000", nil},
		{api.IntegerType, "0x10", nil},
		{api.IntegerType, " 1", nil},
		{api.IntegerType, "1.0", nil},
		{api.IntegerType, "", nil},
		{api.LongType, "2147483648", &api.Value{Integer: 2147483648}},
		{api.LongType, "9223372036854775808", nil},
		{api.DoubleType, "1.5e3", &api.Value{Float: 1500}},
		{api.DoubleType, "NaN", nil},
		{api.DoubleType, "Inf", nil},
		{api.DoubleType, "0x1p4", nil},
		{api.DoubleType, "1_0", nil},
		{api.BooleanType, "true", &api.Value{Bool: true}},
		{api.BooleanType, "False", &api.Value{}},
		{api.BooleanType, "1", nil},
		{api.BooleanType, "", nil},
		{api.TimestampType, "2026-05-04T03:02:01Z", &api.Value{Time: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)}},
		{api.TimestampType, "2026-05-04T03:02:01.5+02:00", &api.Value{Time: time.Date(2026, 5, 4, 1, 2, 1, 5e8, time.UTC)}},
		{api.TimestampType, "2026-05-04", nil},
		{api.TimestampType, "1777777777", nil},
		{api.TimestampType, "9999-12-31T23:59:59-01:00", nil}, // is the year 10000
		{api.BlobType, "AGI=", &api.Value{Blob: []byte("\x00b")}},
		{api.BlobType, "AGI", nil},
		{api.StringType, " as it is\n", &api.Value{String: " as it is\n"}},
	} {
		m := &api.Member{Name: "X", Shape: &api.Shape{Type: c.typ}}
		got, err := new(decoder).scalar(c.text, m, "X")
		if c.want == nil {
			if err == nil {
				t.Errorf("%q is no type %d, but was read", c.text, c.typ)
			}
			continue
		}
		c.want.Shape = m.Shape
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", c.text, err, diff)
		}
	}
}

// Lists longer than those that are searched one by one.
func TestLongLists(t *testing.T) {
	const n = 5 * indexFrom
	var form strings.Builder
	form.WriteString("Action=TagUser&Version=2010-05-08&UserName=alice")
	want := &iamapi.TagUserInput{UserName: "alice"}
	for i := n; i > 0; i-- {
		fmt.Fprintf(&form, "&Tags.member.%d.Value=v%d", i, i)
	}
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&form, "&Tags.member.%d.Key=k%d", i, i)
		want.Tags = append(want.Tags, iamapi.Tag{Key: fmt.Sprintf("k%d", i), Value: fmt.Sprintf("v%d", i)})
	}
	parsed, err := ParseForm(form.String())
	if err != nil {
		t.Fatal(err)
	}
	v, err := Parse(iamapi.TagUser.Operation, parsed) // more tags than the constraints allow
	if err != nil {
		t.Fatal(err)
	}
	got := new(iamapi.TagUserInput)
	got.Decode(v)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestParseMap(t *testing.T) {
	op := turned(iamapi.GetAccountSummary.Operation)
	for _, c := range []struct {
		form string
		want map[string]int32 // nil is refused
	}{
		{"SummaryMap.entry.7.key=Users&SummaryMap.entry.7.value=2&SummaryMap.entry.1.value=0&SummaryMap.entry.1.key=Groups", map[string]int32{"Users": 2, "Groups": 0}},
		{"SummaryMap=", map[string]int32{}},
		{"SummaryMap.entry.1.key=a&SummaryMap.entry.1.value=1&SummaryMap.entry.2.key=a&SummaryMap.entry.2.value=2", nil}, // a key twice
		{"SummaryMap.entry.1.key=a", nil},
		{"SummaryMap.entry.1.value=1", nil},
		{"SummaryMap.entry.1.key=a&SummaryMap.entry.1.value=1&SummaryMap.entry.1.more=1", nil},
		{"SummaryMap.entry.1.key.x=a&SummaryMap.entry.1.value=1", nil},
		{"SummaryMap.entry.1=a&SummaryMap.entry.1.key=a&SummaryMap.entry.1.value=1", nil},
		{"SummaryMap.1.key=a&SummaryMap.1.value=1", nil},
		{"SummaryMap.entry.0.key=a&SummaryMap.entry.0.value=1", nil},
		{"SummaryMap.entry.1.key=a&SummaryMap.entry.1.value=x", nil},
	} {
		form, err := ParseForm(c.form)
		if err != nil {
			t.Fatal(err)
		}
		v, err := Parse(op, form)
		if c.want == nil {
			if err == nil {
				t.Errorf("%s was read", c.form)
			}
			continue
		}
		got := new(iamapi.GetAccountSummaryOutput)
		got.Decode(v)
		if diff := cmp.Diff(c.want, got.SummaryMap); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", c.form, err, diff)
		}
	}
}
