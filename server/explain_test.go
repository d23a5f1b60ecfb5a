package server_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

var explainedLevel = regexp.MustCompile(`<PolicyKind>([^<]*)</PolicyKind><Policy>([^<]*)</Policy>(?:<Level>(\d+)</Level>)?`)

// TestLevelOfADeny: an explanation tells at which levels the SCPs are that deny, above the
// caller's account, and the RCPs, above the account of the resource.
func TestLevelOfADeny(t *testing.T) {
	w := railed(t)
	operator := &world{Server: w.Server}
	w.userOf(t, w.second, "eve")
	eve := "arn:aws:iam::" + w.second + ":user/eve"
	const deny = `{"Sid": "No", "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}`
	levels := func(resource string) (found []string) {
		t.Helper()
		body := operator.operate(t, "Explain", "Principal", eve, "ActionName", "sts:AssumeRole", "Resource", resource).body
		for _, m := range explainedLevel.FindAllStringSubmatch(body, -1) {
			found = append(found, m[2]+" "+m[3])
		}
		return found
	}
	check := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q denies, want %q", what, got, want)
		}
	}
	elsewhere, here := "arn:aws:iam::"+w.first+":role/OrganizationAccountAccessRole", "arn:aws:iam::"+w.second+":role/OrganizationAccountAccessRole"

	twice := w.policy(t, types.PolicyTypeServiceControlPolicy, deny, w.rootID, w.second)
	check("at the root and at the account", levels(elsewhere), twice+" 1", twice+" 3")
	w.detach(t, twice, w.rootID)
	w.detach(t, twice, w.second)
	unit := w.policy(t, types.PolicyTypeServiceControlPolicy, deny, w.unit)
	check("at the unit", levels(elsewhere), unit+" 2")
	w.detach(t, unit, w.unit)

	rcp := w.policy(t, types.PolicyTypeResourceControlPolicy, `{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}`, w.first, w.second)
	check("of the resource, below the root", levels(elsewhere), rcp+" 2")
	check("of the resource, in the unit", levels(here), rcp+" 3")
}
