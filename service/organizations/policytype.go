package organizations

import (
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

func policyTypeOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.EnablePolicyType, enablePolicyTypeTargets, enablePolicyType, changesOrganization),
		service.WriteElsewhere(orgapi.DisablePolicyType, disablePolicyTypeTargets, disablePolicyType, changesOrganization),
	}
}

// policyTypeKey is the condition key of what is about policies of a type.
func policyTypeKey(policyType string) authz.Key {
	return authz.Value("organizations:PolicyType", policyType)
}

func enablePolicyTypeTargets(c *service.Call, in *orgapi.EnablePolicyTypeInput) ([]authz.Target, error) {
	return onNamed(c, "EnablePolicyType", arns(c).Root(in.RootId), in.RootId, policyTypeKey(in.PolicyType)), nil
}

func enablePolicyType(c *service.Call, in *orgapi.EnablePolicyTypeInput) (*orgapi.EnablePolicyTypeOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	if err := e.EnablePolicyType(in.RootId, in.PolicyType); err != nil {
		return nil, err
	}
	return &orgapi.EnablePolicyTypeOutput{Root: new(newRoot(c, e.Organization))}, nil
}

func disablePolicyTypeTargets(c *service.Call, in *orgapi.DisablePolicyTypeInput) ([]authz.Target, error) {
	return onNamed(c, "DisablePolicyType", arns(c).Root(in.RootId), in.RootId, policyTypeKey(in.PolicyType)), nil
}

func disablePolicyType(c *service.Call, in *orgapi.DisablePolicyTypeInput) (*orgapi.DisablePolicyTypeOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	if err := e.DisablePolicyType(in.RootId, in.PolicyType); err != nil {
		return nil, err
	}
	return &orgapi.DisablePolicyTypeOutput{Root: new(newRoot(c, e.Organization))}, nil
}

// newRoot is the shape of the organization's root, with the types of policies that are
// enabled in it.
func newRoot(c *service.Call, o organization.Organization) orgapi.Root {
	f := o.Facts()
	root := orgapi.Root{
		Id: &f.RootID, Arn: new(o.ARNs(c.Tools.Site.Partition).Root(f.RootID)), Name: new(organization.RootName),
		PolicyTypes: []orgapi.PolicyTypeSummary{},
	}
	for _, name := range f.PolicyTypes {
		root.PolicyTypes = append(root.PolicyTypes, orgapi.PolicyTypeSummary{Type: &name, Status: new(orgapi.PolicyTypeStatusENABLED)})
	}
	return root
}
