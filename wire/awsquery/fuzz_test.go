package awsquery

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
)

// FuzzForm: whatever a form is, it is refused with an error for the caller, or what was
// understood can be written as a form that is understood the same.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"Action=CreateUser&Version=2010-05-08&UserName=alice&Path=%2F&Tags.member.1.Key=team&Tags.member.1.Value=red",
		"Action=CreateUser&Version=2010-05-08&UserName=alice&Tags=",                                          // an empty list
		"Action=UntagUser&Version=2010-05-08&UserName=a&TagKeys.member.7=b&TagKeys.member.2=a",               // gaps, order
		"Action=ListUsers&Version=2010-05-08&MaxItems=-1",                                                    // a number
		"Action=GetAccountAuthorizationDetails&Version=2010-05-08&Filter.member.2147483647=Role",             // a huge index
		"Action=UpdateAccountPasswordPolicy&Version=2010-05-08&RequireSymbols=TRUE&MaxPasswordAge=90",        // a boolean
		"Action=SimulateCustomPolicy&Version=2010-05-08&ContextEntries.member.1.ContextKeyValues.member.1=x", // depth
		"Action=AssumeRole&Version=2011-06-15&RoleArn=%F0%9F%90%AB&RoleSessionName=a+b&DurationSeconds=900",
		"Action=GetUser&Version=2010-05-08&UserName.x=1&UserName=2", // both a value and more
		"Action=GetUser&Version=2010-05-08&UserName=%zz",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		form, err := ParseForm(raw)
		if err == nil {
			var op *api.Operation
			if op, err = FindOperation(form, iamapi.Service, stsapi.Service); err == nil {
				err = roundTrip(t, op, form)
			}
		}
		if err != nil && apierror.Of(err) == nil {
			t.Fatalf("error %v is not for the caller", err)
		}
	})
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
