package sts

import (
	"time"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/service"
)

// getDelegatedAccessToken gives the account that made a delegation request a session
// of who accepted it, limited to the policy of the request and to the time that began
// when the token was sent. The token is the id of the request: it is good for nobody
// but the account that made that.
func getDelegatedAccessToken(c *service.Call, in *stsapi.GetDelegatedAccessTokenInput) (*stsapi.GetDelegatedAccessTokenOutput, error) {
	r, err := c.Deployment().DelegationToken(in.TradeInToken, c.Caller.Account, c.Now)
	if err != nil {
		return nil, err
	}
	owner := c.OtherAccount(r.OwnerAccount)
	record := session.Record{
		Account: owner.ID, PrincipalARN: r.Approver.ARN, UniqueID: r.Approver.UniqueID, RoleARN: r.Approver.RoleARN, SessionName: r.Approver.SessionName,
		IssuedTo: c.Caller.ARN, Tags: r.Approver.Tags, SourceIdentity: r.Approver.SourceIdentity, Chained: true,
		InlinePolicy: r.Policy, Delegate: r.Requestor,
	}
	if record.Kind, err = delegatedKind(*r.Approver); err != nil {
		return nil, err
	}
	left := r.DelegationEnds().Sub(c.Now.Truncate(time.Second)).Truncate(time.Second)
	issued, err := issue(c, owner, record, left)
	if err != nil {
		return nil, err
	}
	c.Concern(owner.ID, record.PrincipalARN, "")
	return &stsapi.GetDelegatedAccessTokenOutput{Credentials: &issued.credentials, AssumedPrincipal: &record.PrincipalARN, PackedPolicySize: &issued.packed}, nil
}

func delegatedKind(by deployment.Approver) (session.Kind, error) {
	switch by.Kind {
	case "root":
		return session.Root, nil
	case "user":
		return session.User, nil
	case "role":
		return session.Role, nil
	}
	return 0, apierror.New(apierror.ValidationError, "The trade-in token is not valid.")
}

func stringOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
