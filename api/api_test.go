package api_test

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
)

var services = []*api.Service{iamapi.Service, stsapi.Service}

func TestServices(t *testing.T) {
	for _, c := range []struct {
		s    *api.Service
		want api.Service
		n    int
	}{
		{iamapi.Service, api.Service{
			ID: "iam", Name: "IAM", FullName: "AWS Identity and Access Management", Abbreviation: "IAM", Version: "2010-05-08",
			Protocol: "query", Namespace: "https://iam.amazonaws.com/doc/2010-05-08/", SigningName: "iam", EndpointPrefix: "iam",
			GlobalEndpoint: "iam.amazonaws.com", EventSource: "iam.amazonaws.com",
		}, 176},
		{stsapi.Service, api.Service{
			ID: "sts", Name: "STS", FullName: "AWS Security Token Service", Abbreviation: "AWS STS", Version: "2011-06-15",
			Protocol: "query", Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", SigningName: "sts", EndpointPrefix: "sts",
			GlobalEndpoint: "sts.amazonaws.com", EventSource: "sts.amazonaws.com",
		}, 11},
	} {
		exported := cmp.FilterPath(func(p cmp.Path) bool {
			f, ok := p.Last().(cmp.StructField)
			return ok && (f.Name() == "operations" || f.Name() == "errors")
		}, cmp.Ignore())
		if diff := cmp.Diff(c.want, *c.s, exported, cmp.AllowUnexported(api.Service{})); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if n := len(c.s.Operations()); n != c.n {
			t.Errorf("%s has %d operations, want %d", c.s.ID, n, c.n)
		}
		for _, op := range c.s.Operations() {
			if c.s.Operation(op.Name) != op || op.Service != c.s {
				t.Errorf("%s is not to be found, or not linked to its service", op.Name)
			}
			if op.NewInput().Schema() != op.Input || op.NewOutput().Schema() != op.Output {
				t.Errorf("%s makes structs of other shapes than it says", op.Name)
			}
		}
		if c.s.Operation("createUser") != nil || c.s.Error("NoSuchError") != nil {
			t.Error("found what is not there")
		}
	}
}

func TestUnsigned(t *testing.T) {
	var got []string
	for _, s := range services {
		for _, op := range s.Operations() {
			if op.Unsigned {
				got = append(got, op.Name)
			}
		}
	}
	if diff := cmp.Diff([]string{"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}, got); diff != "" {
		t.Errorf("operations without signature, -want +got\n%s", diff)
	}
}

func TestPagination(t *testing.T) {
	want := &api.Pagination{InputToken: "Marker", OutputToken: "Marker", LimitKey: "MaxItems", MoreResults: "IsTruncated", ResultKeys: []string{"Users"}}
	if diff := cmp.Diff(want, iamapi.ListUsers.Pagination); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if iamapi.CreateUser.Pagination != nil {
		t.Error("CreateUser has pages")
	}
}

func TestErrors(t *testing.T) {
	want := &api.Error{Code: "NoSuchEntity", Shape: "NoSuchEntityException", HTTPStatus: 404, SenderFault: true, Members: []string{"message"}}
	if diff := cmp.Diff(want, iamapi.Service.Error("NoSuchEntity")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, s := range services {
		for _, op := range s.Operations() {
			for _, e := range op.Errors {
				if s.Error(e.Code) == nil || e.HTTPStatus < 400 || e.SenderFault != (e.HTTPStatus < 500) {
					t.Errorf("%s: %+v is unknown or makes no sense", op.Name, *e)
				}
			}
		}
	}
}

func TestTree(t *testing.T) {
	at := time.Date(2014, 3, 24, 23, 11, 59, 0, time.FixedZone("", 2*3600))
	for _, c := range []struct {
		name string
		in   api.Structure
		want map[string]any
	}{
		{"nothing", &iamapi.ListUsersInput{}, map[string]any{}},
		{"no member", &iamapi.GetAccountSummaryInput{}, map[string]any{}},
		{
			"names, times, nesting", &iamapi.CreateUserOutput{User: &iamapi.User{UserName: "alice", CreateDate: at, Tags: []iamapi.Tag{{Key: "k", Value: "v"}}}},
			map[string]any{"user": map[string]any{
				"path": "", "userName": "alice", "userId": "", "arn": "", "createDate": "Mar 24, 2014 9:11:59 PM",
				"tags": []any{map[string]any{"key": "k", "value": "v"}},
			}},
		},
		{
			"the keys of a map are data", &iamapi.GetAccountSummaryOutput{SummaryMap: map[string]int32{"Users": 2}},
			map[string]any{"summaryMap": map[string]any{"Users": 2.0}},
		},
		{
			"an empty list is there", &iamapi.TagUserInput{UserName: "a", Tags: []iamapi.Tag{}},
			map[string]any{"userName": "a", "tags": []any{}},
		},
		{
			"no secret at any depth", &iamapi.CreateAccessKeyOutput{AccessKey: iamapi.AccessKey{AccessKeyId: "AKIA", SecretAccessKey: "secret"}},
			map[string]any{"accessKey": map[string]any{"accessKeyId": "AKIA", "status": "", "userName": ""}},
		},
		{
			"no session token", &stsapi.GetSessionTokenOutput{Credentials: &stsapi.Credentials{AccessKeyId: "ASIA", SecretAccessKey: "s", SessionToken: "t", Expiration: at}},
			map[string]any{"credentials": map[string]any{"accessKeyId": "ASIA", "expiration": "Mar 24, 2014 9:11:59 PM"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := json.Marshal(api.Tree{Structure: c.in})
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// patterns gives every pattern of the inputs and outputs, by its Java spelling.
func patterns() map[string]*api.Pattern {
	found, seen := map[string]*api.Pattern{}, map[*api.Shape]bool{}
	var walk func(*api.Shape)
	walk = func(s *api.Shape) {
		if seen[s] {
			return
		}
		seen[s] = true
		if s.Pattern != nil {
			found[s.Pattern.Java] = s.Pattern
		}
		for _, m := range s.Members {
			walk(m.Shape)
		}
		for _, m := range []*api.Member{s.Element, s.Key, s.Value} {
			if m != nil {
				walk(m.Shape)
			}
		}
	}
	for _, s := range services {
		for _, op := range s.Operations() {
			walk(op.Input)
			walk(op.Output)
		}
	}
	return found
}

// FuzzPattern: whatever way Match takes, it says what the regular expression says.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{"", "alice", "a\n", "\t", "/team/", "v1.2", "o-abcdefghij", "é", "🐫", "\u2028", "arn:aws:iam::1:user/a"} {
		f.Add(seed)
	}
	all := patterns()
	compiled := map[string]*regexp.Regexp{}
	for java, p := range all {
		compiled[java] = regexp.MustCompile(`\A(?:` + p.RE2 + `)\z`)
	}
	if len(all) < 20 {
		f.Fatalf("only %d patterns", len(all))
	}
	f.Fuzz(func(t *testing.T, s string) {
		for java, p := range all {
			if got, want := p.Match(s), compiled[java].MatchString(s); got != want {
				t.Errorf("%s on %q: %v, want %v", java, s, got, want)
			}
		}
	})
}

func TestPatternOfAlias(t *testing.T) {
	alias := iamapi.CreateAccountAlias.Input.Member("AccountAlias").Shape.Pattern
	for s, want := range map[string]bool{"abc": true, "a-b": true, "a-b-c9": true, "a--b": false, "-ab": false, "ab-": false, "aB": false, "": false} {
		if got := alias.Match(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}

func TestAbsentValue(t *testing.T) {
	var v *api.Value
	if v.Get(3) != nil || v.AsString() != "" || v.AsInt32() != 0 || v.AsInt64() != 0 || v.AsFloat64() != 0 || v.AsBool() || !v.AsTime().IsZero() || v.AsBlob() != nil {
		t.Error("an absent value is not zero")
	}
	if (&api.Value{}).AsBlob() == nil {
		t.Error("an empty blob is absent")
	}
	// A struct that was used before is overwritten by absence, too.
	in := &iamapi.CreateUserInput{UserName: "a", Path: new("/"), Tags: []iamapi.Tag{{}}}
	in.Decode(nil)
	if diff := cmp.Diff(&iamapi.CreateUserInput{}, in); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
