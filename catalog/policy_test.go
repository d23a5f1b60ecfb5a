package catalog

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestPolicies(t *testing.T) {
	r := Default()
	id := regexp.MustCompile(`^ANPA[A-Z2-7]{17}$`)
	seen := map[string]string{}
	var names []string
	for p := range r.Policies() {
		names = append(names, strings.ToLower(p.Name))
		if !json.Valid([]byte(p.Document())) || !strings.HasPrefix(p.Document(), "{") {
			t.Errorf("%s: document %.40q is no JSON object", p.Name, p.Document())
		}
		if other := seen[p.ID]; other != "" || !id.MatchString(p.ID) {
			t.Errorf("%s: id %s, also of %q", p.Name, p.ID, other)
		}
		seen[p.ID] = p.Name
		if p.CreateDate.IsZero() || p.UpdateDate.Before(p.CreateDate) {
			t.Errorf("%s: created %v, updated %v", p.Name, p.CreateDate, p.UpdateDate)
		}
		if got, ok := r.Policy(p.ARN); !ok || got != p {
			t.Errorf("Policy(%s) = %v, %t", p.ARN, got, ok)
		}
	}
	if len(names) != 1485 || r.PolicyCount() != 1485 {
		t.Errorf("%d policies, count says %d; want 1485", len(names), r.PolicyCount())
	}
	if !slices.IsSorted(names) {
		t.Error("policies do not come in order")
	}
}

func TestPolicyARN(t *testing.T) {
	for _, test := range []struct {
		arn, name string // no name: not found
	}{
		{"arn:aws:iam::aws:policy/ReadOnlyAccess", "ReadOnlyAccess"},
		{"arn:aws-cn:iam::aws:policy/ReadOnlyAccess", "ReadOnlyAccess"},
		{"arn:aws-us-gov:iam::aws:policy/job-function/Billing", "Billing"},
		{"arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy", "AmazonECSServiceRolePolicy"},
		{"arn:aws:iam::aws:policy/readonlyaccess", ""},
		{"arn:aws:iam::aws:policy/Billing", ""}, // another path
		{"arn:aws:iam::aws:policy/job-function/ReadOnlyAccess", ""},
		{"arn:aws:iam::123456789012:policy/ReadOnlyAccess", ""},
		{"arn:aws-mars:iam::aws:policy/ReadOnlyAccess", ""},
		{"arn::iam::aws:policy/ReadOnlyAccess", ""},
		{"ReadOnlyAccess", ""},
		{"arn:aws:iam::aws:policy", ""},
		{"arn:aws:iam::aws:policy/", ""},
		{"arn:aws:iam::aws:policy/ZZZ" + strings.Repeat("Z", 1000), ""},
		{"", ""},
	} {
		p, ok := Default().Policy(test.arn)
		if ok != (test.name != "") || p.Name != test.name || ok && p.ARN != test.arn {
			t.Errorf("Policy(%.80s) = %s, %s, %t; want %q", test.arn, p.Name, p.ARN, ok, test.name)
		}
	}
}

// TestPolicyID pins ids: accounts refer to policies by them, so no release may
// change how they are derived.
func TestPolicyID(t *testing.T) {
	p, _ := Default().Policy("arn:aws-cn:iam::aws:policy/AdministratorAccess")
	if want := "ANPAXUEARDEVTUHKHZ23E"; p.ID != want {
		t.Errorf("id %s, want %s", p.ID, want)
	}
}

func TestServiceLinkedOnly(t *testing.T) {
	only := 0
	for p := range Default().Policies() {
		if p.ServiceLinkedOnly() {
			only++
		}
		if p.ServiceLinkedOnly() != strings.Contains(p.ARN, ":policy/aws-service-role/") {
			t.Errorf("%s: ServiceLinkedOnly is %t", p.ARN, p.ServiceLinkedOnly())
		}
	}
	if only != 339 {
		t.Errorf("%d policies are for service-linked roles only, want 339", only)
	}
}
