package sts

import (
	"time"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
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
	return &stsapi.GetDelegatedAccessTokenOutput{Credentials: issued.shape(), AssumedPrincipal: &record.PrincipalARN, PackedPolicySize: &issued.packed}, nil
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

// rootTasks are the policies that a session of AssumeRoot can have (STS API reference,
// AssumeRoot), by what comes after policy/ in their ARNs.
var rootTasks = map[string]bool{
	"root-task/IAMAuditRootUserCredentials": true, "root-task/IAMCreateRootUserPassword": true, "root-task/IAMDeleteRootUserCredentials": true,
	"root-task/S3UnlockBucketPolicy": true, "root-task/SQSUnlockQueuePolicy": true,
}

// memberRoot is the ARN of the root user that AssumeRoot asks for, by its ARN or its
// account's number.
func memberRoot(c *service.Call, principal string) (string, bool) {
	if deployment.ValidAccountID(principal) {
		return c.OtherAccount(principal).RootARN(), true
	}
	p, err := arn.Parse(principal)
	return principal, err == nil && deployment.ValidAccountID(p.Account) && principal == c.OtherAccount(p.Account).RootARN()
}

func assumeRootTargets(c *service.Call, in *stsapi.AssumeRootInput) ([]authz.Target, error) {
	root, ok := memberRoot(c, in.TargetPrincipal)
	if !ok {
		return nil, apierror.New(apierror.ValidationError, "%s is invalid", in.TargetPrincipal)
	}
	task, err := arn.Parse(stringOf(in.TaskPolicyArn.Arn))
	if err != nil || task.Service != "iam" || task.Account != "aws" || task.Partition != c.Tools.Site.Partition || len(task.Resource) < 7 || !rootTasks[task.Resource[len("policy/"):]] {
		return nil, apierror.New(apierror.ValidationError, "%s is not a policy for the tasks of a root user.", stringOf(in.TaskPolicyArn.Arn))
	}
	if c.Caller.Kind == authn.Root {
		return nil, notAuthorizedRoot(c, root)
	}
	return []authz.Target{{
		Action: "sts:AssumeRoot", Resource: root, Account: c.Caller.Account, Keys: []authz.Key{authz.Value("sts:TaskPolicyArn", *in.TaskPolicyArn.Arn)},
	}}, nil
}

// assumeRoot refuses everybody: sessions of root users are given by the management
// account of an organization to itself, and there is no organization.
func assumeRoot(c *service.Call, in *stsapi.AssumeRootInput) (*stsapi.AssumeRootOutput, error) {
	root, _ := memberRoot(c, in.TargetPrincipal)
	return nil, notAuthorizedRoot(c, root)
}

func notAuthorizedRoot(c *service.Call, root string) error {
	return apierror.New(apierror.AccessDenied, "User: %s is not authorized to perform: sts:AssumeRoot on resource: %s", c.Caller.ARN, root)
}

func stringOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
