package organization

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// rootTasks are the tasks that can be done as a member's root user (STS API reference,
// AssumeRoot), with the features that each takes. By the IAM API reference nobody can
// perform any privileged task without RootSessions, nor manage credentials of root users
// without RootCredentialsManagement; so the tasks of IAM take both.
var rootTasks = map[string][]string{
	"IAMAuditRootUserCredentials": {RootSessions, RootCredentialsManagement}, "IAMCreateRootUserPassword": {RootSessions, RootCredentialsManagement},
	"IAMDeleteRootUserCredentials": {RootSessions, RootCredentialsManagement}, "S3UnlockBucketPolicy": {RootSessions}, "SQSUnlockQueuePolicy": {RootSessions},
}

// RootTask is the task of a policy, by its ARN.
func RootTask(partition, policyARN string) (name string, ok bool) {
	name, ok = strings.CutPrefix(policyARN, "arn:"+partition+":iam::aws:policy/root-task/")
	return name, ok && rootTasks[name] != nil
}

// AdmitsRootSession tells whether principals of an account may have sessions of the
// root user of another one for a task, and go on to use them: the first is the management account
// of an organization with central root access, or its delegated administrator for IAM;
// the second is a member of that organization; both are open (IAM User Guide, "Perform
// a privileged task on an AWS Organizations member account"). The root user of a
// management account is nobody else's.
func AdmitsRootSession(w state.World, administrator, member, task string) bool {
	s := Of(w, administrator)
	takes, known := rootTasks[task]
	if !known || s.mayAdministrate() != nil {
		return false
	}
	on := enabled(w, s)
	if slices.ContainsFunc(takes, func(feature string) bool { return !slices.Contains(on, feature) }) {
		return false
	}
	o := In(w, s.OrganizationID)
	if _, ok := o.Member(member); !ok || member == o.Facts().Management {
		return false
	}
	accounts := deployment.In(w)
	_, open := accounts.Active(administrator)
	_, memberOpen := accounts.Active(member)
	return open && memberOpen
}

// AdmittingRootSessions is what a member's root user, as a resource, has for a
// resource-based policy while AdmitsRootSession holds: the administrator's account
// allows its principals by policies of its own to have sessions of it.
func AdmittingRootSessions(administrator string) *eval.Policy {
	return allowing("central root access", `{"Effect": "Allow", "Principal": {"AWS": "`+administrator+`"}, "Action": "sts:AssumeRoot", "Resource": "*"}`)
}
