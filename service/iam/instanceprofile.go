package iam

import (
	"iter"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func instanceProfileOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreateInstanceProfile, createInstanceProfileTargets, createInstanceProfile),
		service.Read(iamapi.GetInstanceProfile, onNamed("GetInstanceProfile", onInstanceProfile, func(in *iamapi.GetInstanceProfileInput) string { return in.InstanceProfileName }), getInstanceProfile),
		service.Read(iamapi.ListInstanceProfiles, onCollection[iamapi.ListInstanceProfilesInput]("ListInstanceProfiles", "instance-profile"), listInstanceProfiles),
		service.Read(iamapi.ListInstanceProfilesForRole, onNamed("ListInstanceProfilesForRole", onRole, func(in *iamapi.ListInstanceProfilesForRoleInput) string { return in.RoleName }), listInstanceProfilesForRole),
		service.Write(iamapi.DeleteInstanceProfile, onNamed("DeleteInstanceProfile", onInstanceProfile, func(in *iamapi.DeleteInstanceProfileInput) string { return in.InstanceProfileName }), deleteInstanceProfile),
		service.Write(iamapi.AddRoleToInstanceProfile, addRoleTargets, addRoleToInstanceProfile),
		service.Write(iamapi.RemoveRoleFromInstanceProfile, onNamed("RemoveRoleFromInstanceProfile", onInstanceProfile, func(in *iamapi.RemoveRoleFromInstanceProfileInput) string { return in.InstanceProfileName }), removeRoleFromInstanceProfile),
		tagging(iamapi.TagInstanceProfile, onInstanceProfile, identity.Editor.TagInstanceProfile, func(in *iamapi.TagInstanceProfileInput) (string, []iamapi.Tag) {
			return in.InstanceProfileName, in.Tags
		}),
		untagging(iamapi.UntagInstanceProfile, onInstanceProfile, identity.Editor.UntagInstanceProfile, func(in *iamapi.UntagInstanceProfileInput) (string, []string) {
			return in.InstanceProfileName, in.TagKeys
		}),
		service.Read(iamapi.ListInstanceProfileTags, onNamed("ListInstanceProfileTags", onInstanceProfile, func(in *iamapi.ListInstanceProfileTagsInput) string { return in.InstanceProfileName }), listInstanceProfileTags),
	}
}

func createInstanceProfileTargets(c *service.Call, in *iamapi.CreateInstanceProfileInput) ([]authz.Target, error) {
	resource := c.Account().NewInstanceProfileARN(in.Path, in.InstanceProfileName)
	return creation(on(c, "CreateInstanceProfile", resource), "TagInstanceProfile", fromTags(in.Tags)), nil
}

func createInstanceProfile(c *service.Call, in *iamapi.CreateInstanceProfileInput) (*iamapi.CreateInstanceProfileOutput, error) {
	e := c.Edit()
	p, err := e.CreateInstanceProfile(in.InstanceProfileName, in.Path, fromTags(in.Tags))
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateInstanceProfileOutput{InstanceProfile: instanceProfileShape(e.Account, p)}, nil
}

func getInstanceProfile(c *service.Call, in *iamapi.GetInstanceProfileInput) (*iamapi.GetInstanceProfileOutput, error) {
	a := c.Account()
	p, err := a.InstanceProfile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetInstanceProfileOutput{InstanceProfile: instanceProfileShape(a, p)}, nil
}

// listedInstanceProfile is an instance profile in a list, where AWS shows no
// tags.
func listedInstanceProfile(a identity.Account) func(*identity.InstanceProfile) iamapi.InstanceProfile {
	return func(p *identity.InstanceProfile) iamapi.InstanceProfile {
		s := instanceProfileShape(a, p)
		s.Tags = nil
		return s
	}
}

func listInstanceProfiles(c *service.Call, in *iamapi.ListInstanceProfilesInput) (*iamapi.ListInstanceProfilesOutput, error) {
	a, prefix := c.Account(), service.Or(in.PathPrefix, "")
	page, err := service.PageBy(c, "instance profiles "+prefix, in.Marker, in.MaxItems,
		func(from string) iter.Seq2[string, *identity.InstanceProfile] {
			return a.InstanceProfiles(prefix, from)
		})
	if err != nil {
		return nil, err
	}
	return &iamapi.ListInstanceProfilesOutput{
		InstanceProfiles: mapped(page.Items, listedInstanceProfile(a)), IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

func listInstanceProfilesForRole(c *service.Call, in *iamapi.ListInstanceProfilesForRoleInput) (*iamapi.ListInstanceProfilesForRoleOutput, error) {
	a := c.Account()
	r, err := a.Role(in.RoleName)
	if err != nil {
		return nil, err
	}
	page, err := service.PageOf(c, "instance profiles of "+r.ID, in.Marker, in.MaxItems, a.InstanceProfilesOf(r),
		func(p *identity.InstanceProfile) string { return state.Fold(p.Name) })
	if err != nil {
		return nil, err
	}
	return &iamapi.ListInstanceProfilesForRoleOutput{
		InstanceProfiles: mapped(page.Items, listedInstanceProfile(a)), IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

func deleteInstanceProfile(c *service.Call, in *iamapi.DeleteInstanceProfileInput) (*iamapi.DeleteInstanceProfileOutput, error) {
	return &iamapi.DeleteInstanceProfileOutput{}, c.Edit().DeleteInstanceProfile(in.InstanceProfileName)
}

// addRoleTargets asks for iam:PassRole too: whoever puts a role into an instance
// profile hands it to EC2. Which instances will have the role is not known, and
// iam:AssociatedResourceArn says so (IAM API reference, AddRoleToInstanceProfile).
func addRoleTargets(c *service.Call, in *iamapi.AddRoleToInstanceProfileInput) ([]authz.Target, error) {
	instances := "arn:" + c.Tools.Site.Partition + ":ec2:*:" + c.Caller.Account + ":instance/*"
	return append(
		onInstanceProfile(c, "AddRoleToInstanceProfile", in.InstanceProfileName),
		onRole(c, "PassRole", in.RoleName,
			authz.Value("iam:PassedToService", "ec2.amazonaws.com"), authz.Value("iam:AssociatedResourceArn", instances))...,
	), nil
}

func addRoleToInstanceProfile(c *service.Call, in *iamapi.AddRoleToInstanceProfileInput) (*iamapi.AddRoleToInstanceProfileOutput, error) {
	return &iamapi.AddRoleToInstanceProfileOutput{}, c.Edit().AddRoleToInstanceProfile(in.InstanceProfileName, in.RoleName)
}

func removeRoleFromInstanceProfile(c *service.Call, in *iamapi.RemoveRoleFromInstanceProfileInput) (*iamapi.RemoveRoleFromInstanceProfileOutput, error) {
	return &iamapi.RemoveRoleFromInstanceProfileOutput{}, c.Edit().RemoveRoleFromInstanceProfile(in.InstanceProfileName, in.RoleName)
}

func listInstanceProfileTags(c *service.Call, in *iamapi.ListInstanceProfileTagsInput) (*iamapi.ListInstanceProfileTagsOutput, error) {
	p, err := c.Account().InstanceProfile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	page, err := pageOfTags(c, "instance profile tags "+p.ID, in.Marker, in.MaxItems, p.Tags)
	if err != nil {
		return nil, err
	}
	return &iamapi.ListInstanceProfileTagsOutput{Tags: allTags(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}
