package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
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
		service.Read(iamapi.GenerateOrganizationsAccessReport, accessReportTargets, generateOrganizationsAccessReport),
		service.Read(iamapi.GetOrganizationsAccessReport, onAccount[iamapi.GetOrganizationsAccessReportInput]("GetOrganizationsAccessReport"), getOrganizationsAccessReport),
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

func accessReportTargets(c *service.Call, in *iamapi.GenerateOrganizationsAccessReportInput) ([]authz.Target, error) {
	var keys []authz.Key
	if in.OrganizationsPolicyId != nil {
		keys = append(keys, authz.Value("iam:OrganizationsPolicyId", *in.OrganizationsPolicyId))
	}
	return on(c, "GenerateOrganizationsAccessReport", c.Account().CollectionARN("access-report")+in.EntityPath, keys...), nil
}

// generateOrganizationsAccessReport refuses all accounts: those that are no management
// account because only that may (AWS's answer to them is not documented), and that one
// because reports of organizations are not built.
func generateOrganizationsAccessReport(c *service.Call, _ *iamapi.GenerateOrganizationsAccessReportInput) (*iamapi.GenerateOrganizationsAccessReportOutput, error) {
	switch s := standing(c); {
	case s.OrganizationID == "":
		return nil, apierror.New(apierror.AccessDenied, "You must be signed in using the credentials of your organization's management account; your account is not a member of an organization.")
	case !s.Management:
		return nil, apierror.New(apierror.AccessDenied, "You must be signed in using the credentials of your organization's management account.")
	}
	return nil, apierror.New(apierror.NotImplemented, "Access reports of organizations are not implemented.")
}

// getOrganizationsAccessReport finds no report, as there can be none.
func getOrganizationsAccessReport(_ *service.Call, in *iamapi.GetOrganizationsAccessReportInput) (*iamapi.GetOrganizationsAccessReportOutput, error) {
	return nil, apierror.New(apierror.NoSuchEntity, "Access report job %s cannot be found.", in.JobId)
}
