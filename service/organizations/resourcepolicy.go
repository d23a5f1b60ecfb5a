package organizations

import (
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

func resourcePolicyOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.PutResourcePolicy, putResourcePolicyTargets, putResourcePolicy, changesOrganization),
		service.Read(orgapi.DescribeResourcePolicy, onAll[orgapi.DescribeResourcePolicyInput]("DescribeResourcePolicy"), describeResourcePolicy),
		service.WriteElsewhere(orgapi.DeleteResourcePolicy, onAll[orgapi.DeleteResourcePolicyInput]("DeleteResourcePolicy"), deleteResourcePolicy, changesOrganization),
	}
}

// putResourcePolicyTargets: a new policy has no id yet.
func putResourcePolicyTargets(c *service.Call, in *orgapi.PutResourcePolicyInput) ([]authz.Target, error) {
	id := "rp-*"
	if p, err := here(c).ResourcePolicy(); err == nil {
		id = p.ID
	}
	resource := arns(c).ResourcePolicy(id)
	return creation(c, onNamed(c, "PutResourcePolicy", resource, id), resource, tagsOf(in.Tags)), nil
}

func putResourcePolicy(c *service.Call, in *orgapi.PutResourcePolicyInput) (*orgapi.PutResourcePolicyOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	p, err := e.PutResourcePolicy(in.Content, tagsOf(in.Tags))
	if err != nil {
		return nil, err
	}
	return &orgapi.PutResourcePolicyOutput{ResourcePolicy: newResourcePolicy(c, e.Organization, p)}, nil
}

func describeResourcePolicy(c *service.Call, _ *orgapi.DescribeResourcePolicyInput) (*orgapi.DescribeResourcePolicyOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	p, err := o.ResourcePolicy()
	if err != nil {
		return nil, err
	}
	return &orgapi.DescribeResourcePolicyOutput{ResourcePolicy: newResourcePolicy(c, o, p)}, nil
}

func deleteResourcePolicy(c *service.Call, _ *orgapi.DeleteResourcePolicyInput) (*orgapi.DeleteResourcePolicyOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.DeleteResourcePolicyOutput{}, e.DeleteResourcePolicy()
}

func newResourcePolicy(c *service.Call, o organization.Organization, p *organization.ResourcePolicy) *orgapi.ResourcePolicy {
	return &orgapi.ResourcePolicy{
		Content:               &p.Document,
		ResourcePolicySummary: &orgapi.ResourcePolicySummary{Id: &p.ID, Arn: new(o.ARNs(c.Tools.Site.Partition).ResourcePolicy(p.ID))},
	}
}
