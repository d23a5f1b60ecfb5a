package catalog

import (
	"strings"
	"testing"
)

func TestValidRegion(t *testing.T) {
	for _, test := range []struct {
		partition, region string
		want              bool
	}{
		{"aws", "us-east-1", true},
		{"aws", "aws-global", true},
		{"aws", "eu-narnia-9", true}, // opens tomorrow
		{"aws-cn", "cn-north-1", true},
		{"aws-us-gov", "us-gov-west-1", true},
		{"aws-iso-e", "eu-isoe-west-1", true},
		{"aws", "cn-north-1", false},
		{"aws", "us-gov-west-1", false},
		{"aws-cn", "us-east-1", false},
		{"aws", "", false},
		{"aws", "US-EAST-1", false},
		{"aws", "us-east-1\n", false},
		{"aws", "us-east-1/x", false},
		{"aws", "us-east-" + strings.Repeat("1", 100), false},
		{"mars", "us-east-1", false},
	} {
		if got := Default().ValidRegion(test.partition, test.region); got != test.want {
			t.Errorf("ValidRegion(%s, %.20q) = %t", test.partition, test.region, got)
		}
	}
}

func TestPartitions(t *testing.T) {
	n := 0
	for p := range Default().Partitions() {
		n++
		if got, ok := Default().Partition(p.Name); !ok || got.DNSSuffix != p.DNSSuffix || p.DNSSuffix == "" {
			t.Errorf("Partition(%s) = %v, %t", p.Name, got, ok)
		}
		for _, region := range append(p.Regions, p.GlobalRegion) {
			if !Default().ValidRegion(p.Name, region) {
				t.Errorf("%s: region %s is not valid", p.Name, region)
			}
		}
	}
	if n != 8 {
		t.Errorf("%d partitions, want 8", n)
	}
}

func TestServiceLinkedRoles(t *testing.T) {
	n := 0
	for role := range Default().ServiceLinkedRoles() {
		n++
		if got, ok := Default().ServiceLinkedRole(role.Principal); !ok || got != role {
			t.Errorf("ServiceLinkedRole(%s) = %v, %t", role.Principal, got, ok)
		}
		p, ok := Default().Policy(role.PolicyARN)
		if ok == role.PolicyWithdrawn || ok && !p.ServiceLinkedOnly() {
			t.Errorf("%s: policy %s found: %t, withdrawn: %t", role.Principal, role.PolicyName, ok, role.PolicyWithdrawn)
		}
		suffix := map[string]bool{"autoscaling": true, "connect": true, "lexv2": true}[strings.TrimSuffix(role.Principal, ".amazonaws.com")]
		if role.CustomSuffix != suffix {
			t.Errorf("%s: custom suffix %t", role.Principal, role.CustomSuffix)
		}
	}
	if n != 72 {
		t.Errorf("%d service-linked roles, want 72", n)
	}
	for _, principal := range []string{"", "ecs", "ECS.amazonaws.com", "nosuch.amazonaws.com"} {
		if role, ok := Default().ServiceLinkedRole(principal); ok {
			t.Errorf("ServiceLinkedRole(%q) = %v", principal, role)
		}
	}
}
