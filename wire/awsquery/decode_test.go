package awsquery

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
)

// decode is what a server does with a form.
func decode(parts ...string) (api.Structure, error) {
	form, err := ParseForm(parts...)
	if err != nil {
		return nil, err
	}
	op, err := FindOperation(form, iamapi.Service, stsapi.Service)
	if err != nil {
		return nil, err
	}
	return Decode(op, form)
}

func TestRefused(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/refused.txtar")
	if err != nil {
		t.Fatal(err)
	}
	requests, want := map[string]string{}, map[string]string{}
	for _, f := range archive.Files {
		name, kind, _ := strings.Cut(f.Name, "/")
		text := strings.TrimSpace(string(f.Data))
		switch kind {
		case "request":
			requests[name] = strings.ReplaceAll(text, "\n", "&")
		case "error":
			want[name] = text
		default:
			t.Fatalf("%s: neither request nor error", f.Name)
		}
	}
	for name := range want {
		if _, ok := requests[name]; !ok {
			t.Errorf("%s: an error without request", name)
		}
	}
	for name, request := range requests {
		t.Run(name, func(t *testing.T) {
			got := ""
			if _, err := decode(request); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(want[name], got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, form string
		want       api.Structure
	}{
		{
			"absent is nil", "Action=CreateUser&Version=2010-05-08&UserName=alice",
			&iamapi.CreateUserInput{UserName: "alice"},
		},
		{
			"an empty list is not nil", "Action=CreateUser&Version=2010-05-08&UserName=alice&Tags=",
			&iamapi.CreateUserInput{UserName: "alice", Tags: []iamapi.Tag{}},
		},
		{
			"elements are in the order of their indexes, not of the form or the alphabet",
			"Action=UntagUser&Version=2010-05-08&UserName=alice&TagKeys.member.10=c&TagKeys.member.9=b&TagKeys.member.1=a",
			&iamapi.UntagUserInput{UserName: "alice", TagKeys: []string{"a", "b", "c"}},
		},
		{
			"numbers and booleans",
			"Action=UpdateAccountPasswordPolicy&Version=2010-05-08&MinimumPasswordLength=12&RequireSymbols=true&HardExpiry=false",
			&iamapi.UpdateAccountPasswordPolicyInput{MinimumPasswordLength: new(int32(12)), RequireSymbols: new(true), HardExpiry: new(false)},
		},
		{
			"plus is a space, %2B a plus", "Action=TagUser&Version=2010-05-08&UserName=a%2Bb&Tags.member.1.Key=a+b&Tags.member.1.Value=%C3%A9",
			&iamapi.TagUserInput{UserName: "a+b", Tags: []iamapi.Tag{{Key: "a b", Value: "é"}}},
		},
		{
			"no members at all", "Action=GetAccountSummary&Version=2010-05-08",
			&iamapi.GetAccountSummaryInput{},
		},
		{
			"lengths count as in Java: 32 characters beyond the BMP are 64, and just fit",
			"Action=AssumeRole&Version=2011-06-15&RoleArn=" + strings.Repeat("%F0%9F%90%AB", 32) + "&RoleSessionName=s1",
			&stsapi.AssumeRoleInput{RoleArn: strings.Repeat("🐫", 32), RoleSessionName: "s1"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode(c.form)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestParseFormJoinsQueryStringAndBody(t *testing.T) {
	form, err := ParseForm("Action=GetUser&&X-Amz-Date=1", "", "Version=2010-05-08&UserName")
	if err != nil {
		t.Fatal(err)
	}
	want := Form{{"Action", "GetUser"}, {"X-Amz-Date", "1"}, {"Version", "2010-05-08"}, {"UserName", ""}}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if _, err := ParseForm("Action=GetUser", "Action=DeleteUser"); err == nil {
		t.Error("two actions were accepted")
	}
}

// TestMaxParameters: what counts is whether a form with many more is taken apart at all,
// so the test counts allocations, not time.
func TestMaxParameters(t *testing.T) {
	form := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "&a%d=", i)
		}
		return b.String()[1:]
	}
	if f, err := ParseForm(form(MaxParameters)); err != nil || len(f) != MaxParameters {
		t.Errorf("%d parameters: %v", MaxParameters, err)
	}
	if _, err := ParseForm(form(MaxParameters + 1)); err == nil {
		t.Errorf("%d parameters were accepted", MaxParameters+1)
	}
	huge := form(100000)
	if n := testing.AllocsPerRun(3, func() {
		if _, err := ParseForm(huge); err == nil {
			t.Error("100000 parameters were accepted")
		}
	}); n > 10 {
		t.Errorf("refusing 100000 parameters takes %v allocations", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct{ name, form string }{
		{"CreateUser", "Action=CreateUser&Version=2010-05-08&UserName=alice&Path=%2Fteam%2F&Tags.member.1.Key=team&Tags.member.1.Value=red"},
		{"PutUserPolicy6KB", "Action=PutUserPolicy&Version=2010-05-08&UserName=alice&PolicyName=p&PolicyDocument=" + strings.Repeat("%7Babc%7D", 900)},
		{"Simulate5000", func() string {
			var s strings.Builder
			s.WriteString("Action=SimulatePrincipalPolicy&Version=2010-05-08&PolicySourceArn=arn:aws:iam::123456789012:user/alice")
			for i := range 5000 {
				fmt.Fprintf(&s, "&ActionNames.member.%d=s3:Get%d", i+1, i)
			}
			return s.String()
		}()},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.form)))
			for b.Loop() {
				if _, err := decode(c.form); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
