package organizations

import (
	"fmt"
	"iter"
	"strings"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

func attachmentOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.AttachPolicy, attachPolicyTargets, attachPolicy, changesOrganization),
		service.WriteElsewhere(orgapi.DetachPolicy, detachPolicyTargets, detachPolicy, changesOrganization),
		service.Read(orgapi.ListPoliciesForTarget, listPoliciesForTargetTargets, listPoliciesForTarget),
		service.Read(orgapi.ListTargetsForPolicy, onThePolicy("ListTargetsForPolicy", func(in *orgapi.ListTargetsForPolicyInput) string { return in.PolicyId }), listTargetsForPolicy),
	}
}

// onBoth is what must be allowed to attach or detach a policy: it is done to the policy
// and to what it is attached to.
func onBoth(c *service.Call, action, policy, target string) []authz.Target {
	var keys []authz.Key
	if p, err := here(c).Policy(policy); err == nil {
		keys = append(keys, policyTypeKey(p.Type))
	}
	return append(onPolicy(c, action, policy), onNamed(c, action, arns(c).Target(target), target, keys...)...)
}

func attachPolicyTargets(c *service.Call, in *orgapi.AttachPolicyInput) ([]authz.Target, error) {
	return onBoth(c, "AttachPolicy", in.PolicyId, in.TargetId), nil
}

func attachPolicy(c *service.Call, in *orgapi.AttachPolicyInput) (*orgapi.AttachPolicyOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.AttachPolicyOutput{}, e.AttachPolicy(in.PolicyId, in.TargetId)
}

func detachPolicyTargets(c *service.Call, in *orgapi.DetachPolicyInput) ([]authz.Target, error) {
	return onBoth(c, "DetachPolicy", in.PolicyId, in.TargetId), nil
}

func detachPolicy(c *service.Call, in *orgapi.DetachPolicyInput) (*orgapi.DetachPolicyOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.DetachPolicyOutput{}, e.DetachPolicy(in.PolicyId, in.TargetId)
}

func listPoliciesForTargetTargets(c *service.Call, in *orgapi.ListPoliciesForTargetInput) ([]authz.Target, error) {
	return onNamed(c, "ListPoliciesForTarget", arns(c).Target(in.TargetId), in.TargetId, policyTypeKey(in.Filter)), nil
}

// listPoliciesForTarget lists policies in the order in which they were attached.
func listPoliciesForTarget(c *service.Call, in *orgapi.ListPoliciesForTargetInput) (*orgapi.ListPoliciesForTargetOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	attached, err := o.AttachedPolicies(in.TargetId, in.Filter)
	if err != nil {
		return nil, err
	}
	list, next, err := pageBy(c, "policies "+in.Filter+" of "+in.TargetId, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.PolicySummary] {
		return shaped(keyed(attached, from, attachmentKey), func(p organization.Attached) orgapi.PolicySummary { return *newSummary(c, o, p.Policy) })
	})
	return &orgapi.ListPoliciesForTargetOutput{Policies: list, NextToken: next}, err
}

// attachmentKey keeps the order in which policies were attached.
func attachmentKey(p organization.Attached) string { return fmt.Sprintf("%010d %s", p.Order, p.ID) }

func listTargetsForPolicy(c *service.Call, in *orgapi.ListTargetsForPolicyInput) (*orgapi.ListTargetsForPolicyOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	if _, err := o.Policy(in.PolicyId); err != nil {
		return nil, err
	}
	list, next, err := pageBy(c, "targets of "+in.PolicyId, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.PolicyTargetSummary] {
		return shaped(o.AttachmentsOf(in.PolicyId, from), func(a *organization.Attachment) orgapi.PolicyTargetSummary { return newTarget(c, o, a.Target) })
	})
	return &orgapi.ListTargetsForPolicyOutput{Targets: list, NextToken: next}, err
}

func newTarget(c *service.Call, o organization.Organization, id string) orgapi.PolicyTargetSummary {
	t := orgapi.PolicyTargetSummary{TargetId: &id, Arn: new(o.ARNs(c.Tools.Site.Partition).Target(id))}
	switch {
	case strings.HasPrefix(id, "r-"):
		t.Type, t.Name = new(orgapi.TargetTypeROOT), new(organization.RootName)
	case strings.HasPrefix(id, "ou-"):
		t.Type = new(orgapi.TargetTypeORGANIZATIONALUNIT)
		if u, ok := o.Unit(id); ok {
			t.Name = &u.Name
		}
	default:
		t.Type = new(orgapi.TargetTypeACCOUNT)
		if a, ok := c.Deployment().Account(id); ok {
			t.Name = &a.Name
		}
	}
	return t
}
