package iam

import (
	"iter"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func groupOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreateGroup, createGroupTargets, createGroup),
		service.Read(iamapi.GetGroup, onNamed("GetGroup", onGroup, func(in *iamapi.GetGroupInput) string { return in.GroupName }), getGroup),
		service.Read(iamapi.ListGroups, onCollection[iamapi.ListGroupsInput]("ListGroups", "group"), listGroups),
		service.Write(iamapi.UpdateGroup, updateGroupTargets, updateGroup),
		service.Write(iamapi.DeleteGroup, onNamed("DeleteGroup", onGroup, func(in *iamapi.DeleteGroupInput) string { return in.GroupName }), deleteGroup),
		service.Write(iamapi.AddUserToGroup, onNamed("AddUserToGroup", onGroup, func(in *iamapi.AddUserToGroupInput) string { return in.GroupName }), addUserToGroup),
		service.Write(iamapi.RemoveUserFromGroup, onNamed("RemoveUserFromGroup", onGroup, func(in *iamapi.RemoveUserFromGroupInput) string { return in.GroupName }), removeUserFromGroup),
		service.Read(iamapi.ListGroupsForUser, onNamed("ListGroupsForUser", onUser, func(in *iamapi.ListGroupsForUserInput) string { return in.UserName }), listGroupsForUser),
	}
}

func createGroupTargets(c *service.Call, in *iamapi.CreateGroupInput) ([]authz.Target, error) {
	return on(c, "CreateGroup", c.Account().NewGroupARN(in.Path, in.GroupName)), nil
}

func createGroup(c *service.Call, in *iamapi.CreateGroupInput) (*iamapi.CreateGroupOutput, error) {
	e := c.Edit()
	g, err := e.CreateGroup(in.GroupName, in.Path)
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateGroupOutput{Group: groupShape(e.Account, g)}, nil
}

// getGroup shows a group with its members, page by page.
func getGroup(c *service.Call, in *iamapi.GetGroupInput) (*iamapi.GetGroupOutput, error) {
	a := c.Account()
	g, err := a.Group(in.GroupName)
	if err != nil {
		return nil, err
	}
	page, err := service.PageOf(c, "members "+g.ID, in.Marker, in.MaxItems, a.Members(g), func(u *identity.User) string { return state.Fold(u.Name) })
	if err != nil {
		return nil, err
	}
	return &iamapi.GetGroupOutput{
		Group:       groupShape(a, g),
		Users:       mapped(page.Items, listedUserOf(c, a)),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

func listGroups(c *service.Call, in *iamapi.ListGroupsInput) (*iamapi.ListGroupsOutput, error) {
	a, prefix := c.Account(), service.Or(in.PathPrefix, "")
	page, err := service.PageBy(c, "groups "+prefix, in.Marker, in.MaxItems,
		func(from string) iter.Seq2[string, *identity.Group] { return a.Groups(prefix, from) })
	if err != nil {
		return nil, err
	}
	return &iamapi.ListGroupsOutput{
		Groups:      mapped(page.Items, func(g *identity.Group) iamapi.Group { return groupShape(a, g) }),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

// updateGroupTargets asks for the right on the group as it is and as it will be.
func updateGroupTargets(c *service.Call, in *iamapi.UpdateGroupInput) ([]authz.Target, error) {
	t := onGroup(c, "UpdateGroup", in.GroupName)
	a := c.Account()
	path, name := "/", in.GroupName
	if g, err := a.Group(in.GroupName); err == nil {
		path, name = g.Path, g.Name
	}
	if next := a.NewGroupARN(new(service.Or(in.NewPath, path)), service.Or(in.NewGroupName, name)); next != t[0].Resource {
		t = append(t, authz.Target{Action: "iam:UpdateGroup", Resource: next, Account: a.ID})
	}
	return t, nil
}

func updateGroup(c *service.Call, in *iamapi.UpdateGroupInput) (*iamapi.UpdateGroupOutput, error) {
	return &iamapi.UpdateGroupOutput{}, c.Edit().UpdateGroup(in.GroupName, in.NewGroupName, in.NewPath)
}

func deleteGroup(c *service.Call, in *iamapi.DeleteGroupInput) (*iamapi.DeleteGroupOutput, error) {
	return &iamapi.DeleteGroupOutput{}, c.Edit().DeleteGroup(in.GroupName)
}

func addUserToGroup(c *service.Call, in *iamapi.AddUserToGroupInput) (*iamapi.AddUserToGroupOutput, error) {
	return &iamapi.AddUserToGroupOutput{}, c.Edit().AddUserToGroup(in.GroupName, in.UserName)
}

func removeUserFromGroup(c *service.Call, in *iamapi.RemoveUserFromGroupInput) (*iamapi.RemoveUserFromGroupOutput, error) {
	return &iamapi.RemoveUserFromGroupOutput{}, c.Edit().RemoveUserFromGroup(in.GroupName, in.UserName)
}

func listGroupsForUser(c *service.Call, in *iamapi.ListGroupsForUserInput) (*iamapi.ListGroupsForUserOutput, error) {
	a := c.Account()
	u, err := a.User(in.UserName)
	if err != nil {
		return nil, err
	}
	page, err := service.PageOf(c, "groups of "+u.ID, in.Marker, in.MaxItems, a.GroupsOf(u), func(g *identity.Group) string { return state.Fold(g.Name) })
	if err != nil {
		return nil, err
	}
	return &iamapi.ListGroupsForUserOutput{
		Groups:      mapped(page.Items, func(g *identity.Group) iamapi.Group { return groupShape(a, g) }),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}
