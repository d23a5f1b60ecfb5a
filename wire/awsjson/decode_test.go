package awsjson

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/apierror"
)

// operation gives the operation with a name, of either service.
func operation(t testing.TB, name string) *api.Operation {
	for _, s := range []*api.Service{orgapi.Service, trailapi.Service} {
		if op := s.Operation(name); op != nil {
			return op
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

// told is an error as the cases write it.
func told(err error) string {
	e := apierror.Of(err)
	switch {
	case e == nil:
		return ""
	case e.ReasonCode != "":
		return string(e.Code) + " " + e.ReasonCode + ": " + e.Message
	}
	return e.Error()
}

func TestRefused(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/refused.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.Files)%2 != 0 || len(archive.Files) < 60 {
		t.Fatalf("%d files: each case has a request and an error", len(archive.Files))
	}
	for i := 0; i < len(archive.Files); i += 2 {
		request, refusal := archive.Files[i], archive.Files[i+1]
		name, op, _ := strings.Cut(request.Name, "/")
		if refusal.Name != name+"/error" {
			t.Fatalf("%s is followed by %s", request.Name, refusal.Name)
		}
		t.Run(name, func(t *testing.T) {
			_, err := Decode(operation(t, op), request.Data)
			if diff := cmp.Diff(strings.TrimSpace(string(refusal.Data)), told(err)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, op, body string
		want           api.Structure
	}{
		{"an empty body is an empty object", "ListAccounts", " \n", &orgapi.ListAccountsInput{}},
		{"null is absent", "ListAccounts", `{"NextToken":null}`, &orgapi.ListAccountsInput{}},
		{"an empty list is not nil", "TagResource", `{"ResourceId":"r-abcd","Tags":[]}`, &orgapi.TagResourceInput{ResourceId: "r-abcd", Tags: []orgapi.Tag{}}},
		{
			"what is not known is passed over", "ListAccounts", `{"Later":{"a":[1,-2.5e3,{"a":null,"a":true}],"b":"\"}"},"MaxResults":5,"__type":"x"}`,
			&orgapi.ListAccountsInput{MaxResults: new(int32(5))},
		},
		{
			"escapes", "CreateOrganizationalUnit", `{"ParentId":"r-abcd","Name":"\"\\\/\n\u00e9\ud83d\udc2bé"}`,
			&orgapi.CreateOrganizationalUnitInput{ParentId: "r-abcd", Name: "\"\\/\né🐫é"},
		},
		{
			"times with and without a fraction", "LookupEvents", `{"StartTime":1777777777,"EndTime":1777777777.25}`,
			&trailapi.LookupEventsInput{StartTime: new(time.Unix(1777777777, 0).UTC()), EndTime: new(time.Unix(1777777777, 250_000_000).UTC())},
		},
		{
			"times with an exponent, and before 1970", "LookupEvents", `{"StartTime":-0.5,"EndTime":1.777777777E9}`,
			&trailapi.LookupEventsInput{StartTime: new(time.Unix(-1, 500_000_000).UTC()), EndTime: new(time.Unix(1777777777, 0).UTC())},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Decode(operation(t, c.op), []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestMaxValues: values are counted wherever they stand, also in what is passed over.
func TestMaxValues(t *testing.T) {
	for _, member := range []string{"TagKeys", "Later"} {
		body := func(n int) []byte {
			return []byte(`{"ResourceId":"r-abcd","` + member + `":[` + strings.TrimSuffix(strings.Repeat(`"a",`, n), ",") + `]}`)
		}
		if _, err := Parse(operation(t, "UntagResource"), body(MaxValues-2)); err != nil {
			t.Errorf("%s: %v", member, err)
		}
		if _, err := Parse(operation(t, "UntagResource"), body(MaxValues-1)); err == nil {
			t.Errorf("%s: one value more was accepted", member)
		}
	}
}

// TestInvalidUTF8 cannot stand in a text file.
func TestInvalidUTF8(t *testing.T) {
	for _, body := range []string{"{\"AccountId\":\"1\xff\"}", "{\"\xff\":1}", "{\"AccountId\":\"\\n\xc3\"}"} {
		if _, err := Decode(operation(t, "DescribeAccount"), []byte(body)); told(err) != "SerializationException: The body is not valid UTF-8." {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestFindOperation(t *testing.T) {
	for _, c := range []struct {
		target, service, name string
		found                 bool
	}{
		{"AWSOrganizationsV20161128.ListAccounts", "organizations", "ListAccounts", true},
		{"CloudTrail_20131101.LookupEvents", "cloudtrail", "LookupEvents", true},
		{"com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", "cloudtrail", "LookupEvents", true},
		{"AWSOrganizationsV20161128.Conquer", "organizations", "Conquer", false},
		{"AWSOrganizationsV20161128.listAccounts", "organizations", "listAccounts", false},
		{"v20131101.CloudTrail_20131101.LookupEvents", "", "", false},
		{"awsorganizationsv20161128.ListAccounts", "", "", false},
		{".ListAccounts", "", "", false},
		{"ListAccounts", "", "", false},
		{"", "", "", false},
	} {
		s, op, name := FindOperation(c.target, orgapi.Service, trailapi.Service)
		id := ""
		if s != nil {
			id = s.ID
		}
		if id != c.service || name != c.name || (op != nil) != c.found {
			t.Errorf("%q: %s %s %v", c.target, id, name, op != nil)
		}
	}
}
