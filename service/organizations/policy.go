package organizations

import (
	"iter"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

func policyOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.CreatePolicy, createPolicyTargets, createPolicy, changesOrganization),
		service.WriteElsewhere(orgapi.UpdatePolicy, onThePolicy("UpdatePolicy", func(in *orgapi.UpdatePolicyInput) string { return in.PolicyId }), updatePolicy, changesOrganization),
		service.WriteElsewhere(orgapi.DeletePolicy, onThePolicy("DeletePolicy", func(in *orgapi.DeletePolicyInput) string { return in.PolicyId }), deletePolicy, changesOrganization),
		service.Read(orgapi.DescribePolicy, onThePolicy("DescribePolicy", func(in *orgapi.DescribePolicyInput) string { return in.PolicyId }), describePolicy),
		service.Read(orgapi.ListPolicies, listPoliciesTargets, listPolicies),
	}
}

// onPolicy is what must be allowed for an action on a policy. Of one that is not there
// the type is not known.
func onPolicy(c *service.Call, action, id string, keys ...authz.Key) []authz.Target {
	p, err := here(c).Policy(id)
	if err != nil {
		return on(c, action, arns(c).Policy("*", id), keys...)
	}
	return onNamed(c, action, arns(c).Policy(p.Type, id), id, append(keys, policyTypeKey(p.Type))...)
}

// onThePolicy is for operations on a policy that the input names.
func onThePolicy[In any](action string, id func(*In) string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) { return onPolicy(c, action, id(in)), nil }
}

// createPolicyTargets: the policy has no id yet.
func createPolicyTargets(c *service.Call, in *orgapi.CreatePolicyInput) ([]authz.Target, error) {
	made, kind := arns(c).Policy(in.Type, "p-*"), policyTypeKey(in.Type)
	targets := creation(c, on(c, "CreatePolicy", made, kind), made, tagsOf(in.Tags))
	if len(targets) > 1 {
		targets[1] = targets[1].With(kind)
	}
	return targets, nil
}

func createPolicy(c *service.Call, in *orgapi.CreatePolicyInput) (*orgapi.CreatePolicyOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	p, err := e.CreatePolicy(organization.NewPolicy{
		Name: in.Name, Description: in.Description, Type: in.Type, Content: in.Content, Tags: tagsOf(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &orgapi.CreatePolicyOutput{Policy: newPolicy(c, e.Organization, p)}, nil
}

func updatePolicy(c *service.Call, in *orgapi.UpdatePolicyInput) (*orgapi.UpdatePolicyOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	p, err := e.UpdatePolicy(in.PolicyId, organization.PolicyChange{Name: in.Name, Description: in.Description, Content: in.Content})
	if err != nil {
		return nil, err
	}
	return &orgapi.UpdatePolicyOutput{Policy: newPolicy(c, e.Organization, p)}, nil
}

func deletePolicy(c *service.Call, in *orgapi.DeletePolicyInput) (*orgapi.DeletePolicyOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.DeletePolicyOutput{}, e.DeletePolicy(in.PolicyId)
}

func describePolicy(c *service.Call, in *orgapi.DescribePolicyInput) (*orgapi.DescribePolicyOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	p, err := o.Policy(in.PolicyId)
	if err != nil {
		return nil, err
	}
	return &orgapi.DescribePolicyOutput{Policy: newPolicy(c, o, p)}, nil
}

func listPoliciesTargets(c *service.Call, in *orgapi.ListPoliciesInput) ([]authz.Target, error) {
	return on(c, "ListPolicies", "*", policyTypeKey(in.Filter)), nil
}

func listPolicies(c *service.Call, in *orgapi.ListPoliciesInput) (*orgapi.ListPoliciesOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	list, next, err := pageBy(c, "policies "+in.Filter, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.PolicySummary] {
		return shaped(keyed(o.Policies(in.Filter), from, func(p *organization.Policy) string { return p.ID }), func(p *organization.Policy) orgapi.PolicySummary {
			return *newSummary(c, o, p)
		})
	})
	return &orgapi.ListPoliciesOutput{Policies: list, NextToken: next}, err
}

// keyed ranges over the items of a list that is in order of their keys, from one on.
func keyed[V any](list []V, from string, key func(V) string) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, v := range list {
			if k := key(v); k >= from && !yield(k, v) {
				return
			}
		}
	}
}

func newPolicy(c *service.Call, o organization.Organization, p *organization.Policy) *orgapi.Policy {
	return &orgapi.Policy{PolicySummary: newSummary(c, o, p), Content: &p.Document}
}

func newSummary(c *service.Call, o organization.Organization, p *organization.Policy) *orgapi.PolicySummary {
	return &orgapi.PolicySummary{
		Id: &p.ID, Arn: new(o.ARNs(c.Tools.Site.Partition).Policy(p.Type, p.ID)), Name: &p.Name, Description: &p.Description,
		Type: &p.Type, AwsManaged: new(organization.Managed(p.ID)),
	}
}
