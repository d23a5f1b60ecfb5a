package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// form is a way in which policies can be composed.
type form struct {
	name string
	sets func(whole, mine, its eval.Policies) []*eval.Set
}

// forms are as one set, two or three, with a full index, with one of services and
// with none.
var forms = []form{
	{"one set", func(whole, _, _ eval.Policies) []*eval.Set { return []*eval.Set{eval.Compose(whole)} }},
	{"two sets", func(_, mine, its eval.Policies) []*eval.Set {
		return []*eval.Set{eval.Compose(mine), eval.Compose(its)}
	}},
	{"mixed sets", func(_, mine, its eval.Policies) []*eval.Set {
		return []*eval.Set{eval.Unindexed(mine), eval.Compose(its)}
	}},
	{"sets mixed", func(_, mine, its eval.Policies) []*eval.Set {
		return []*eval.Set{eval.Compose(mine), eval.Unindexed(its)}
	}},
	{"turned sets", func(_, mine, its eval.Policies) []*eval.Set {
		return []*eval.Set{eval.Compose(its), eval.Compose(mine)}
	}},
	{"three sets", func(_, mine, its eval.Policies) []*eval.Set {
		session := eval.Policies{Session: mine.Session, Resource: its.Resource}
		mine.Session = nil
		return []*eval.Set{eval.Compose(mine), eval.Unindexed(session), eval.Compose(eval.Policies{RCPs: its.RCPs})}
	}},
	{"none between", func(whole, _, _ eval.Policies) []*eval.Set { return []*eval.Set{eval.Compose(whole), nil, nil} }},
	{"no index", func(whole, _, _ eval.Policies) []*eval.Set { return []*eval.Set{eval.Unindexed(whole)} }},
	{"at most 4", func(whole, _, _ eval.Policies) []*eval.Set { return []*eval.Set{eval.ComposeWithin(whole, 4)} }},
	{"at most 8", func(whole, _, _ eval.Policies) []*eval.Set { return []*eval.Set{eval.ComposeWithin(whole, 8)} }},
}

func (f *form) of(pol *eval.Policies) []*eval.Set {
	mine, its := *pol, eval.Policies{Resource: pol.Resource, RCPs: pol.RCPs}
	mine.Resource, mine.RCPs = nil, nil
	return f.sets(*pol, mine, its)
}

// TestTooManySets: what cannot be looked at denies.
func TestTooManySets(t *testing.T) {
	all := eval.Compose(eval.Policies{Identity: []*eval.Policy{policyOf(t, `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)}})
	v, d := all.Decide(request("s3:GetObject"), nil, nil, all), all.Explain(request("s3:GetObject"), nil, nil, all)
	if v.Allowed() || !v.Fault || d.Allowed() || d.Fault == "" {
		t.Errorf("four sets: %+v and %+v", v, d)
	}
	if v := all.Decide(request("s3:GetObject"), nil, nil); !v.Allowed() {
		t.Errorf("three sets: %+v", v)
	}
}

// checkForms holds all composed forms to the plain one.
func checkForms(t *testing.T, req *eval.Request, pol *eval.Policies, d eval.Decision) bool {
	ok := true
	for i := range forms {
		ok = checkForm(t, &forms[i], req, pol, d) && ok
	}
	return ok
}

// checkForm holds a composed form to the plain one, in all that they say.
func checkForm(t *testing.T, f *form, req *eval.Request, pol *eval.Policies, d eval.Decision) bool {
	sets := f.of(pol)
	s, with := sets[0], sets[1:]
	v := s.Decide(req, with...)
	ok := v.Outcome == d.Outcome && v.Kind == d.Kind && v.CrossAccount == d.CrossAccount && v.Fault == (d.Fault != "")
	if !ok {
		t.Errorf("%s: Decide says %v by %v (cross account %v, fault %v), without an index %v by %v",
			f.name, v.Outcome, v.Kind, v.CrossAccount, v.Fault, d.Outcome, d.Kind)
	}
	if want, got := facts(d), facts(s.Explain(req, with...)); want != got {
		t.Errorf("%s: Explain (-without an index +with):\n%s", f.name, cmp.Diff(want, got))
		return false
	}
	return ok
}

// facts is a decision as text.
func facts(d eval.Decision) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v by %v cross %v fault %q org %v boundary %v %s\n",
		d.Outcome, d.Kind, d.CrossAccount, d.Fault, d.OrganizationsAllow, d.BoundaryAllows, d.Reason("s3:GetObject"))
	for _, m := range d.Matched {
		fmt.Fprintf(&b, "%v %p\n", m.Kind, m.Statement)
	}
	return b.String()
}

// An index that would grow too large becomes one of services, and then none.
func TestBoundOfIndex(t *testing.T) {
	statements := `{"Effect": "Deny", "Action": "s1:Get1*", "Resource": "*"}`
	for bit := range 9 { // so that hardly two actions are in the same statements
		var actions []string
		for i := range 300 {
			if (i+1)>>bit&1 == 1 {
				actions = append(actions, fmt.Sprintf(`"s%d:Get%d"`, i%10, i))
			}
		}
		statements += `, {"Effect": "Allow", "Action": [` + strings.Join(actions, ",") + `], "Resource": "*"}`
	}
	pol := eval.Policies{Identity: []*eval.Policy{policyOf(t, `{"Version": "2012-10-17", "Statement": [`+statements+`]}`)}}
	for bound, want := range map[int][2]bool{10_000: {true, true}, 200: {true, false}, 50: {false, false}} {
		s := eval.ComposeWithin(pol, bound)
		if indexed, byAction := s.Indexed(); indexed != want[0] || byAction != want[1] {
			t.Errorf("at most %d candidates: indexed %v, by action %v", bound, indexed, byAction)
		}
		for action, want := range map[string]eval.Outcome{
			"s0:Get0": eval.Allowed, "S0:gET290": eval.Allowed, "s1:Get11": eval.ExplicitDeny, "s1:Get21": eval.Allowed,
			"s1:Get100": eval.ImplicitDeny, "s1:Get": eval.ImplicitDeny, "t:Get0": eval.ImplicitDeny,
		} {
			if action == "s1:Get100" {
				want = eval.ExplicitDeny
			}
			if v := s.Decide(request(action)); v.Outcome != want {
				t.Errorf("at most %d candidates: %s is %v, want %v", bound, action, v.Outcome, want)
			}
		}
	}
}

func request(action string) *eval.Request {
	return &eval.Request{
		Principal: eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::111122223333:user/ann", Account: "111122223333"},
		Action:    action, Resource: "arn:aws:s3:::b/k", ResourceAccount: "111122223333",
	}
}

// Letters outside of ASCII that become ASCII ones in lower case are compared as
// those.
func TestActionsOutsideOfASCII(t *testing.T) {
	const kelvin = "\u212a"
	pol := eval.Policies{Identity: []*eval.Policy{
		policyOf(t, `{"Statement": {"Effect": "Allow", "Action": ["sqs:Pic`+kelvin+`", "sqs:lac`+kelvin+`*", "sqs:ÉTÉ"], "Resource": "*"}}`),
	}}
	for action, want := range map[string]eval.Outcome{
		"sqs:Pick": eval.Allowed, "sqs:PIC" + kelvin: eval.Allowed, "sqs:Lacks": eval.Allowed, "sqs:LAC" + kelvin + "S": eval.Allowed,
		"sqs:été": eval.Allowed, "SQS:Été": eval.Allowed, "sqs:ete": eval.ImplicitDeny,
	} {
		for i := range forms {
			sets := forms[i].of(&pol)
			if v := sets[0].Decide(request(action), sets[1:]...); v.Outcome != want {
				t.Errorf("%s: %q is %v, want %v", forms[i].name, action, v.Outcome, want)
			}
		}
	}
}

// Decide answers without memory of its own, and without making callers' requests
// live in the heap.
func TestDecideAllocatesNothing(t *testing.T) {
	for _, name := range []string{"a", "b", "c", "hostile"} {
		questions, i := newWorkload(t, name).questions, 0
		if n := testing.AllocsPerRun(len(questions), func() {
			q := &questions[i%len(questions)]
			request := q.Request
			q.Mine.Decide(&request, q.Its)
			i++
		}); n != 0 {
			t.Errorf("workload %s: %v allocations", name, n)
		}
	}
}
