package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

// organizationOperations are the operations that are about the organization of the
// caller's account.
func organizationOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(iamapi.EnableOrganizationsRootCredentialsManagement,
			onAccount[iamapi.EnableOrganizationsRootCredentialsManagementInput]("EnableOrganizationsRootCredentialsManagement"),
			func(c *service.Call, _ *iamapi.EnableOrganizationsRootCredentialsManagementInput) (*iamapi.EnableOrganizationsRootCredentialsManagementOutput, error) {
				id, features, err := changeRootFeature(c, organization.EnableRootFeature, organization.RootCredentialsManagement)
				return &iamapi.EnableOrganizationsRootCredentialsManagementOutput{OrganizationId: id, EnabledFeatures: features}, err
			}, changesOrganization),
		service.WriteElsewhere(iamapi.DisableOrganizationsRootCredentialsManagement,
			onAccount[iamapi.DisableOrganizationsRootCredentialsManagementInput]("DisableOrganizationsRootCredentialsManagement"),
			func(c *service.Call, _ *iamapi.DisableOrganizationsRootCredentialsManagementInput) (*iamapi.DisableOrganizationsRootCredentialsManagementOutput, error) {
				id, features, err := changeRootFeature(c, organization.DisableRootFeature, organization.RootCredentialsManagement)
				return &iamapi.DisableOrganizationsRootCredentialsManagementOutput{OrganizationId: id, EnabledFeatures: features}, err
			}, changesOrganization),
		service.WriteElsewhere(iamapi.EnableOrganizationsRootSessions,
			onAccount[iamapi.EnableOrganizationsRootSessionsInput]("EnableOrganizationsRootSessions"),
			func(c *service.Call, _ *iamapi.EnableOrganizationsRootSessionsInput) (*iamapi.EnableOrganizationsRootSessionsOutput, error) {
				id, features, err := changeRootFeature(c, organization.EnableRootFeature, organization.RootSessions)
				return &iamapi.EnableOrganizationsRootSessionsOutput{OrganizationId: id, EnabledFeatures: features}, err
			}, changesOrganization),
		service.WriteElsewhere(iamapi.DisableOrganizationsRootSessions,
			onAccount[iamapi.DisableOrganizationsRootSessionsInput]("DisableOrganizationsRootSessions"),
			func(c *service.Call, _ *iamapi.DisableOrganizationsRootSessionsInput) (*iamapi.DisableOrganizationsRootSessionsOutput, error) {
				id, features, err := changeRootFeature(c, organization.DisableRootFeature, organization.RootSessions)
				return &iamapi.DisableOrganizationsRootSessionsOutput{OrganizationId: id, EnabledFeatures: features}, err
			}, changesOrganization),
		service.Read(iamapi.ListOrganizationsFeatures, onAccount[iamapi.ListOrganizationsFeaturesInput]("ListOrganizationsFeatures"), listOrganizationsFeatures),
	}
}

// standing is where the caller's account stands in an organization.
func standing(c *service.Call) organization.Standing {
	return organization.Of(c.World, c.Caller.Account)
}

// changesOrganization: the organization's aggregate is changed.
func changesOrganization[In any](c *service.Call, _ *In) []state.AggregateID {
	return []state.AggregateID{standing(c).Changes(c.Caller.Account)}
}

func changeRootFeature(c *service.Call, change func(*state.Draft, organization.Standing, string) ([]string, error), feature string) (id *string, features []string, err error) {
	s := standing(c)
	features, err = change(c.Draft, s, feature)
	return &s.OrganizationID, features, err
}

func listOrganizationsFeatures(c *service.Call, _ *iamapi.ListOrganizationsFeaturesInput) (*iamapi.ListOrganizationsFeaturesOutput, error) {
	s := standing(c)
	features, err := organization.RootFeatures(c.World, s)
	return &iamapi.ListOrganizationsFeaturesOutput{OrganizationId: &s.OrganizationID, EnabledFeatures: features}, err
}
