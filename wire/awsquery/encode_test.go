package awsquery

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
)

func TestAppendResponse(t *testing.T) {
	const iamNS, stsNS = "https://iam.amazonaws.com/doc/2010-05-08/", "https://sts.amazonaws.com/doc/2011-06-15/"
	created := time.Date(2026, 5, 4, 3, 2, 1, 999, time.FixedZone("", 2*3600))
	for _, c := range []struct {
		name string
		op   *api.Operation
		out  api.Structure
		want string
	}{
		{
			"a structure", iamapi.CreateUser.Operation,
			&iamapi.CreateUserOutput{User: &iamapi.User{
				Path: "/", UserName: "alice", UserId: "AIDA1", Arn: "arn", CreateDate: created,
				Tags: []iamapi.Tag{{Key: "a&b", Value: ""}},
			}},
			`<CreateUserResponse xmlns="` + iamNS + `"><CreateUserResult><User><Path>/</Path><UserName>alice</UserName><UserId>AIDA1</UserId>` +
				`<Arn>arn</Arn><CreateDate>2026-05-04T01:02:01Z</CreateDate>` +
				`<Tags><member><Key>a&amp;b</Key><Value></Value></member></Tags></User></CreateUserResult>` +
				`<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></CreateUserResponse>`,
		},
		{
			"no output", iamapi.DeleteUser.Operation, &iamapi.DeleteUserOutput{},
			`<DeleteUserResponse xmlns="` + iamNS + `"><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DeleteUserResponse>`,
		},
		{
			"a required list is there even when nil", iamapi.ListUsers.Operation, &iamapi.ListUsersOutput{IsTruncated: new(false)},
			`<ListUsersResponse xmlns="` + iamNS + `"><ListUsersResult><Users></Users><IsTruncated>false</IsTruncated></ListUsersResult>` +
				`<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></ListUsersResponse>`,
		},
		{
			"a map, sorted", iamapi.GetAccountSummary.Operation,
			&iamapi.GetAccountSummaryOutput{SummaryMap: map[string]int32{"Users": 2, "Groups": 0}},
			`<GetAccountSummaryResponse xmlns="` + iamNS + `"><GetAccountSummaryResult><SummaryMap>` +
				`<entry><key>Groups</key><value>0</value></entry><entry><key>Users</key><value>2</value></entry></SummaryMap></GetAccountSummaryResult>` +
				`<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetAccountSummaryResponse>`,
		},
		{
			"two operations of one shape have each their own wrapper", iamapi.SimulateCustomPolicy.Operation, &iamapi.SimulateCustomPolicyOutput{},
			`<SimulateCustomPolicyResponse xmlns="` + iamNS + `"><SimulateCustomPolicyResult></SimulateCustomPolicyResult>` +
				`<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></SimulateCustomPolicyResponse>`,
		},
		{
			"STS", stsapi.GetCallerIdentity.Operation, &stsapi.GetCallerIdentityOutput{Account: new("123456789012")},
			`<GetCallerIdentityResponse xmlns="` + stsNS + `"><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>` +
				`<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := string(AppendResponse([]byte("before"), c.op, c.out, "id"))
			if diff := cmp.Diff("before"+c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAppendError(t *testing.T) {
	const head = `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>`
	for _, c := range []struct {
		err    error
		status int
		want   string
	}{
		{
			fmt.Errorf("wrapped: %w", apierror.New(apierror.NoSuchEntity, "The user with name <%s> cannot be found.", "a").Because(errors.New("cause"))), 404,
			`Sender</Type><Code>NoSuchEntity</Code><Message>The user with name &lt;a&gt; cannot be found.</Message>`,
		},
		{apierror.New(apierror.EntityAlreadyExists, "m"), 409, `Sender</Type><Code>EntityAlreadyExists</Code><Message>m</Message>`},
		{apierror.New(apierror.PolicyEvaluation, "m"), 500, `Receiver</Type><Code>PolicyEvaluation</Code><Message>m</Message>`},
		{apierror.New(apierror.AccessDenied, "m"), 403, `Sender</Type><Code>AccessDenied</Code><Message>m</Message>`},
		{apierror.New(apierror.Throttling, "m"), 400, `Sender</Type><Code>Throttling</Code><Message>m</Message>`},
		{apierror.New(apierror.ServiceUnavailable, "m"), 503, `Receiver</Type><Code>ServiceUnavailable</Code><Message>m</Message>`},
		{apierror.New("NeverHeardOf", "m"), 400, `Sender</Type><Code>NeverHeardOf</Code><Message>m</Message>`},
		{errors.New("the password is secret"), 500, `Receiver</Type><Code>InternalFailure</Code><Message>` + internalMessage + `</Message>`},
	} {
		got, status := AppendError(nil, iamapi.Service, c.err, "id")
		want := head + c.want + `</Error><RequestId>id</RequestId></ErrorResponse>`
		if string(got) != want || status != c.status {
			t.Errorf("%v: %d %s, want %d %s", c.err, status, got, c.status, want)
		}
	}
	got, _ := AppendError(nil, nil, apierror.New(apierror.MissingAction, "m"), "id")
	if !strings.HasPrefix(string(got), "<ErrorResponse><Error>") {
		t.Errorf("without service: %s", got)
	}
}

// The SDK turns errors into the types that Terraform and others look for.
func TestErrorWithTheSDK(t *testing.T) {
	client := sdk(iamapi.Service, func(*http.Request, []byte) (int, []byte) {
		body, status := AppendError(nil, iamapi.Service, apierror.New(apierror.NoSuchEntity, "The user with name a\r\n&b cannot be found."), "some-id")
		return status, body
	}).(*iam.Client)
	_, err := client.GetUser(context.Background(), &iam.GetUserInput{})
	var gone *types.NoSuchEntityException
	if !errors.As(err, &gone) || gone.ErrorMessage() != "The user with name a\r\n&b cannot be found." || gone.ErrorFault() != smithy.FaultClient {
		t.Errorf("the SDK made %v", err)
	}
	var response interface{ HTTPStatusCode() int }
	if !errors.As(err, &response) || response.HTTPStatusCode() != 404 {
		t.Errorf("the SDK saw no status: %v", err)
	}
}

// FuzzText: any text is well-formed XML of valid characters, and comes back but for
// what XML cannot carry.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "alice", `<a b="c">&amp;]]>`, "\r\n\t", "\x00\x1f\x7f", "\xff\xed\xa0\x80", "\uFFFE\uFFFF\uFFFD🐫"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got struct {
			Attr string `xml:"a,attr"`
			Text string `xml:",chardata"`
		}
		text := string(appendText(nil, s))
		if err := xml.Unmarshal([]byte(`<x a="`+text+`">`+text+`</x>`), &got); err != nil {
			t.Fatalf("%q → %q: %v", s, text, err)
		}
		var want strings.Builder
		for _, r := range s { // an invalid byte is U+FFFD here, too
			if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
				r = utf8.RuneError
			}
			want.WriteRune(r)
		}
		if got.Text != want.String() || got.Attr != want.String() {
			t.Fatalf("%q came back as %q and %q", s, got.Text, got.Attr)
		}
	})
}

// Status must know every code that package apierror names for the request path, in
// the table or as 400 on purpose; the four below are what AWS documents.
func TestStatus(t *testing.T) {
	for code, want := range map[apierror.Code]int{
		apierror.ExpiredToken: 403, apierror.SignatureDoesNotMatch: 403, apierror.MissingAuthenticationToken: 403,
		apierror.InvalidClientTokenId: 403, apierror.MalformedQueryString: 404, apierror.IncompleteSignature: 400, apierror.NotImplemented: 501,
		apierror.RequestEntityTooLarge: http.StatusRequestEntityTooLarge, apierror.InvalidParameterValue: 400, apierror.RegionDisabled: 403,
	} {
		if got, _ := Status(stsapi.Service, code); got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
}

// The encoder does not know flattened lists; this fails the day a model has one.
func TestNothingIsFlattened(t *testing.T) {
	seen := map[*api.Shape]bool{}
	var walk func(t *testing.T, m *api.Member)
	visit := func(t *testing.T, s *api.Shape) {
		if seen[s] {
			return
		}
		seen[s] = true
		for _, m := range slices.Concat(s.Members, []*api.Member{s.Element, s.Key, s.Value}) {
			if m != nil {
				walk(t, m)
			}
		}
	}
	walk = func(t *testing.T, m *api.Member) {
		if flattened(m) {
			t.Errorf("%s %s is flattened", m.Name, m.Shape.Name)
		}
		visit(t, m.Shape)
	}
	for _, s := range []*api.Service{iamapi.Service, stsapi.Service} {
		for _, op := range s.Operations() {
			visit(t, op.Input)
			visit(t, op.Output)
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d shapes seen", len(seen))
	}
}

func BenchmarkAppendResponse(b *testing.B) {
	out := &iamapi.ListUsersOutput{Users: make([]iamapi.User, 100), IsTruncated: new(false)}
	for i := range out.Users {
		out.Users[i] = iamapi.User{Path: "/", UserName: "alice", UserId: "AIDAEXAMPLE", Arn: "arn:aws:iam::123456789012:user/alice", CreateDate: time.Unix(0, 0)}
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendResponse(dst[:0], iamapi.ListUsers.Operation, out, "id")
	}
	b.SetBytes(int64(len(dst)))
}

// A character is written alike wherever it stands: text is looked at in pieces.
func TestEveryCharacterAtEveryPlace(t *testing.T) {
	const around = "a text of 20 letters"
	for r := range rune(0x100) {
		alone := string(appendText(nil, string(r)))
		for i := range len(around) + 1 {
			s := around[:i] + string(r) + around[i:]
			if got, want := string(appendText(nil, s)), around[:i]+alone+around[i:]; got != want {
				t.Fatalf("%q is written as %q, want %q", s, got, want)
			}
		}
	}
}
