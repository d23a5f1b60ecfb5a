package organizations

import (
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func organizationOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.CreateOrganization, onOwnAccount, createOrganization, changesOfCreateOrganization),
		service.Read(orgapi.DescribeOrganization, onAll[orgapi.DescribeOrganizationInput]("DescribeOrganization"), describeOrganization),
		service.WriteElsewhere(orgapi.DeleteOrganization, onAll[orgapi.DeleteOrganizationInput]("DeleteOrganization"), deleteOrganization, changesMembers),
		service.WriteElsewhere(orgapi.EnableAllFeatures, onAll[orgapi.EnableAllFeaturesInput]("EnableAllFeatures"), enableAllFeatures, changesMembers),
		service.Read(orgapi.ListRoots, onAll[orgapi.ListRootsInput]("ListRoots"), listRoots),
		service.WriteElsewhere(orgapi.LeaveOrganization, onAll[orgapi.LeaveOrganizationInput]("LeaveOrganization"), leaveOrganization, changesMembers),
	}
}

// onOwnAccount: the organization that is to be made is the caller's account's, also
// where that is a member of another one, which then is the answer.
func onOwnAccount(c *service.Call, _ *orgapi.CreateOrganizationInput) ([]authz.Target, error) {
	return []authz.Target{{Action: "organizations:CreateOrganization", Resource: "*", Account: c.Caller.Account}}, nil
}

// changesMembers: the organization's aggregate is changed, and what the deployment
// knows of members and handshakes.
func changesMembers[In any](c *service.Call, in *In) []state.AggregateID {
	return append(changesOrganization(c, in), state.Deployment)
}

// changesOfCreateOrganization draws the id that createOrganization will draw:
// randomness of a call is the same each time.
func changesOfCreateOrganization(c *service.Call, _ *orgapi.CreateOrganizationInput) []state.AggregateID {
	scope := []state.AggregateID{state.Account(c.Caller.Account), state.Deployment}
	if id, err := organization.NewID(c.Random); err == nil {
		scope = append(scope, state.Organization(id))
	}
	return scope
}

func createOrganization(c *service.Call, in *orgapi.CreateOrganizationInput) (*orgapi.CreateOrganizationOutput, error) {
	id, err := organization.NewID(c.Random)
	if err != nil {
		return nil, err
	}
	account := c.Caller.Account
	e := editIn(c, id, account)
	allFeatures := in.FeatureSet == nil || *in.FeatureSet == "ALL"
	if err := e.Create(account, allFeatures); err != nil {
		return nil, err
	}
	if err := mayLinkRole(c); err != nil {
		return nil, err
	}
	return &orgapi.CreateOrganizationOutput{Organization: newOrganization(c, e.Organization)}, nil
}

// editIn is an organization as the call may change it, with the quotas of its
// management account.
func editIn(c *service.Call, id, management string) organization.Editor {
	return organization.Edit(c.Draft, c.Tools.Site, id, organization.Env{
		Now: c.Now, Random: c.Random, Quotas: func(name string) int { return c.QuotaOf(management, name) },
	})
}

// mayLinkRole refuses callers who may not make the service-linked role that an account
// gets when it comes into an organization (AWS Organizations User Guide, "Using
// service-linked roles for Organizations").
func mayLinkRole(c *service.Call) error {
	path := "/aws-service-role/" + organization.ServicePrincipal + "/"
	d := c.Tools.Authorizer.Check(c.World, &c.Caller, authz.Target{
		Action: "iam:CreateServiceLinkedRole", Resource: c.Account().NewRoleARN(&path, organization.ServiceLinkedRole), Account: c.Caller.Account,
		Keys: []authz.Key{authz.Value("iam:AWSServiceName", organization.ServicePrincipal)},
	}, c.Now)
	if d.Allowed() {
		return nil
	}
	return apierror.New(organization.DependencyDenied, "The request failed because your credentials do not have permission to create the service-linked role required by AWS Organizations.").
		Reason("ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE")
}

func describeOrganization(c *service.Call, _ *orgapi.DescribeOrganizationInput) (*orgapi.DescribeOrganizationOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.DescribeOrganizationOutput{Organization: newOrganization(c, o)}, nil
}

// newOrganization is the shape of an organization. What it says of policy types is of
// no use any more, and of SCPs only (Organizations API reference, Organization):
// ListRoots tells which types are enabled.
func newOrganization(c *service.Call, o organization.Organization) *orgapi.Organization {
	f, names := o.Facts(), o.ARNs(c.Tools.Site.Partition)
	shape := &orgapi.Organization{
		Id: &f.ID, Arn: new(names.Itself()), FeatureSet: new(featureSet(f.AllFeatures)),
		MasterAccountId: &f.Management, MasterAccountArn: new(names.Account(f.Management)),
	}
	if a, ok := c.Deployment().Account(f.Management); ok {
		shape.MasterAccountEmail = service.Optional(a.Email)
	}
	if f.AllFeatures {
		shape.AvailablePolicyTypes = []orgapi.PolicyTypeSummary{{Type: new(organization.ServiceControl), Status: new("ENABLED")}}
	}
	return shape
}

func featureSet(all bool) string {
	if all {
		return "ALL"
	}
	return "CONSOLIDATED_BILLING"
}

func deleteOrganization(c *service.Call, _ *orgapi.DeleteOrganizationInput) (*orgapi.DeleteOrganizationOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.DeleteOrganizationOutput{}, e.Delete()
}

func enableAllFeatures(c *service.Call, _ *orgapi.EnableAllFeaturesInput) (*orgapi.EnableAllFeaturesOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	h, err := e.EnableAllFeatures()
	if err != nil {
		return nil, err
	}
	return &orgapi.EnableAllFeaturesOutput{Handshake: newHandshake(c, e.Organization, h)}, nil
}

func listRoots(c *service.Call, in *orgapi.ListRootsInput) (*orgapi.ListRootsOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	f := o.Facts()
	root := orgapi.Root{
		Id: &f.RootID, Arn: new(o.ARNs(c.Tools.Site.Partition).Root(f.RootID)), Name: new(organization.RootName),
		PolicyTypes: []orgapi.PolicyTypeSummary{},
	}
	for _, kind := range f.PolicyTypes {
		root.PolicyTypes = append(root.PolicyTypes, orgapi.PolicyTypeSummary{Type: &kind, Status: new("ENABLED")})
	}
	roots, next, err := pageBy(c, "roots", in.NextToken, in.MaxResults, one(f.RootID, root))
	return &orgapi.ListRootsOutput{Roots: roots, NextToken: next}, err
}

func leaveOrganization(c *service.Call, _ *orgapi.LeaveOrganizationInput) (*orgapi.LeaveOrganizationOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	c.Concern(e.Facts().Management, arns(c).Account(c.Caller.Account), accountType)
	return &orgapi.LeaveOrganizationOutput{}, e.RemoveAccount(c.Caller.Account)
}
