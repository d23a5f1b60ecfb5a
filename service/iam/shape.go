package iam

import (
	"net/url"
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

// fromTags reads the tags of an input.
func fromTags(in []iamapi.Tag) []identity.Tag {
	if len(in) == 0 {
		return nil
	}
	tags := make([]identity.Tag, len(in))
	for i, t := range in {
		tags[i] = identity.Tag{Key: t.Key, Value: t.Value}
	}
	return tags
}

// toTags shows tags; where there are none, AWS leaves the list out.
func toTags(tags []identity.Tag) []iamapi.Tag {
	if len(tags) == 0 {
		return nil
	}
	return allTags(tags)
}

// allTags shows tags where the list is always there.
func allTags(tags []identity.Tag) []iamapi.Tag {
	out := make([]iamapi.Tag, len(tags))
	for i, t := range tags {
		out[i] = iamapi.Tag{Key: t.Key, Value: t.Value}
	}
	return out
}

// encoded is a policy document as IAM shows it: URL-encoded by RFC 3986.
func encoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

func boundaryShape(arn string) *iamapi.AttachedPermissionsBoundary {
	if arn == "" {
		return nil
	}
	// The model's enum says PermissionsBoundaryPolicy; AWS answers Policy.
	return &iamapi.AttachedPermissionsBoundary{
		PermissionsBoundaryArn: &arn, PermissionsBoundaryType: new("Policy"),
	}
}

func userShape(a identity.Account, u *identity.User) iamapi.User {
	return iamapi.User{
		Path: u.Path, UserName: u.Name, UserId: u.ID, Arn: a.UserARN(u), CreateDate: u.CreateDate,
		PermissionsBoundary: boundaryShape(u.BoundaryARN), Tags: toTags(u.Tags),
	}
}

// listedUser is a user in a list, where AWS shows neither tags nor boundary.
func listedUser(a identity.Account, u *identity.User) iamapi.User {
	s := userShape(a, u)
	s.PermissionsBoundary, s.Tags = nil, nil
	return s
}

func groupShape(a identity.Account, g *identity.Group) iamapi.Group {
	return iamapi.Group{Path: g.Path, GroupName: g.Name, GroupId: g.ID, Arn: a.GroupARN(g), CreateDate: g.CreateDate}
}

// newRole is a role as CreateRole shows it: without what can change later.
func newRole(a identity.Account, r *identity.Role) iamapi.Role {
	document := encoded(a.TrustDocument(r))
	return iamapi.Role{
		Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: a.RoleARN(r), CreateDate: r.CreateDate,
		AssumeRolePolicyDocument: &document, Description: r.Description,
		PermissionsBoundary: boundaryShape(r.BoundaryARN), Tags: toTags(r.Tags),
	}
}

// roleShape is a role as GetRole shows it.
func roleShape(c *service.Call, a identity.Account, r *identity.Role) iamapi.Role {
	s := newRole(a, r)
	s.MaxSessionDuration = new(int32(r.MaxSessionDuration))
	s.RoleLastUsed = roleLastUsed(c, a, r)
	return s
}

func roleLastUsed(c *service.Call, a identity.Account, r *identity.Role) *iamapi.RoleLastUsed {
	use, ok := c.Tools.LastUsed(a.ID, "role", r.ID)
	if !ok {
		return &iamapi.RoleLastUsed{}
	}
	return &iamapi.RoleLastUsed{LastUsedDate: &use.Time, Region: &use.Region}
}

// listedRole is a role in a list.
func listedRole(a identity.Account, r *identity.Role) iamapi.Role {
	s := newRole(a, r)
	s.MaxSessionDuration = new(int32(r.MaxSessionDuration))
	s.PermissionsBoundary, s.Tags = nil, nil
	return s
}

func instanceProfileShape(a identity.Account, p *identity.InstanceProfile) iamapi.InstanceProfile {
	s := iamapi.InstanceProfile{
		Path: p.Path, InstanceProfileName: p.Name, InstanceProfileId: p.ID, Arn: a.InstanceProfileARN(p),
		CreateDate: p.CreateDate, Roles: []iamapi.Role{}, Tags: toTags(p.Tags),
	}
	if r, ok := a.RoleByID(p.RoleID); ok {
		role := newRole(a, r)
		role.PermissionsBoundary, role.Tags = nil, nil
		s.Roles = append(s.Roles, role)
	}
	return s
}

// policyShape is a managed policy as GetPolicy shows it.
func policyShape(a identity.Account, p identity.ManagedPolicy) iamapi.Policy {
	s := listedPolicy(a, p)
	s.Description = p.Description
	s.Tags = toTags(p.Tags)
	return s
}

// listedPolicy is a managed policy in a list, where AWS shows neither
// description nor tags.
func listedPolicy(a identity.Account, p identity.ManagedPolicy) iamapi.Policy {
	return iamapi.Policy{
		PolicyName: &p.Name, PolicyId: &p.ID, Arn: &p.ARN, Path: &p.Path, DefaultVersionId: &p.DefaultVersion,
		AttachmentCount:               new(int32(a.AttachmentCount(p.ARN))),
		PermissionsBoundaryUsageCount: new(int32(a.BoundaryUsageCount(p.ARN))),
		IsAttachable:                  new(true), CreateDate: &p.CreateDate, UpdateDate: &p.UpdateDate,
	}
}

// versionShape is a version of a managed policy, with its document or without.
func versionShape(v identity.Version, document bool) iamapi.PolicyVersion {
	s := iamapi.PolicyVersion{VersionId: &v.ID, IsDefaultVersion: &v.Default, CreateDate: &v.CreateDate}
	if document {
		s.Document = new(encoded(v.Document))
	}
	return s
}

func attachedShapes(list []identity.ManagedPolicy) []iamapi.AttachedPolicy {
	out := make([]iamapi.AttachedPolicy, len(list))
	for i, p := range list {
		out[i] = iamapi.AttachedPolicy{PolicyName: &p.Name, PolicyArn: &p.ARN}
	}
	return out
}

// mapped shows each item of a list.
func mapped[V, S any](items []V, shape func(V) S) []S {
	out := make([]S, len(items))
	for i, v := range items {
		out[i] = shape(v)
	}
	return out
}
