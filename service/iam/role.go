package iam

import (
	"iter"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func roleOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreateRole, createRoleTargets, createRole),
		service.Read(iamapi.GetRole, onNamed("GetRole", onRole, func(in *iamapi.GetRoleInput) string { return in.RoleName }), getRole),
		service.Read(iamapi.ListRoles, onCollection[iamapi.ListRolesInput]("ListRoles", "role"), listRoles),
		service.Write(iamapi.UpdateRole, onNamed("UpdateRole", onRole, func(in *iamapi.UpdateRoleInput) string { return in.RoleName }), updateRole),
		service.Write(iamapi.UpdateRoleDescription, onNamed("UpdateRoleDescription", onRole, func(in *iamapi.UpdateRoleDescriptionInput) string { return in.RoleName }), updateRoleDescription),
		service.Write(iamapi.UpdateAssumeRolePolicy, onNamed("UpdateAssumeRolePolicy", onRole, func(in *iamapi.UpdateAssumeRolePolicyInput) string { return in.RoleName }), updateAssumeRolePolicy),
		service.Write(iamapi.DeleteRole, onNamed("DeleteRole", onRole, func(in *iamapi.DeleteRoleInput) string { return in.RoleName }), deleteRole),
		tagging(iamapi.TagRole, onRole, identity.Editor.TagRole, func(in *iamapi.TagRoleInput) (string, []iamapi.Tag) { return in.RoleName, in.Tags }),
		untagging(iamapi.UntagRole, onRole, identity.Editor.UntagRole, func(in *iamapi.UntagRoleInput) (string, []string) { return in.RoleName, in.TagKeys }),
		service.Read(iamapi.ListRoleTags, onNamed("ListRoleTags", onRole, func(in *iamapi.ListRoleTagsInput) string { return in.RoleName }), listRoleTags),
	}
}

func createRoleTargets(c *service.Call, in *iamapi.CreateRoleInput) ([]authz.Target, error) {
	resource := c.Account().NewRoleARN(in.Path, in.RoleName)
	return creation(on(c, "CreateRole", resource, newBoundary(in.PermissionsBoundary)...), "TagRole", fromTags(in.Tags)), nil
}

func createRole(c *service.Call, in *iamapi.CreateRoleInput) (*iamapi.CreateRoleOutput, error) {
	e := c.Edit()
	r, err := e.CreateRole(identity.NewRole{
		Name: in.RoleName, Path: in.Path, Description: in.Description, MaxSessionDuration: in.MaxSessionDuration,
		Trust: in.AssumeRolePolicyDocument, BoundaryARN: in.PermissionsBoundary, Tags: fromTags(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateRoleOutput{Role: newRole(e.Account, r)}, nil
}

func getRole(c *service.Call, in *iamapi.GetRoleInput) (*iamapi.GetRoleOutput, error) {
	a := c.Account()
	r, err := a.Role(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetRoleOutput{Role: roleShape(c, a, r)}, nil
}

func listRoles(c *service.Call, in *iamapi.ListRolesInput) (*iamapi.ListRolesOutput, error) {
	a, prefix := c.Account(), service.Or(in.PathPrefix, "")
	page, err := service.PageBy(c, "roles "+prefix, in.Marker, in.MaxItems,
		func(from string) iter.Seq2[string, *identity.Role] { return a.Roles(prefix, from) })
	if err != nil {
		return nil, err
	}
	return &iamapi.ListRolesOutput{
		Roles:       mapped(page.Items, func(r *identity.Role) iamapi.Role { return listedRole(a, r) }),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

func updateRole(c *service.Call, in *iamapi.UpdateRoleInput) (*iamapi.UpdateRoleOutput, error) {
	return &iamapi.UpdateRoleOutput{}, c.Edit().UpdateRole(in.RoleName, in.Description, in.MaxSessionDuration)
}

func updateRoleDescription(c *service.Call, in *iamapi.UpdateRoleDescriptionInput) (*iamapi.UpdateRoleDescriptionOutput, error) {
	e := c.Edit()
	r, err := e.UpdateRoleDescription(in.RoleName, in.Description)
	if err != nil {
		return nil, err
	}
	return &iamapi.UpdateRoleDescriptionOutput{Role: new(listedRole(e.Account, r))}, nil
}

func updateAssumeRolePolicy(c *service.Call, in *iamapi.UpdateAssumeRolePolicyInput) (*iamapi.UpdateAssumeRolePolicyOutput, error) {
	return &iamapi.UpdateAssumeRolePolicyOutput{}, c.Edit().UpdateAssumeRolePolicy(in.RoleName, in.PolicyDocument)
}

func deleteRole(c *service.Call, in *iamapi.DeleteRoleInput) (*iamapi.DeleteRoleOutput, error) {
	return &iamapi.DeleteRoleOutput{}, c.Edit().DeleteRole(in.RoleName)
}

func listRoleTags(c *service.Call, in *iamapi.ListRoleTagsInput) (*iamapi.ListRoleTagsOutput, error) {
	r, err := c.Account().Role(in.RoleName)
	if err != nil {
		return nil, err
	}
	page, err := pageOfTags(c, "role tags "+r.ID, in.Marker, in.MaxItems, r.Tags)
	if err != nil {
		return nil, err
	}
	return &iamapi.ListRoleTagsOutput{Tags: allTags(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}
