package iam

import (
	"iter"
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func managedPolicyOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreatePolicy, createPolicyTargets, createPolicy),
		service.Read(iamapi.GetPolicy, onNamed("GetPolicy", onPolicy, func(in *iamapi.GetPolicyInput) string { return in.PolicyArn }), getPolicy),
		service.Read(iamapi.ListPolicies, onCollection[iamapi.ListPoliciesInput]("ListPolicies", "policy"), listPolicies),
		service.Write(iamapi.DeletePolicy, onNamed("DeletePolicy", onPolicy, func(in *iamapi.DeletePolicyInput) string { return in.PolicyArn }), deletePolicy),
		service.Write(iamapi.CreatePolicyVersion, onNamed("CreatePolicyVersion", onPolicy, func(in *iamapi.CreatePolicyVersionInput) string { return in.PolicyArn }), createPolicyVersion),
		service.Read(iamapi.GetPolicyVersion, onNamed("GetPolicyVersion", onPolicy, func(in *iamapi.GetPolicyVersionInput) string { return in.PolicyArn }), getPolicyVersion),
		service.Read(iamapi.ListPolicyVersions, onNamed("ListPolicyVersions", onPolicy, func(in *iamapi.ListPolicyVersionsInput) string { return in.PolicyArn }), listPolicyVersions),
		service.Write(iamapi.SetDefaultPolicyVersion, onNamed("SetDefaultPolicyVersion", onPolicy, func(in *iamapi.SetDefaultPolicyVersionInput) string { return in.PolicyArn }), setDefaultPolicyVersion),
		service.Write(iamapi.DeletePolicyVersion, onNamed("DeletePolicyVersion", onPolicy, func(in *iamapi.DeletePolicyVersionInput) string { return in.PolicyArn }), deletePolicyVersion),
		tagging(iamapi.TagPolicy, onPolicy, identity.Editor.TagPolicy, func(in *iamapi.TagPolicyInput) (string, []iamapi.Tag) { return in.PolicyArn, in.Tags }),
		untagging(iamapi.UntagPolicy, onPolicy, identity.Editor.UntagPolicy, func(in *iamapi.UntagPolicyInput) (string, []string) { return in.PolicyArn, in.TagKeys }),
		service.Read(iamapi.ListPolicyTags, onNamed("ListPolicyTags", onPolicy, func(in *iamapi.ListPolicyTagsInput) string { return in.PolicyArn }), listPolicyTags),
		service.Read(iamapi.ListEntitiesForPolicy, onNamed("ListEntitiesForPolicy", onPolicy, func(in *iamapi.ListEntitiesForPolicyInput) string { return in.PolicyArn }), listEntitiesForPolicy),
	}
}

func createPolicyTargets(c *service.Call, in *iamapi.CreatePolicyInput) ([]authz.Target, error) {
	resource := c.Account().NewPolicyARN(in.Path, in.PolicyName)
	return creation(on(c, "CreatePolicy", resource), "TagPolicy", fromTags(in.Tags)), nil
}

func createPolicy(c *service.Call, in *iamapi.CreatePolicyInput) (*iamapi.CreatePolicyOutput, error) {
	e := c.Edit()
	p, err := e.CreatePolicy(identity.NewPolicy{
		Name: in.PolicyName, Path: in.Path, Description: in.Description, Document: in.PolicyDocument, Tags: fromTags(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &iamapi.CreatePolicyOutput{Policy: new(policyShape(e.Account, p))}, nil
}

// managed finds a managed policy for reading.
func managed(c *service.Call, arn string) (identity.Account, identity.ManagedPolicy, error) {
	a := c.Account()
	p, err := a.ReadPolicy(arn)
	return a, p, err
}

func getPolicy(c *service.Call, in *iamapi.GetPolicyInput) (*iamapi.GetPolicyOutput, error) {
	a, p, err := managed(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetPolicyOutput{Policy: new(policyShape(a, p))}, nil
}

func listPolicies(c *service.Call, in *iamapi.ListPoliciesInput) (*iamapi.ListPoliciesOutput, error) {
	a := c.Account()
	scope, prefix, usage := service.Or(in.Scope, "All"), service.Or(in.PathPrefix, ""), service.Or(in.PolicyUsageFilter, "")
	attached := service.Or(in.OnlyAttached, false)
	list := strings.Join([]string{"policies", scope, prefix, usage, map[bool]string{true: "attached"}[attached]}, " ")
	wanted := func(p identity.ManagedPolicy) bool {
		switch {
		case !strings.HasPrefix(p.Path, prefix):
			return false
		case usage == "PermissionsPolicy":
			return a.AttachmentCount(p.ARN) > 0
		case usage == "PermissionsBoundary":
			return a.BoundaryUsageCount(p.ARN) > 0
		case attached:
			return a.AttachmentCount(p.ARN)+a.BoundaryUsageCount(p.ARN) > 0
		}
		return true
	}
	page, err := service.PageBy(c, list, in.Marker, in.MaxItems, func(from string) iter.Seq2[string, identity.ManagedPolicy] {
		return only(policiesOf(a, scope, from), wanted)
	})
	if err != nil {
		return nil, err
	}
	return &iamapi.ListPoliciesOutput{
		Policies:    mapped(page.Items, func(p identity.ManagedPolicy) iamapi.Policy { return listedPolicy(a, p) }),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

// only keeps the items of a sequence that are wanted.
func only[V any](all iter.Seq2[string, V], wanted func(V) bool) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for key, v := range all {
			if wanted(v) && !yield(key, v) {
				return
			}
		}
	}
}

// policiesOf ranges over managed policies, those of the account ("0" and the
// folded name as key) before those of AWS ("1" and the folded name).
func policiesOf(a identity.Account, scope, from string) iter.Seq2[string, identity.ManagedPolicy] {
	return func(yield func(string, identity.ManagedPolicy) bool) {
		if scope != "AWS" && from < "1" {
			for key, p := range a.CustomerPolicies(strings.TrimPrefix(from, "0")) {
				if !yield("0"+key, p) {
					return
				}
			}
		}
		if scope == "Local" {
			return
		}
		for p := range a.AWSPolicies() {
			if key := "1" + state.Fold(p.Name); key >= from && !yield(key, p) {
				return
			}
		}
	}
}

func deletePolicy(c *service.Call, in *iamapi.DeletePolicyInput) (*iamapi.DeletePolicyOutput, error) {
	return &iamapi.DeletePolicyOutput{}, c.Edit().DeletePolicy(in.PolicyArn)
}

func createPolicyVersion(c *service.Call, in *iamapi.CreatePolicyVersionInput) (*iamapi.CreatePolicyVersionOutput, error) {
	v, err := c.Edit().CreatePolicyVersion(in.PolicyArn, in.PolicyDocument, service.Or(in.SetAsDefault, false))
	if err != nil {
		return nil, err
	}
	return &iamapi.CreatePolicyVersionOutput{PolicyVersion: new(versionShape(v, false))}, nil
}

func getPolicyVersion(c *service.Call, in *iamapi.GetPolicyVersionInput) (*iamapi.GetPolicyVersionOutput, error) {
	a, p, err := managed(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	v, err := a.Version(p, in.VersionId)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetPolicyVersionOutput{PolicyVersion: new(versionShape(v, true))}, nil
}

func listPolicyVersions(c *service.Call, in *iamapi.ListPolicyVersionsInput) (*iamapi.ListPolicyVersionsOutput, error) {
	a, p, err := managed(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	// The newest version comes first; the key counts down to keep that order.
	versions := a.Versions(p)
	page, err := service.PageOf(c, "versions of "+p.ID, in.Marker, in.MaxItems, numbered(versions), func(n numberedVersion) string { return n.key })
	if err != nil {
		return nil, err
	}
	return &iamapi.ListPolicyVersionsOutput{
		Versions:    mapped(page.Items, func(n numberedVersion) iamapi.PolicyVersion { return versionShape(n.Version, false) }),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

func setDefaultPolicyVersion(c *service.Call, in *iamapi.SetDefaultPolicyVersionInput) (*iamapi.SetDefaultPolicyVersionOutput, error) {
	return &iamapi.SetDefaultPolicyVersionOutput{}, c.Edit().SetDefaultPolicyVersion(in.PolicyArn, in.VersionId)
}

func deletePolicyVersion(c *service.Call, in *iamapi.DeletePolicyVersionInput) (*iamapi.DeletePolicyVersionOutput, error) {
	return &iamapi.DeletePolicyVersionOutput{}, c.Edit().DeletePolicyVersion(in.PolicyArn, in.VersionId)
}

func listPolicyTags(c *service.Call, in *iamapi.ListPolicyTagsInput) (*iamapi.ListPolicyTagsOutput, error) {
	_, p, err := managed(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	page, err := pageOfTags(c, "policy tags "+p.ID, in.Marker, in.MaxItems, p.Tags)
	if err != nil {
		return nil, err
	}
	return &iamapi.ListPolicyTagsOutput{Tags: allTags(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}

// listEntitiesForPolicy pages over users, groups and roles together, in the
// order of their types and names.
func listEntitiesForPolicy(c *service.Call, in *iamapi.ListEntitiesForPolicyInput) (*iamapi.ListEntitiesForPolicyOutput, error) {
	a, p, err := managed(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	var owners []identity.Owner
	usage, kind, prefix := service.Or(in.PolicyUsageFilter, ""), service.Or(in.EntityFilter, ""), service.Or(in.PathPrefix, "")
	switch kind {
	case "", "User", "Role", "Group":
	default:
		return nil, apierror.New(apierror.InvalidInput, "The entity filter %s does not apply to the entities of a policy.", kind)
	}
	if usage != "PermissionsBoundary" {
		owners = append(owners, a.AttachedTo(p.ARN)...)
	}
	if usage != "PermissionsPolicy" {
		owners = append(owners, a.BoundaryOf(p.ARN)...)
	}
	owners = wantedOwners(owners, strings.ToLower(kind), prefix)
	page, err := service.PageOf(c, strings.Join([]string{"entities of", p.ID, usage, kind, prefix}, " "), in.Marker, in.MaxItems, owners, ownerKey)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListEntitiesForPolicyOutput{
		PolicyGroups: []iamapi.PolicyGroup{}, PolicyUsers: []iamapi.PolicyUser{}, PolicyRoles: []iamapi.PolicyRole{},
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}
	for _, o := range page.Items {
		switch o.Type {
		case "user":
			out.PolicyUsers = append(out.PolicyUsers, iamapi.PolicyUser{UserName: &o.Name, UserId: &o.ID})
		case "group":
			out.PolicyGroups = append(out.PolicyGroups, iamapi.PolicyGroup{GroupName: &o.Name, GroupId: &o.ID})
		case "role":
			out.PolicyRoles = append(out.PolicyRoles, iamapi.PolicyRole{RoleName: &o.Name, RoleId: &o.ID})
		}
	}
	return out, nil
}
