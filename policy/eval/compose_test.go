package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// forms composes policies in all the ways in which they can be: as one set or as
// two, with a full index, with one of services and with none.
func forms(pol *eval.Policies) map[string][2]*eval.Set {
	mine, its := *pol, eval.Policies{Resource: pol.Resource, RCPs: pol.RCPs}
	mine.Resource, mine.RCPs = nil, nil
	made := map[string][2]*eval.Set{
		"one set":     {eval.Compose(*pol), nil},
		"two sets":    {eval.Compose(mine), eval.Compose(its)},
		"mixed sets":  {eval.ComposeWithin(mine, 0), eval.Compose(its)},
		"mixed sets'": {eval.Compose(mine), eval.ComposeWithin(its, 0)},
	}
	for _, n := range []int{0, 4, 8} {
		made[fmt.Sprint("at most ", n)] = [2]*eval.Set{eval.ComposeWithin(*pol, n), nil}
	}
	return made
}

// checkForms holds the composed forms to the plain one, in all that they say.
func checkForms(t *testing.T, req *eval.Request, pol *eval.Policies, d eval.Decision) bool {
	ok := true
	for name, sets := range forms(pol) {
		v := sets[0].Decide(req, sets[1])
		if v.Outcome != d.Outcome || v.Kind != d.Kind || v.CrossAccount != d.CrossAccount || v.Fault != (d.Fault != "") {
			t.Errorf("%s: Decide says %v by %v (cross account %v, fault %v), without an index %v by %v",
				name, v.Outcome, v.Kind, v.CrossAccount, v.Fault, d.Outcome, d.Kind)
			ok = false
		}
		if diff := cmp.Diff(facts(d), facts(sets[0].Explain(req, sets[1]))); diff != "" {
			t.Errorf("%s: Explain (-without an index +with):\n%s", name, diff)
			ok = false
		}
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
			if v := s.Decide(request(action), nil); v.Outcome != want {
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
		for name, sets := range forms(&pol) {
			if v := sets[0].Decide(request(action), sets[1]); v.Outcome != want {
				t.Errorf("%s: %q is %v, want %v", name, action, v.Outcome, want)
			}
		}
	}
}

// Decide answers without memory of its own.
func TestDecideAllocatesNothing(t *testing.T) {
	for _, name := range []string{"a", "b", "c", "hostile"} {
		questions, i := newWorkload(t, name).questions, 0
		if n := testing.AllocsPerRun(len(questions), func() {
			q := &questions[i%len(questions)]
			q.mine.Decide(&q.request, q.its)
			i++
		}); n != 0 {
			t.Errorf("workload %s: %v allocations", name, n)
		}
	}
}
