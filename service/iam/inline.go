package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func inlineOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.PutUserPolicy, onNamed("PutUserPolicy", onUser, func(in *iamapi.PutUserPolicyInput) string { return in.UserName }),
			func(c *service.Call, in *iamapi.PutUserPolicyInput) (*iamapi.PutUserPolicyOutput, error) {
				return &iamapi.PutUserPolicyOutput{}, c.Edit().PutInline("user", in.UserName, in.PolicyName, in.PolicyDocument)
			}),
		service.Write(iamapi.PutGroupPolicy, onNamed("PutGroupPolicy", onGroup, func(in *iamapi.PutGroupPolicyInput) string { return in.GroupName }),
			func(c *service.Call, in *iamapi.PutGroupPolicyInput) (*iamapi.PutGroupPolicyOutput, error) {
				return &iamapi.PutGroupPolicyOutput{}, c.Edit().PutInline("group", in.GroupName, in.PolicyName, in.PolicyDocument)
			}),
		service.Write(iamapi.PutRolePolicy, onNamed("PutRolePolicy", onRole, func(in *iamapi.PutRolePolicyInput) string { return in.RoleName }),
			func(c *service.Call, in *iamapi.PutRolePolicyInput) (*iamapi.PutRolePolicyOutput, error) {
				return &iamapi.PutRolePolicyOutput{}, c.Edit().PutInline("role", in.RoleName, in.PolicyName, in.PolicyDocument)
			}),
		service.Write(iamapi.DeleteUserPolicy, onNamed("DeleteUserPolicy", onUser, func(in *iamapi.DeleteUserPolicyInput) string { return in.UserName }),
			func(c *service.Call, in *iamapi.DeleteUserPolicyInput) (*iamapi.DeleteUserPolicyOutput, error) {
				return &iamapi.DeleteUserPolicyOutput{}, c.Edit().DeleteInline("user", in.UserName, in.PolicyName)
			}),
		service.Write(iamapi.DeleteGroupPolicy, onNamed("DeleteGroupPolicy", onGroup, func(in *iamapi.DeleteGroupPolicyInput) string { return in.GroupName }),
			func(c *service.Call, in *iamapi.DeleteGroupPolicyInput) (*iamapi.DeleteGroupPolicyOutput, error) {
				return &iamapi.DeleteGroupPolicyOutput{}, c.Edit().DeleteInline("group", in.GroupName, in.PolicyName)
			}),
		service.Write(iamapi.DeleteRolePolicy, onNamed("DeleteRolePolicy", onRole, func(in *iamapi.DeleteRolePolicyInput) string { return in.RoleName }),
			func(c *service.Call, in *iamapi.DeleteRolePolicyInput) (*iamapi.DeleteRolePolicyOutput, error) {
				return &iamapi.DeleteRolePolicyOutput{}, c.Edit().DeleteInline("role", in.RoleName, in.PolicyName)
			}),
		service.Read(iamapi.GetUserPolicy, onNamed("GetUserPolicy", onUser, func(in *iamapi.GetUserPolicyInput) string { return in.UserName }),
			func(c *service.Call, in *iamapi.GetUserPolicyInput) (*iamapi.GetUserPolicyOutput, error) {
				o, p, err := inlinePolicy(c, "user", in.UserName, in.PolicyName)
				if err != nil {
					return nil, err
				}
				return &iamapi.GetUserPolicyOutput{UserName: o.Name, PolicyName: p.Name, PolicyDocument: encoded(p.Document)}, nil
			}),
		service.Read(iamapi.GetGroupPolicy, onNamed("GetGroupPolicy", onGroup, func(in *iamapi.GetGroupPolicyInput) string { return in.GroupName }),
			func(c *service.Call, in *iamapi.GetGroupPolicyInput) (*iamapi.GetGroupPolicyOutput, error) {
				o, p, err := inlinePolicy(c, "group", in.GroupName, in.PolicyName)
				if err != nil {
					return nil, err
				}
				return &iamapi.GetGroupPolicyOutput{GroupName: o.Name, PolicyName: p.Name, PolicyDocument: encoded(p.Document)}, nil
			}),
		service.Read(iamapi.GetRolePolicy, onNamed("GetRolePolicy", onRole, func(in *iamapi.GetRolePolicyInput) string { return in.RoleName }),
			func(c *service.Call, in *iamapi.GetRolePolicyInput) (*iamapi.GetRolePolicyOutput, error) {
				o, p, err := inlinePolicy(c, "role", in.RoleName, in.PolicyName)
				if err != nil {
					return nil, err
				}
				return &iamapi.GetRolePolicyOutput{RoleName: o.Name, PolicyName: p.Name, PolicyDocument: encoded(p.Document)}, nil
			}),
		service.Read(iamapi.ListUserPolicies, onNamed("ListUserPolicies", onUser, func(in *iamapi.ListUserPoliciesInput) string { return in.UserName }),
			func(c *service.Call, in *iamapi.ListUserPoliciesInput) (*iamapi.ListUserPoliciesOutput, error) {
				page, err := inlinePage(c, "user", in.UserName, in.Marker, in.MaxItems)
				if err != nil {
					return nil, err
				}
				return &iamapi.ListUserPoliciesOutput{PolicyNames: page.Items, IsTruncated: &page.Truncated, Marker: page.Marker}, nil
			}),
		service.Read(iamapi.ListGroupPolicies, onNamed("ListGroupPolicies", onGroup, func(in *iamapi.ListGroupPoliciesInput) string { return in.GroupName }),
			func(c *service.Call, in *iamapi.ListGroupPoliciesInput) (*iamapi.ListGroupPoliciesOutput, error) {
				page, err := inlinePage(c, "group", in.GroupName, in.Marker, in.MaxItems)
				if err != nil {
					return nil, err
				}
				return &iamapi.ListGroupPoliciesOutput{PolicyNames: page.Items, IsTruncated: &page.Truncated, Marker: page.Marker}, nil
			}),
		service.Read(iamapi.ListRolePolicies, onNamed("ListRolePolicies", onRole, func(in *iamapi.ListRolePoliciesInput) string { return in.RoleName }),
			func(c *service.Call, in *iamapi.ListRolePoliciesInput) (*iamapi.ListRolePoliciesOutput, error) {
				page, err := inlinePage(c, "role", in.RoleName, in.Marker, in.MaxItems)
				if err != nil {
					return nil, err
				}
				return &iamapi.ListRolePoliciesOutput{PolicyNames: page.Items, IsTruncated: &page.Truncated, Marker: page.Marker}, nil
			}),
	}
}

func inlinePolicy(c *service.Call, kind, owner, name string) (identity.Owner, *identity.InlinePolicy, error) {
	a := c.Account()
	o, err := a.Owner(kind, owner)
	if err != nil {
		return o, nil, err
	}
	p, err := a.InlinePolicy(o, name)
	return o, p, err
}

func inlinePage(c *service.Call, kind, owner string, marker *string, maxItems *int32) (service.Page[string], error) {
	a := c.Account()
	o, err := a.Owner(kind, owner)
	if err != nil {
		return service.Page[string]{}, err
	}
	names := mapped(a.InlinePolicies(o), func(p *identity.InlinePolicy) string { return p.Name })
	return service.PageOf(c, "inline policies of "+o.ID, marker, maxItems, names, state.Fold)
}
