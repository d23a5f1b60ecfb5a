package catalog

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestServices(t *testing.T) {
	r := Default()
	services, actions, types, rcp := 0, 0, 0, 0
	levels := []AccessLevel{List, Read, Write, Tagging, PermissionsManagement}
	for s := range r.Services() {
		services++
		actions += len(s.Actions())
		types += len(s.ResourceTypes())
		if s.RCP() {
			rcp++
		}
		if got, ok := r.Service(strings.ToUpper(s.Prefix())); !ok || got != s {
			t.Errorf("service %s is not found in upper case", s.Prefix())
		}
		for _, a := range s.Actions() {
			if !slices.Contains(levels, a.AccessLevel) {
				t.Errorf("%s: access level %q", a, a.AccessLevel)
			}
			checkKeys(t, s, a.String(), a.ConditionKeys)
			for _, u := range a.Resources {
				checkKeys(t, s, a.String(), u.ConditionKeys)
				if _, ok := s.ResourceType(u.Type); !ok {
					t.Errorf("%s: no resource type %s", a, u.Type)
				}
			}
		}
		for _, rt := range s.ResourceTypes() {
			checkKeys(t, s, rt.Name, rt.ConditionKeys)
			if !strings.HasPrefix(rt.ARN, "arn:${Partition}:") && rt.ARN != "*" {
				t.Errorf("%s %s: ARN pattern %q", s.Prefix(), rt.Name, rt.ARN)
			}
		}
	}
	got := []int{services, actions, types, rcp}
	if want := []int{456, 22091, 2334, 62}; !slices.Equal(got, want) {
		t.Errorf("services, actions, resource types, services with RCPs: %v, want %v", got, want)
	}
}

// checkKeys holds keys that are used to be known, to the service and at large.
func checkKeys(t *testing.T, s *Service, where string, keys []string) {
	for _, name := range keys {
		if k, ok := s.Key(name); !ok || k.Name != name {
			t.Errorf("%s: service does not know key %s", where, name)
		}
		if k, ok := Default().Key(name); !ok || !strings.EqualFold(k.Name, name) {
			t.Errorf("%s: key %s is not in the catalog (found %q)", where, name, k.Name)
		}
	}
}

// TestEveryActionIsFound looks up every action in lower and in upper case.
func TestEveryActionIsFound(t *testing.T) {
	r := Default()
	for s := range r.Services() {
		for _, a := range s.Actions() {
			for _, spelling := range []string{a.String(), strings.ToLower(a.String()), strings.ToUpper(a.String())} {
				if got, ok := r.Action(spelling); !ok || got.String() != a.String() {
					t.Errorf("Action(%s) = %s, %t", spelling, got, ok)
				}
			}
		}
	}
}

// TestAnyMixOfCases looks up actions with each letter's case drawn.
func TestAnyMixOfCases(t *testing.T) {
	var actions []Action
	for s := range Default().Services() {
		actions = append(actions, s.Actions()...)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SampledFrom(actions).Draw(t, "action")
		spelling := []byte(a.String())
		for i, upper := range rapid.SliceOfN(rapid.Bool(), len(spelling), len(spelling)).Draw(t, "upper") {
			if upper {
				spelling[i] = strings.ToUpper(string(spelling[i]))[0]
			} else {
				spelling[i] = lower(spelling[i])
			}
		}
		if got, ok := Default().Action(string(spelling)); !ok || got.String() != a.String() {
			t.Fatalf("Action(%s) = %s, %t", spelling, got, ok)
		}
	})
}

func TestActionNotFound(t *testing.T) {
	for _, name := range []string{
		"", ":", "iam", "iam:", ":CreateUser", "iam:*", "iam:CreateUse?", "iam:CreateUser ", "iam:CreateUserr",
		"iam:iam:CreateUser", "s3:CreateUser", "nosuch:CreateUser", "*", "iam:createu\u017fer",
		strings.Repeat("i", 300) + ":" + strings.Repeat("x", 3000),
	} {
		if a, ok := Default().Action(name); ok {
			t.Errorf("Action(%.40q) = %s, want none", name, a)
		}
	}
}

func TestActionInFull(t *testing.T) {
	got, _ := Default().Action("iam:passrole")
	want := Action{
		Service: "iam", Name: "PassRole", AccessLevel: Write,
		Resources:     []ResourceUse{{Type: "role", Required: true}},
		ConditionKeys: []string{"iam:AssociatedResourceArn", "iam:PassedToService"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("iam:PassRole (-want +got):\n%s", diff)
	}
	run, _ := Default().Action("ec2:RunInstances")
	i := slices.IndexFunc(run.Resources, func(u ResourceUse) bool { return u.Type == "capacity-reservation" })
	keys := []string{"aws:ResourceTag/${TagKey}", "ec2:IsLaunchTemplateResource", "ec2:LaunchTemplate"}
	if diff := cmp.Diff(ResourceUse{Type: "capacity-reservation", ConditionKeys: keys}, run.Resources[i]); diff != "" {
		t.Errorf("ec2:RunInstances on a capacity reservation (-want +got):\n%s", diff)
	}
}

// TestActionAllocatesNothing: decisions look actions up.
func TestActionAllocatesNothing(t *testing.T) {
	r := Default()
	r.Action("iam:CreateUser")
	if n := testing.AllocsPerRun(100, func() { r.Action("iam:CreateUser") }); n != 0 {
		t.Errorf("%v allocations a look-up", n)
	}
}
