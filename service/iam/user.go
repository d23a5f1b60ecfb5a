package iam

import (
	"iter"
	"time"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func userOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreateUser, createUserTargets, createUser),
		service.Read(iamapi.GetUser, onCallingUser("GetUser", func(in *iamapi.GetUserInput) *string { return in.UserName }), getUser),
		service.Read(iamapi.ListUsers, onCollection[iamapi.ListUsersInput]("ListUsers", "user"), listUsers),
		service.Write(iamapi.UpdateUser, updateUserTargets, updateUser),
		service.Write(iamapi.DeleteUser, onNamed("DeleteUser", onUser, func(in *iamapi.DeleteUserInput) string { return in.UserName }), deleteUser),
		tagging(iamapi.TagUser, onUser, identity.Editor.TagUser, func(in *iamapi.TagUserInput) (string, []iamapi.Tag) { return in.UserName, in.Tags }),
		untagging(iamapi.UntagUser, onUser, identity.Editor.UntagUser, func(in *iamapi.UntagUserInput) (string, []string) { return in.UserName, in.TagKeys }),
		service.Read(iamapi.ListUserTags, onNamed("ListUserTags", onUser, func(in *iamapi.ListUserTagsInput) string { return in.UserName }), listUserTags),
	}
}

func createUserTargets(c *service.Call, in *iamapi.CreateUserInput) ([]authz.Target, error) {
	resource := c.Account().NewUserARN(in.Path, in.UserName)
	return creation(on(c, "CreateUser", resource, newBoundary(in.PermissionsBoundary)...), "TagUser", fromTags(in.Tags)), nil
}

// newBoundary is the key of a boundary that the request sets.
func newBoundary(arn *string) []authz.Key {
	if arn == nil {
		return nil
	}
	return []authz.Key{authz.Value("iam:PermissionsBoundary", *arn)}
}

func createUser(c *service.Call, in *iamapi.CreateUserInput) (*iamapi.CreateUserOutput, error) {
	e := c.Edit()
	u, err := e.CreateUser(identity.NewUser{
		Name: in.UserName, Path: in.Path, BoundaryARN: in.PermissionsBoundary, Tags: fromTags(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateUserOutput{User: new(userShape(e.Account, u))}, nil
}

func getUser(c *service.Call, in *iamapi.GetUserInput) (*iamapi.GetUserOutput, error) {
	a := c.Account()
	name, err := callingUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return &iamapi.GetUserOutput{User: rootShape(c, a)}, nil
	}
	u, err := a.User(name)
	if err != nil {
		return nil, err
	}
	s := userShape(a, u)
	s.PasswordLastUsed = passwordLastUsed(c, a, u.ID)
	return &iamapi.GetUserOutput{User: s}, nil
}

// rootShape is the root user as GetUser shows it to root.
func rootShape(c *service.Call, a identity.Account) iamapi.User {
	s := iamapi.User{UserId: a.ID, Arn: a.RootARN()}
	if known, ok := c.Deployment().Account(a.ID); ok {
		s.CreateDate = known.CreateDate
	}
	s.PasswordLastUsed = passwordLastUsed(c, a, a.ID)
	return s
}

// passwordLastUsed is when an owner last signed in with a password, nil if never, or
// if it has none any more.
func passwordLastUsed(c *service.Call, a identity.Account, ownerID string) *time.Time {
	if _, ok := a.LoginProfile(ownerID); !ok {
		return nil
	}
	if use, ok := c.Tools.LastUsed(a.ID, "password", ownerID); ok {
		return &use.Time
	}
	return nil
}

// listedUserOf is listedUser with what AWS shows of passwords.
func listedUserOf(c *service.Call, a identity.Account) func(*identity.User) iamapi.User {
	return func(u *identity.User) iamapi.User {
		s := listedUser(a, u)
		s.PasswordLastUsed = passwordLastUsed(c, a, u.ID)
		return s
	}
}

func listUsers(c *service.Call, in *iamapi.ListUsersInput) (*iamapi.ListUsersOutput, error) {
	a, prefix := c.Account(), service.Or(in.PathPrefix, "")
	page, err := service.PageBy(c, "users "+prefix, in.Marker, in.MaxItems,
		func(from string) iter.Seq2[string, *identity.User] { return a.Users(prefix, from) })
	if err != nil {
		return nil, err
	}
	return &iamapi.ListUsersOutput{
		Users:       mapped(page.Items, listedUserOf(c, a)),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

// updateUserTargets asks for the right on the user as it is and as it will be.
func updateUserTargets(c *service.Call, in *iamapi.UpdateUserInput) ([]authz.Target, error) {
	t := onUser(c, "UpdateUser", in.UserName)
	a := c.Account()
	path, name := "/", in.UserName
	if u, err := a.User(in.UserName); err == nil {
		path, name = u.Path, u.Name
	}
	if next := a.NewUserARN(new(service.Or(in.NewPath, path)), service.Or(in.NewUserName, name)); next != t[0].Resource {
		t = append(t, authz.Target{Action: "iam:UpdateUser", Resource: next, Account: a.ID, Keys: t[0].Keys})
	}
	return t, nil
}

func updateUser(c *service.Call, in *iamapi.UpdateUserInput) (*iamapi.UpdateUserOutput, error) {
	return &iamapi.UpdateUserOutput{}, c.Edit().UpdateUser(in.UserName, in.NewUserName, in.NewPath)
}

func deleteUser(c *service.Call, in *iamapi.DeleteUserInput) (*iamapi.DeleteUserOutput, error) {
	return &iamapi.DeleteUserOutput{}, c.Edit().DeleteUser(in.UserName)
}

func listUserTags(c *service.Call, in *iamapi.ListUserTagsInput) (*iamapi.ListUserTagsOutput, error) {
	u, err := c.Account().User(in.UserName)
	if err != nil {
		return nil, err
	}
	page, err := pageOfTags(c, "user tags "+u.ID, in.Marker, in.MaxItems, u.Tags)
	if err != nil {
		return nil, err
	}
	return &iamapi.ListUserTagsOutput{Tags: allTags(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}

// pageOfTags takes a page out of the tags of something, in order of keys.
func pageOfTags(c *service.Call, list string, marker *string, maxItems *int32, tags []identity.Tag) (service.Page[identity.Tag], error) {
	return service.PageOf(c, list, marker, maxItems, sortedTags(tags), tagOrder)
}
