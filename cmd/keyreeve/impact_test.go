package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestImpactReport(t *testing.T) {
	i := impactReport{
		From: "FROM", To: "TO", Calls: 9, First: "FIRST", Refused: 3, Allowed: 1, OfOthers: 2, Gone: 1, Otherwise: 1, EffectCount: 3,
		Effects: []impactEffect{
			{Outcome: "refused", Principal: "ann", Action: "s3:GetObject", Resource: "photo", Count: 3, First: "A", Last: "B", Events: []string{"e1", "e2"}},
			{Outcome: "allowed", Principal: "bob", Action: "s3:PutObject", Resource: "photo", Count: 1, First: "C", Last: "C", Events: []string{"e3"}},
		},
	}
	var out strings.Builder
	i.print(&out, colours(false))
	want := `9 calls recorded from FROM to TO, the first at FIRST

3 calls would be refused
  3 calls by ann
    s3:GetObject on photo
    from A to B, events e1 e2

1 call would be newly allowed
  1 call by bob
    s3:PutObject on photo
    at C, events e3

more effects: 1, see --max 3

2 calls of accounts that the change is not for

1 call of users and roles that are not there any more: they are not decided anew

1 call would be decided otherwise today than they were, without the change
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestImpactExitCode(t *testing.T) {
	for _, test := range []struct {
		failOn string
		report impactReport
		want   error
	}{
		{"any", impactReport{}, nil},
		{"any", impactReport{Refused: 1}, exitCode(3)},
		{"any", impactReport{Allowed: 1}, exitCode(3)},
		{"refused", impactReport{Allowed: 1}, nil},
		{"allowed", impactReport{Allowed: 1}, exitCode(3)},
		{"none", impactReport{Refused: 1, Allowed: 1}, nil},
	} {
		if got := test.report.verdict(impactFails[test.failOn]); !errors.Is(got, test.want) {
			t.Errorf("%s of %+v: %v, want %v", test.failOn, test.report, got, test.want)
		}
	}
	if err := (impactReport{Unreadable: 1}).verdict(impactFails["any"]); err == nil || errors.Is(err, exitCode(3)) {
		t.Errorf("%v of a report that is not whole", err)
	}
}

func TestProposalsThatDoNotFit(t *testing.T) {
	for name, p := range map[string]proposal{
		"none":                  {},
		"two":                   {attach: "arn:aws:iam::aws:policy/X", detach: "arn:aws:iam::aws:policy/X", principal: "arn"},
		"attached to nobody":    {attach: "arn:aws:iam::aws:policy/X"},
		"a target of a policy":  {attach: "arn:aws:iam::aws:policy/X", principal: "arn", target: "ou-1"},
		"an SCP without target": {attach: "p-12345678"},
		"an SCP for somebody":   {attach: "p-12345678", principal: "arn", target: "ou-1"},
		"a name of no document": {detach: "arn:aws:iam::aws:policy/X", principal: "arn", name: "n"},
		"a boundary for nobody": {boundary: "arn:aws:iam::aws:policy/X"},
	} {
		_, err := p.params()
		if _, usage := errors.AsType[usageError](err); !usage {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := proposal{boundary: "arn:aws:iam::aws:policy/X", principal: "arn"}.params()
	if err != nil || got.Get("ChangeType") != "boundary" || got.Get("Policy") != "arn:aws:iam::aws:policy/X" || got.Has("PolicyDocument") {
		t.Errorf("%v %v", got, err)
	}
}
