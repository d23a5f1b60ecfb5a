package awsquery

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
)

// FuzzForm: whatever the parameters of an operation are, they are refused with an error
// for the caller, or what was understood can be written as a form that is understood the
// same. The operation is a number, so that its name survives the mutation of the rest.
func FuzzForm(f *testing.F) {
	ops := append(iamapi.Service.Operations(), stsapi.Service.Operations()...)
	for _, op := range ops {
		ops = append(ops, turned(op))
	}
	number := func(name string) uint16 {
		return uint16(slices.IndexFunc(ops, func(op *api.Operation) bool { return op.Name == name }))
	}
	for _, seed := range []struct{ op, form string }{
		{"CreateUser", "UserName=alice&Path=%2F&Tags.member.1.Key=team&Tags.member.1.Value=red"},
		{"CreateUser", "Action=CreateUser&Version=2010-05-08&UserName=alice&Tags="}, // an empty list
		{"UntagUser", "UserName=a&TagKeys.member.7=b&TagKeys.member.2=a"},           // gaps, order
		{"ListUsers", "MaxItems=-1"},                                                      // a number
		{"GetAccountAuthorizationDetails", "Filter.member.2147483647=Role"},               // a huge index
		{"UpdateAccountPasswordPolicy", "RequireSymbols=TRUE&MaxPasswordAge=90"},          // a boolean
		{"SimulateCustomPolicy", "ContextEntries.member.1.ContextKeyValues.member.1=x"},   // depth
		{"AssumeRole", "RoleArn=%F0%9F%90%AB&RoleSessionName=a+b&DurationSeconds=900"},    // encodings
		{"AssumeRole", "PolicyArns.member.1.arn=a&PolicyArns.member.2.arn=b&TokenCode=1"}, // structures in a list
		{"GetUser", "UserName.x=1&UserName=2"},                                            // both a value and more
		{"GetUser", "UserName=%zz"},
		{"GetAccountSummaryAnswer", "SummaryMap.entry.2.key=a&SummaryMap.entry.2.value=1&SummaryMap.entry.1.key=b&SummaryMap.entry.1.value=2"},
		{"GetUserAnswer", "User.CreateDate=2026-05-04T03:02:01.5Z&User.Tags.member.1.Key=a"},
		{"GetUser", "X-Amz-Date=1&UserName=a%2Bb"},
	} {
		f.Add(number(seed.op), seed.form)
	}
	f.Fuzz(func(t *testing.T, n uint16, raw string) {
		form, err := ParseForm(raw)
		if err == nil {
			err = roundTrip(t, ops[int(n)%len(ops)], form)
		}
		if err != nil && apierror.Of(err) == nil {
			t.Fatalf("error %v is not for the caller", err)
		}
	})
}

// turned takes what op answers as its input: answers have times and maps, too.
func turned(op *api.Operation) *api.Operation {
	return &api.Operation{Service: op.Service, Name: op.Name + "Answer", Input: op.Output, NewInput: op.NewOutput}
}

// roundTrip checks the property for whatever Parse accepts, whether or not it keeps the
// constraints: these have nothing to do with form syntax. A required member that is
// missing becomes an empty one by being written, so only the second writing must change
// nothing then.
func roundTrip(t *testing.T, op *api.Operation, form Form) error {
	v, err := Parse(op, form)
	if err != nil {
		return err
	}
	first := op.NewInput()
	first.Decode(v)
	second, again := rewrite(t, op, first)
	if _, err := Decode(op, form); err == nil {
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("written and read, an accepted input differs:\n%s", diff)
		}
		if _, err := Decode(op, again); err != nil {
			t.Fatalf("accepted, written and refused: %v", err)
		}
	}
	third, _ := rewrite(t, op, second)
	if diff := cmp.Diff(second, third); diff != "" {
		t.Fatalf("written and read once more, an input differs:\n%s", diff)
	}
	return nil
}

// rewrite writes in as a form and reads that.
func rewrite(t *testing.T, op *api.Operation, in api.Structure) (api.Structure, Form) {
	form, err := ParseForm(string(AppendRequest(nil, op, in)))
	if err != nil {
		t.Fatalf("our own form is refused: %v", err)
	}
	v, err := Parse(op, form)
	if err != nil {
		t.Fatalf("our own parameters are refused: %v", err)
	}
	out := op.NewInput()
	out.Decode(v)
	return out, form
}
