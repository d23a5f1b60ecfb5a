package organizations

import (
	"iter"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

func delegationOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.RegisterDelegatedAdministrator, registerTargets, registerDelegatedAdministrator, changesOrganization),
		service.WriteElsewhere(orgapi.DeregisterDelegatedAdministrator, deregisterTargets, deregisterDelegatedAdministrator, changesOrganization),
		service.Read(orgapi.ListDelegatedAdministrators, listDelegatedAdministratorsTargets, listDelegatedAdministrators),
		service.Read(orgapi.ListDelegatedServicesForAccount, onTheAccount("ListDelegatedServicesForAccount", func(in *orgapi.ListDelegatedServicesForAccountInput) string { return in.AccountId }), listDelegatedServicesForAccount),
	}
}

// serviceKey is the condition key of what is about a service.
func serviceKey(principal string) authz.Key {
	return authz.Value("organizations:ServicePrincipal", principal)
}

func registerTargets(c *service.Call, in *orgapi.RegisterDelegatedAdministratorInput) ([]authz.Target, error) {
	return onNamed(c, "RegisterDelegatedAdministrator", arns(c).Account(in.AccountId), in.AccountId, serviceKey(in.ServicePrincipal)), nil
}

func registerDelegatedAdministrator(c *service.Call, in *orgapi.RegisterDelegatedAdministratorInput) (*orgapi.RegisterDelegatedAdministratorOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.RegisterDelegatedAdministratorOutput{}, e.RegisterAdministrator(in.AccountId, in.ServicePrincipal)
}

func deregisterTargets(c *service.Call, in *orgapi.DeregisterDelegatedAdministratorInput) ([]authz.Target, error) {
	return onNamed(c, "DeregisterDelegatedAdministrator", arns(c).Account(in.AccountId), in.AccountId, serviceKey(in.ServicePrincipal)), nil
}

func deregisterDelegatedAdministrator(c *service.Call, in *orgapi.DeregisterDelegatedAdministratorInput) (*orgapi.DeregisterDelegatedAdministratorOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.DeregisterDelegatedAdministratorOutput{}, e.DeregisterAdministrator(in.AccountId, in.ServicePrincipal)
}

func listDelegatedAdministratorsTargets(c *service.Call, in *orgapi.ListDelegatedAdministratorsInput) ([]authz.Target, error) {
	var keys []authz.Key
	if in.ServicePrincipal != nil {
		keys = append(keys, serviceKey(*in.ServicePrincipal))
	}
	return on(c, "ListDelegatedAdministrators", "*", keys...), nil
}

func listDelegatedAdministrators(c *service.Call, in *orgapi.ListDelegatedAdministratorsInput) (*orgapi.ListDelegatedAdministratorsOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	principal := ""
	if in.ServicePrincipal != nil {
		principal = *in.ServicePrincipal
		if err := organization.CheckService(principal); err != nil {
			return nil, err
		}
	}
	list, next, err := pageBy(c, "administrators "+principal, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.DelegatedAdministrator] {
		return shaped(keyed(o.Administrators(principal), from, func(a organization.Administrator) string { return a.Account }), func(a organization.Administrator) orgapi.DelegatedAdministrator {
			return newAdministrator(c, o, a)
		})
	})
	return &orgapi.ListDelegatedAdministratorsOutput{DelegatedAdministrators: list, NextToken: next}, err
}

func newAdministrator(c *service.Call, o organization.Organization, a organization.Administrator) orgapi.DelegatedAdministrator {
	shape := orgapi.DelegatedAdministrator{Id: &a.Account, DelegationEnabledDate: &a.Enabled}
	if m, ok := o.Member(a.Account); ok {
		account := newAccount(c, o, m)
		shape.Arn, shape.Email, shape.Name = account.Arn, account.Email, account.Name
		shape.Status, shape.State = account.Status, account.State
		shape.JoinedMethod, shape.JoinedTimestamp = account.JoinedMethod, account.JoinedTimestamp
	}
	return shape
}

func listDelegatedServicesForAccount(c *service.Call, in *orgapi.ListDelegatedServicesForAccountInput) (*orgapi.ListDelegatedServicesForAccountOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	services, err := o.DelegatedServices(in.AccountId, c.Now)
	if err != nil {
		return nil, err
	}
	list, next, err := pageBy(c, "services of "+in.AccountId, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.DelegatedService] {
		return shaped(keyed(services, from, func(d *organization.Delegation) string { return d.ServicePrincipal }), func(d *organization.Delegation) orgapi.DelegatedService {
			return orgapi.DelegatedService{ServicePrincipal: &d.ServicePrincipal, DelegationEnabledDate: &d.Enabled}
		})
	})
	return &orgapi.ListDelegatedServicesForAccountOutput{DelegatedServices: list, NextToken: next}, err
}
