package iam_test

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/deployment"
)

// fillDelegation gives the inputs of operations on delegation requests; there is a
// request that somebody owns.
func fillDelegation(w *world, values map[string]any, there bool) {
	const id = "11111111-2222-4333-8444-555555555555"
	e := deployment.Edit(w.draft)
	if _, err := e.Delegation(id, account); err != nil {
		w.must(e.CreateDelegation(deployment.DelegationRequest{ID: id, Requestor: account, Workflow: "there", SessionDuration: 900}, 1, now))
		w.must(e.AssociateDelegation(id, account, "arn:aws:iam::"+account+":user/team/alice", now))
	}
	values["DelegationRequestId"] = id
	if !there {
		values["DelegationRequestId"] = "22222222-2222-4333-8444-555555555555"
	}
	values["EntityArn"] = "arn:aws:iam::" + account + ":delegation-request/" + values["DelegationRequestId"].(string)
	values["OwnerId"] = "arn:aws:iam::" + account + ":user/team/alice"
	values["NotificationChannel"] = "arn:aws:sns:eu-central-1:" + account + ":updates"
	values["Permissions"] = iamapi.DelegationPermission{PolicyTemplateArn: new("arn:aws:iam::" + account + ":policy/p")}
	values["EntityPath"] = "o-a1b2c3d4e5/r-f6g7h8i9j0"
	values["OrganizationsPolicyId"] = "p-FullAWSAccess"
}
