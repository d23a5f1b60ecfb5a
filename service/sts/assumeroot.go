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
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/service"
)

// rootSessionDuration is how long a session of AssumeRoot lasts unless less is asked
// for; the API model lets nobody ask for more.
const rootSessionDuration = 900 * time.Second

// memberOf is the account whose root user AssumeRoot asks for, by its ARN or its
// account's number.
func memberOf(c *service.Call, principal string) (account string, ok bool) {
	if deployment.ValidAccountID(principal) {
		return principal, true
	}
	p, err := arn.Parse(principal)
	return p.Account, err == nil && deployment.ValidAccountID(p.Account) && principal == c.OtherAccount(p.Account).RootARN()
}

// assumeRootTargets asks for sts:AssumeRoot on the member's root user: by the caller's
// own policies, those of both accounts' organization, and by the standing that the
// caller's account has in it. An account that has none is asked as on something of its
// own, so that it hears of policies what it would hear of them anywhere.
func assumeRootTargets(c *service.Call, in *stsapi.AssumeRootInput) ([]authz.Target, error) {
	member, ok := memberOf(c, in.TargetPrincipal)
	if !ok {
		return nil, apierror.New(apierror.ValidationError, "%s is invalid", in.TargetPrincipal)
	}
	policyARN := stringOf(in.TaskPolicyArn.Arn)
	task, ok := organization.RootTask(c.Tools.Site.Partition, policyARN)
	if !ok {
		return nil, apierror.New(apierror.ValidationError, "%s is not a policy for the tasks of a root user.", policyARN)
	}
	if c.Caller.Kind == authn.Root {
		return nil, notAuthorizedRoot(c, member)
	}
	t := authz.Target{
		Action: "sts:AssumeRoot", Resource: c.OtherAccount(member).RootARN(), Account: c.Caller.Account, Keys: []authz.Key{authz.Value("sts:TaskPolicyArn", policyARN)},
	}
	if organization.AdmitsRootSession(c.World, c.Caller.Account, member, task) {
		t.Account, t.Granted = member, []*eval.Policy{organization.AdmittingRootSessions(c.Caller.Account)}
	}
	return []authz.Target{t}, nil
}

// assumeRoot gives a session of a member's root user, which its task policy limits.
func assumeRoot(c *service.Call, in *stsapi.AssumeRootInput) (*stsapi.AssumeRootOutput, error) {
	member, _ := memberOf(c, in.TargetPrincipal)
	task, _ := organization.RootTask(c.Tools.Site.Partition, stringOf(in.TaskPolicyArn.Arn))
	if !organization.AdmitsRootSession(c.World, c.Caller.Account, member, task) {
		return nil, notAuthorizedRoot(c, member)
	}
	owner := c.OtherAccount(member)
	record := session.Record{
		Kind: session.Root, AssumedRoot: true, Account: member, PrincipalARN: owner.RootARN(), UniqueID: member, IssuedTo: c.Caller.ARN,
		ManagedPolicies: []string{*in.TaskPolicyArn.Arn}, Chained: c.Caller.Temporary(),
	}
	if s := c.Caller.Session; s != nil {
		record.SourceIdentity = s.SourceIdentity
	}
	lasts := rootSessionDuration
	if in.DurationSeconds != nil {
		// No time at all may be asked for, but there is no session that has none.
		lasts = max(time.Duration(*in.DurationSeconds)*time.Second, time.Second)
	}
	issued, err := issue(c, owner, record, lasts)
	if err != nil {
		return nil, err
	}
	c.Concern(member, owner.RootARN(), "")
	out := &stsapi.AssumeRootOutput{Credentials: &issued.credentials}
	if record.SourceIdentity != "" {
		out.SourceIdentity = &record.SourceIdentity
	}
	return out, nil
}

func notAuthorizedRoot(c *service.Call, member string) error {
	return apierror.New(apierror.AccessDenied, "User: %s is not authorized to perform: sts:AssumeRoot on resource: %s", c.Caller.ARN, c.OtherAccount(member).RootARN())
}
