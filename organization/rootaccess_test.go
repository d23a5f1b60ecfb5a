package organization

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

func newDraft() *state.Draft {
	return state.NewDraft(func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil })
}

var management = Standing{OrganizationID: "o-exampleorgid", AllFeatures: true, TrustsIAM: true, Management: true}

// TestWhoMay: each condition is asked for in AWS's order, and what is refused changes
// nothing.
func TestWhoMay(t *testing.T) {
	with := func(change func(*Standing)) Standing {
		s := management
		change(&s)
		return s
	}
	for _, c := range []struct {
		name         string
		standing     Standing
		list, turnOn apierror.Code
	}{
		{name: "no organization", list: organizationNotFound, turnOn: organizationNotFound},
		{name: "billing only", standing: with(func(s *Standing) { s.AllFeatures = false }), list: notAllFeatures, turnOn: notAllFeatures},
		{name: "no trusted access", standing: with(func(s *Standing) { s.TrustsIAM = false }), list: accessNotEnabled, turnOn: accessNotEnabled},
		{name: "a member", standing: with(func(s *Standing) { s.Management = false }), list: notAdministrator, turnOn: notAdministrator},
		{name: "a delegated administrator", standing: with(func(s *Standing) { s.Management, s.Delegated = false, true }), turnOn: notManagement},
		{name: "the management account", standing: management},
	} {
		d := newDraft()
		_, err := RootFeatures(d, c.standing)
		if got := code(err); got != c.list {
			t.Errorf("%s lists: %q, want %q", c.name, got, c.list)
		}
		_, err = DisableRootFeature(d, c.standing, RootSessions)
		if got := code(err); got != c.list {
			t.Errorf("%s disables: %q, want %q", c.name, got, c.list)
		}
		_, err = EnableRootFeature(d, c.standing, RootSessions)
		if got := code(err); got != c.turnOn {
			t.Errorf("%s enables: %q, want %q", c.name, got, c.turnOn)
		}
		if d.Changed() != (c.turnOn == "") {
			t.Errorf("%s: the draft is changed: %v", c.name, d.Changed())
		}
	}
}

func code(err error) apierror.Code {
	var e *apierror.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// TestFeatures: the features are a set.
func TestFeatures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, on := newDraft(), map[string]bool{}
		for range rapid.IntRange(0, 6).Draw(t, "steps") {
			f := rapid.SampledFrom([]string{RootSessions, RootCredentialsManagement}).Draw(t, "feature")
			change := DisableRootFeature
			if on[f] = rapid.Bool().Draw(t, "on"); on[f] {
				change = EnableRootFeature
			}
			got, err := change(d, management, f)
			listed, _ := RootFeatures(d, management)
			if err != nil || !slices.Equal(got, listed) {
				t.Fatalf("%v (%v), listed %v", got, err, listed)
			}
		}
		listed, _ := RootFeatures(d, management)
		for _, f := range []string{RootSessions, RootCredentialsManagement} {
			if slices.Contains(listed, f) != on[f] {
				t.Fatalf("%v, want %v", listed, on)
			}
		}
	})
}
