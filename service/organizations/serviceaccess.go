package organizations

import (
	"iter"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

func serviceAccessOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.EnableAWSServiceAccess, enableServiceTargets, enableAWSServiceAccess, changesOrganization),
		service.WriteElsewhere(orgapi.DisableAWSServiceAccess, disableServiceTargets, disableAWSServiceAccess, changesOrganization),
		service.Read(orgapi.ListAWSServiceAccessForOrganization, onAll[orgapi.ListAWSServiceAccessForOrganizationInput]("ListAWSServiceAccessForOrganization"), listAWSServiceAccess),
	}
}

func enableServiceTargets(c *service.Call, in *orgapi.EnableAWSServiceAccessInput) ([]authz.Target, error) {
	return on(c, "EnableAWSServiceAccess", "*", serviceKey(in.ServicePrincipal)), nil
}

func enableAWSServiceAccess(c *service.Call, in *orgapi.EnableAWSServiceAccessInput) (*orgapi.EnableAWSServiceAccessOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.EnableAWSServiceAccessOutput{}, e.EnableService(in.ServicePrincipal)
}

func disableServiceTargets(c *service.Call, in *orgapi.DisableAWSServiceAccessInput) ([]authz.Target, error) {
	return on(c, "DisableAWSServiceAccess", "*", serviceKey(in.ServicePrincipal)), nil
}

func disableAWSServiceAccess(c *service.Call, in *orgapi.DisableAWSServiceAccessInput) (*orgapi.DisableAWSServiceAccessOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.DisableAWSServiceAccessOutput{}, e.DisableService(in.ServicePrincipal)
}

func listAWSServiceAccess(c *service.Call, in *orgapi.ListAWSServiceAccessForOrganizationInput) (*orgapi.ListAWSServiceAccessForOrganizationOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	list, next, err := pageBy(c, "trusted services", in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.EnabledServicePrincipal] {
		return shaped(o.TrustedServices(from), func(s *organization.ServiceAccess) orgapi.EnabledServicePrincipal {
			return orgapi.EnabledServicePrincipal{ServicePrincipal: &s.ServicePrincipal, DateEnabled: &s.Enabled}
		})
	})
	return &orgapi.ListAWSServiceAccessForOrganizationOutput{EnabledServicePrincipals: list, NextToken: next}, err
}
