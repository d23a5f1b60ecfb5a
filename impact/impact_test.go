package impact_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/impact"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/state"
)

const (
	user0  = "arn:aws:iam::" + member + ":user/u0"
	role   = "arn:aws:iam::" + member + ":role/auditor"
	shared = "arn:aws:iam::" + member + ":policy/shared"
	photo  = "arn:aws:s3:::photos/1.jpg"
	list   = "arn:aws:s3:::photos"
)

// TestChanges says of each type of change what it does to six calls.
func TestChanges(t *testing.T) {
	for name, test := range map[string]struct {
		change impact.Change
		want   []string
	}{
		"an inline policy that denies": {
			impact.Change{Type: impact.Put, For: user0, Document: doc("Deny", "s3:*", "*")},
			[]string{"refused u0 s3:GetObject 1.jpg 2"},
		},
		"an inline policy that allows": {
			impact.Change{Type: impact.Put, For: user0, Document: doc("Allow", "s3:PutObject", "*")},
			[]string{"allowed u0 s3:PutObject 1.jpg 1"},
		},
		"another document of a role's inline policy": {
			impact.Change{Type: impact.Put, For: role, Name: "all", Document: doc("Allow", "s3:Get*", "*")},
			[]string{"refused auditor s3:PutObject 1.jpg 1"},
		},
		"a managed policy in another version": {
			impact.Change{Type: impact.Put, For: shared, Document: doc("Allow", "s3:PutObject", "*")},
			[]string{"refused u0 s3:GetObject 1.jpg 2", "refused u1 s3:GetObject 1.jpg 1", "allowed u0 s3:PutObject 1.jpg 1"},
		},
		"a managed policy detached from one": {
			impact.Change{Type: impact.Detach, Policy: shared, For: user0},
			[]string{"refused u0 s3:GetObject 1.jpg 2"},
		},
		"a managed policy detached from all": {
			impact.Change{Type: impact.Detach, Policy: shared},
			[]string{"refused u0 s3:GetObject 1.jpg 2", "refused u1 s3:GetObject 1.jpg 1"},
		},
		"a managed policy attached": {
			impact.Change{Type: impact.Attach, Policy: "arn:aws:iam::aws:policy/AmazonS3FullAccess", For: user0},
			[]string{"allowed u0 s3:PutObject 1.jpg 1"},
		},
		"a boundary": {
			impact.Change{Type: impact.Boundary, For: role, Document: doc("Allow", "s3:Put*", "*")},
			[]string{"refused auditor s3:GetObject 1.jpg 1"},
		},
		"a boundary that is there": {
			impact.Change{Type: impact.Boundary, For: user0, Policy: "arn:aws:iam::aws:policy/AmazonEC2FullAccess"},
			[]string{"refused u0 s3:GetObject 1.jpg 2"},
		},
		"an SCP on the root": {
			impact.Change{Type: impact.SCP, Document: doc("Deny", "s3:GetObject", "*")},
			[]string{"refused u0 s3:GetObject 1.jpg 2", "refused auditor s3:GetObject 1.jpg 1", "refused u1 s3:GetObject 1.jpg 1"},
		},
		"an SCP on an account": {
			impact.Change{Type: impact.SCP, Target: member, Document: doc("Deny", "s3:PutObject", "*")},
			[]string{"refused auditor s3:PutObject 1.jpg 1"},
		},
		"an SCP on the management account": {
			impact.Change{Type: impact.SCP, Target: head, Document: doc("Deny", "*", "*")}, nil,
		},
		"an RCP": {
			impact.Change{Type: impact.RCP, Document: `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"*"}}`},
			[]string{"refused auditor s3:PutObject 1.jpg 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRealm(t, 2)
			if name == "an SCP on the root" || name == "an RCP" {
				test.change.Target = r.root
			}
			before := r.snapshots[state.Account(member)]
			report := r.replay(test.change, sixCalls(r))
			var got []string
			for _, e := range report.Effects {
				who, what := e.Principal[strings.LastIndexByte(e.Principal, '/')+1:], e.Resource[strings.LastIndexByte(e.Resource, '/')+1:]
				got = append(got, fmt.Sprint(e.Outcome, " ", who, " ", e.Action, " ", what, " ", e.Count))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if report.Gone+report.Otherwise+report.Unreadable != 0 {
				t.Errorf("%+v", report)
			}
			if r.snapshots[state.Account(member)] != before || before.Revision() != r.snapshots[state.Account(member)].Revision() {
				t.Error("something was changed")
			}
		})
	}
}

func sixCalls(r *realm) [][]byte {
	return [][]byte{
		r.called(r.user("u0"), "s3:GetObject", photo), r.called(r.user("u0"), "s3:GetObject", photo), r.called(r.user("u0"), "s3:PutObject", photo),
		r.called(r.user("u1"), "s3:GetObject", photo), r.called(r.auditor(), "s3:PutObject", photo), r.called(r.auditor(), "s3:GetObject", photo),
	}
}

func (r *realm) replay(c impact.Change, calls [][]byte) impact.Report {
	r.t.Helper()
	p, err := impact.New(r.source, c, r.env())
	if err != nil {
		r.t.Fatal(err)
	}
	err = p.All(func(each func(string, time.Time, []byte) bool) error {
		for i, data := range calls {
			each(fmt.Sprint("e", i), noon.Add(time.Duration(i)*time.Minute), data)
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	report, err := p.Report()
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

// An effect tells when it was first and last, and some events.
func TestEffectNamesEvents(t *testing.T) {
	r := newRealm(t, 1)
	var calls [][]byte
	for range 5 {
		calls = append(calls, r.called(r.user("u0"), "s3:GetObject", photo))
	}
	report := r.replay(impact.Change{Type: impact.Detach, Policy: shared}, calls)
	want := []impact.Effect{{
		Outcome: impact.Refused, Principal: user0, Action: "s3:GetObject", Resource: photo, Count: 5,
		First: noon, Last: noon.Add(4 * time.Minute), Events: []string{"e0", "e1", "e2"},
	}}
	if diff := cmp.Diff(want, report.Effects); diff != "" {
		t.Error(diff)
	}
	if report.Calls != 5 || report.Refused != 5 || report.Allowed != 0 || !report.First.Equal(noon) || !report.Last.Equal(noon.Add(4*time.Minute)) {
		t.Errorf("%+v", report)
	}
}

// What cannot be decided, or would be decided otherwise anyway, is told and not laid to
// the change.
func TestWhatIsNotTheChangesDoing(t *testing.T) {
	r := newRealm(t, 3)
	calls := [][]byte{
		r.called(r.user("u0"), "s3:GetObject", photo), r.called(r.user("u1"), "s3:GetObject", photo), r.called(r.user("u2"), "s3:GetObject", photo),
		{99}, {1},
	}
	r.change(func(d *state.Draft) error {
		e := r.edit(d, member)
		if err := e.Detach("user", "u1", shared); err != nil {
			return err
		}
		if err := e.Detach("user", "u2", shared); err != nil {
			return err
		}
		return e.DeleteUser("u2")
	})
	report := r.replay(impact.Change{Type: impact.Detach, Policy: shared}, calls)
	if report.Calls != 5 || report.Refused != 1 || report.Otherwise != 1 || report.Gone != 1 || report.Unreadable != 2 {
		t.Errorf("%+v", report)
	}
	other := r.replay(impact.Change{Type: impact.Put, For: "arn:aws:iam::" + member + ":role/auditor", Document: doc("Deny", "*", "*")}, calls[:1])
	if other.Refused != 0 || other.Unconcerned != 0 {
		t.Errorf("%+v", other)
	}
}

// What could not be read to the end is no report.
func TestReadingThatFails(t *testing.T) {
	r := newRealm(t, 1)
	p, err := impact.New(r.source, impact.Change{Type: impact.Detach, Policy: shared}, r.env())
	if err != nil {
		t.Fatal(err)
	}
	data, broken, n := r.called(r.user("u0"), "s3:GetObject", photo), errors.New("the disk"), 0
	err = p.All(func(each func(string, time.Time, []byte) bool) error {
		for ; n < 1000; n++ {
			each("e", noon, data)
		}
		return broken
	})
	if report, _ := p.Report(); err != broken || report.Refused != n {
		t.Errorf("error %v, %d of %d calls", err, report.Refused, n)
	}
}

// A call of several targets is allowed if all are, and what is named is the one that is
// refused.
func TestCallOfSeveralTargets(t *testing.T) {
	r := newRealm(t, 1)
	calls := [][]byte{r.called(r.auditor(), "iam:CreateUser", user0, "iam:TagUser", user0)}
	report := r.replay(impact.Change{Type: impact.Put, For: role, Document: doc("Deny", "iam:TagUser", "*")}, calls)
	if len(report.Effects) != 1 || report.Effects[0].Action != "iam:TagUser" {
		t.Errorf("%+v", report)
	}
}

// A change that would be refused is refused, with the error that it would get.
func TestChangesThatCannotBe(t *testing.T) {
	r := newRealm(t, 1)
	for name, test := range map[string]struct {
		change impact.Change
		code   apierror.Code
	}{
		"no type":                  {impact.Change{For: user0, Document: "{}"}, apierror.ValidationError},
		"no ARN":                   {impact.Change{Type: impact.Put, For: "u0", Document: "{}"}, apierror.ValidationError},
		"no account":               {impact.Change{Type: impact.Put, For: "arn:aws:iam::111111111111:user/u0", Document: "{}"}, apierror.NoSuchEntity},
		"nobody":                   {impact.Change{Type: impact.Put, For: user0 + "x", Document: doc("Allow", "*", "*")}, apierror.NoSuchEntity},
		"no policy":                {impact.Change{Type: impact.Put, For: user0, Document: "{"}, apierror.MalformedPolicyDocument},
		"not attached":             {impact.Change{Type: impact.Detach, For: role, Policy: shared}, apierror.NoSuchEntity},
		"attached to nothing":      {impact.Change{Type: impact.Detach, Policy: "arn:aws:iam::" + member + ":policy/none"}, apierror.NoSuchEntity},
		"a boundary of a policy":   {impact.Change{Type: impact.Boundary, For: shared, Document: doc("Allow", "*", "*")}, apierror.NoSuchEntity},
		"an SCP on nothing":        {impact.Change{Type: impact.SCP, Target: "ou-none", Document: doc("Allow", "*", "*")}, apierror.NoSuchEntity},
		"no organization's policy": {impact.Change{Type: impact.Detach, Policy: "p-00000000"}, apierror.NoSuchEntity},
	} {
		_, err := impact.New(r.source, test.change, r.env())
		if got := apierror.Of(err); got == nil || got.Code != test.code {
			t.Errorf("%s: error %v, want %s", name, err, test.code)
		}
	}
}

// TestReplayIsWhatTheChangeDoes makes random changes of random policies, and holds what a
// replay says to decisions after the change was really made.
func TestReplayIsWhatTheChangeDoes(t *testing.T) {
	base := newRealm(t, 3)
	actions, resources := []string{"s3:GetObject", "s3:PutObject", "s3:*", "*", "s3:Get*"}, []string{photo, list, "*", "arn:aws:s3:::photos/*"}
	rapid.Check(t, func(t *rapid.T) {
		r := &realm{t: base.t, snapshots: map[state.AggregateID]*state.Snapshot{}, random: base.random, root: base.root, org: base.org}
		for id, s := range base.snapshots {
			r.snapshots[id] = s
		}
		var calls [][]byte
		for range rapid.IntRange(1, 8).Draw(t, "calls") {
			who := r.auditor()
			if n := rapid.IntRange(0, 3).Draw(t, "who"); n < 3 {
				who = r.user(fmt.Sprint("u", n))
			}
			calls = append(calls, r.called(who, rapid.SampledFrom(actions[:2]).Draw(t, "action"), rapid.SampledFrom(resources[:2]).Draw(t, "resource")))
		}
		d := doc(rapid.SampledFrom([]string{"Allow", "Deny"}).Draw(t, "effect"), rapid.SampledFrom(actions).Draw(t, "actions"), rapid.SampledFrom(resources).Draw(t, "resources"))
		change, really := r.drawChange(t, d)
		report := r.replay(change, calls)
		z, before := authz.New(site), state.NewView(r.source)
		for id := range r.snapshots {
			before.Snapshot(id) // it keeps showing what it has shown
		}
		r.change(really)
		after, refused, allowed := state.NewView(r.source), 0, 0
		for _, data := range calls {
			c, err := asked.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			is, was := z.Decide(after, &c.Caller, c.Targets[0], noon), z.Decide(before, &c.Caller, c.Targets[0], noon)
			if was.Allowed() && !is.Allowed() {
				refused++
			}
			if is.Allowed() && !was.Allowed() {
				allowed++
			}
		}
		if report.Refused != refused || report.Allowed != allowed {
			t.Fatalf("%+v: refused %d, allowed %d; really %d and %d", change, report.Refused, report.Allowed, refused, allowed)
		}
	})
}

// drawChange is a change, and the same as it is really made.
func (r *realm) drawChange(t *rapid.T, d string) (impact.Change, func(*state.Draft) error) {
	switch rapid.IntRange(0, 4).Draw(t, "change") {
	case 0:
		return impact.Change{Type: impact.Put, For: user0, Document: d}, func(w *state.Draft) error {
			return r.edit(w, member).PutInline("user", "u0", "proposed", d)
		}
	case 1:
		return impact.Change{Type: impact.Put, For: shared, Document: d}, func(w *state.Draft) error {
			_, err := r.edit(w, member).CreatePolicyVersion(shared, d, true)
			return err
		}
	case 2:
		return impact.Change{Type: impact.Boundary, For: role, Document: d}, func(w *state.Draft) error {
			e := r.edit(w, member)
			p, err := e.CreatePolicy(identity.NewPolicy{Name: "boundary", Document: d})
			if err != nil {
				return err
			}
			return e.PutRolePermissionsBoundary("auditor", p.ARN)
		}
	case 3:
		return impact.Change{Type: impact.SCP, Target: r.root, Document: d}, func(w *state.Draft) error {
			e := r.editOrg(w)
			p, err := e.CreatePolicy(organization.NewPolicy{Name: "scp", Type: organization.ServiceControl, Content: d})
			if err != nil {
				return err
			}
			return e.AttachPolicy(p.ID, r.root)
		}
	}
	return impact.Change{Type: impact.Detach, Policy: shared}, func(w *state.Draft) error {
		e := r.edit(w, member)
		for i := range 3 {
			if err := e.Detach("user", fmt.Sprint("u", i), shared); err != nil {
				return err
			}
		}
		return nil
	}
}
