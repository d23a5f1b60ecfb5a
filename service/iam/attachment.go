package iam

import (
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func attachmentOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.AttachUserPolicy, attachTargets("user", "AttachUserPolicy", func(in *iamapi.AttachUserPolicyInput) (string, string) { return in.UserName, in.PolicyArn }),
			func(c *service.Call, in *iamapi.AttachUserPolicyInput) (*iamapi.AttachUserPolicyOutput, error) {
				return &iamapi.AttachUserPolicyOutput{}, c.Edit().Attach("user", in.UserName, in.PolicyArn)
			}),
		service.Write(iamapi.AttachGroupPolicy, attachTargets("group", "AttachGroupPolicy", func(in *iamapi.AttachGroupPolicyInput) (string, string) { return in.GroupName, in.PolicyArn }),
			func(c *service.Call, in *iamapi.AttachGroupPolicyInput) (*iamapi.AttachGroupPolicyOutput, error) {
				return &iamapi.AttachGroupPolicyOutput{}, c.Edit().Attach("group", in.GroupName, in.PolicyArn)
			}),
		service.Write(iamapi.AttachRolePolicy, attachTargets("role", "AttachRolePolicy", func(in *iamapi.AttachRolePolicyInput) (string, string) { return in.RoleName, in.PolicyArn }),
			func(c *service.Call, in *iamapi.AttachRolePolicyInput) (*iamapi.AttachRolePolicyOutput, error) {
				return &iamapi.AttachRolePolicyOutput{}, c.Edit().Attach("role", in.RoleName, in.PolicyArn)
			}),
		service.Write(iamapi.DetachUserPolicy, attachTargets("user", "DetachUserPolicy", func(in *iamapi.DetachUserPolicyInput) (string, string) { return in.UserName, in.PolicyArn }),
			func(c *service.Call, in *iamapi.DetachUserPolicyInput) (*iamapi.DetachUserPolicyOutput, error) {
				return &iamapi.DetachUserPolicyOutput{}, c.Edit().Detach("user", in.UserName, in.PolicyArn)
			}),
		service.Write(iamapi.DetachGroupPolicy, attachTargets("group", "DetachGroupPolicy", func(in *iamapi.DetachGroupPolicyInput) (string, string) { return in.GroupName, in.PolicyArn }),
			func(c *service.Call, in *iamapi.DetachGroupPolicyInput) (*iamapi.DetachGroupPolicyOutput, error) {
				return &iamapi.DetachGroupPolicyOutput{}, c.Edit().Detach("group", in.GroupName, in.PolicyArn)
			}),
		service.Write(iamapi.DetachRolePolicy, attachTargets("role", "DetachRolePolicy", func(in *iamapi.DetachRolePolicyInput) (string, string) { return in.RoleName, in.PolicyArn }),
			func(c *service.Call, in *iamapi.DetachRolePolicyInput) (*iamapi.DetachRolePolicyOutput, error) {
				return &iamapi.DetachRolePolicyOutput{}, c.Edit().Detach("role", in.RoleName, in.PolicyArn)
			}),
		service.Read(iamapi.ListAttachedUserPolicies, onNamed("ListAttachedUserPolicies", onUser, func(in *iamapi.ListAttachedUserPoliciesInput) string { return in.UserName }),
			func(c *service.Call, in *iamapi.ListAttachedUserPoliciesInput) (*iamapi.ListAttachedUserPoliciesOutput, error) {
				page, err := attachedPage(c, "user", in.UserName, in.PathPrefix, in.Marker, in.MaxItems)
				if err != nil {
					return nil, err
				}
				return &iamapi.ListAttachedUserPoliciesOutput{AttachedPolicies: attachedShapes(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
			}),
		service.Read(iamapi.ListAttachedGroupPolicies, onNamed("ListAttachedGroupPolicies", onGroup, func(in *iamapi.ListAttachedGroupPoliciesInput) string { return in.GroupName }),
			func(c *service.Call, in *iamapi.ListAttachedGroupPoliciesInput) (*iamapi.ListAttachedGroupPoliciesOutput, error) {
				page, err := attachedPage(c, "group", in.GroupName, in.PathPrefix, in.Marker, in.MaxItems)
				if err != nil {
					return nil, err
				}
				return &iamapi.ListAttachedGroupPoliciesOutput{AttachedPolicies: attachedShapes(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
			}),
		service.Read(iamapi.ListAttachedRolePolicies, onNamed("ListAttachedRolePolicies", onRole, func(in *iamapi.ListAttachedRolePoliciesInput) string { return in.RoleName }),
			func(c *service.Call, in *iamapi.ListAttachedRolePoliciesInput) (*iamapi.ListAttachedRolePoliciesOutput, error) {
				page, err := attachedPage(c, "role", in.RoleName, in.PathPrefix, in.Marker, in.MaxItems)
				if err != nil {
					return nil, err
				}
				return &iamapi.ListAttachedRolePoliciesOutput{AttachedPolicies: attachedShapes(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
			}),
	}
}

// attachTargets is the target of attaching and detaching: the resource is the
// owner, the policy is the condition key iam:PolicyARN.
func attachTargets[In any](kind, action string, names func(*In) (owner, policyARN string)) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) {
		owner, policyARN := names(in)
		return onOwner(c, kind, action, owner, authz.Value("iam:PolicyARN", policyARN)), nil
	}
}

func attachedPage(c *service.Call, kind, name string, pathPrefix, marker *string, maxItems *int32) (service.Page[identity.ManagedPolicy], error) {
	a, prefix := c.Account(), service.Or(pathPrefix, "")
	o, err := a.Owner(kind, name)
	if err != nil {
		return service.Page[identity.ManagedPolicy]{}, err
	}
	var list []identity.ManagedPolicy
	for _, p := range a.Attached(o) {
		if strings.HasPrefix(p.Path, prefix) {
			list = append(list, p)
		}
	}
	return service.PageOf(c, "policies attached to "+o.ID+" "+prefix, marker, maxItems, list,
		func(p identity.ManagedPolicy) string { return p.Name + " " + p.ARN })
}
