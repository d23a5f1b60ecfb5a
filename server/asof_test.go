package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// TestAsOfInAnOrganization: decisions of an earlier time are under the guard rails of
// then, and an account tells which those were.
func TestAsOfInAnOrganization(t *testing.T) {
	w := railed(t)
	operator := &world{Server: w.Server}
	w.userOf(t, w.second, "eve")
	account, eve := "arn:aws:iam::"+w.second+":root", "arn:aws:iam::"+w.second+":user/eve"
	free := time.Now()
	scp := w.policy(t, types.PolicyTypeServiceControlPolicy, `{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}`, w.unit)
	railed := time.Now()
	w.detach(t, scp, w.unit)
	arn := "arn:aws:organizations::111122223333:policy/" + w.id + "/service_control_policy/" + scp

	explain := func(at time.Time) string {
		a := operator.operate(t, "Explain", "Principal", eve, "ActionName", "s3:GetObject", "Resource", "arn:aws:s3:::photos/1.jpg", "AsOf", at.UTC().Format(time.RFC3339Nano))
		return a.body
	}
	get := func(at time.Time, arn string) string {
		return strings.ReplaceAll(operator.operate(t, "GetAsOf", "Resource", arn, "AsOf", at.UTC().Format(time.RFC3339Nano)).body, "&quot;", `"`)
	}
	for what, test := range map[string]struct {
		body, want, unwanted string
	}{
		"before the SCP":          {explain(free), "<Decision>allowed</Decision>", scp},
		"under the SCP":           {explain(railed), "<Decision>explicitDeny</Decision>", "allowed</Decision>"},
		"after it":                {explain(time.Now()), "<Decision>allowed</Decision>", "explicitDeny"},
		"the account before":      {get(free, account), `"organization":"` + w.id + `"`, scp},
		"the account under it":    {get(railed, account), scp, "<Error>"},
		"the SCP while attached":  {get(railed, arn), `"targets":["` + w.unit + `"]`, "<Error>"},
		"the SCP when it was not": {get(time.Now(), arn), `"targets":[]`, w.unit},
	} {
		if !strings.Contains(test.body, test.want) || strings.Contains(test.body, test.unwanted) {
			t.Errorf("%s: want %q and not %q in\n%s", what, test.want, test.unwanted, test.body)
		}
	}
}
