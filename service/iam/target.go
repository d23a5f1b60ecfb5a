package iam

import (
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

// on is the one target of an operation: an action on a resource of the caller's
// account.
func on(c *service.Call, action, resource string, keys ...authz.Key) []authz.Target {
	return []authz.Target{{Action: "iam:" + action, Resource: resource, Account: c.Caller.Account, Keys: keys}}
}

// onAccount is for operations that have no resource.
func onAccount[In any](action string) service.Targets[In] {
	return func(c *service.Call, _ *In) ([]authz.Target, error) { return on(c, action, "*"), nil }
}

// onCollection is for list operations, which are authorized on the collection.
func onCollection[In any](action, kind string) service.Targets[In] {
	return func(c *service.Call, _ *In) ([]authz.Target, error) {
		return on(c, action, c.Account().CollectionARN(kind)), nil
	}
}

// onEntity is what an action asks on an entity of one sort with a name.
type onEntity func(c *service.Call, action, name string, keys ...authz.Key) []authz.Target

// onNamed is for operations on one entity that the input names.
func onNamed[In any](action string, target onEntity, name func(*In) string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) { return target(c, action, name(in)), nil }
}

// withBoundary are the actions for which the service reference names
// iam:PermissionsBoundary: for an entity that has a boundary they carry it.
var withBoundary = map[string]bool{
	"AttachRolePolicy": true, "AttachUserPolicy": true, "DetachRolePolicy": true, "DetachUserPolicy": true,
	"DeleteRole": true, "DeleteRolePermissionsBoundary": true, "DeleteUserPermissionsBoundary": true,
	"DeleteRolePolicy": true, "DeleteUserPolicy": true, "PutRolePolicy": true, "PutUserPolicy": true,
	"GetRole": true, "UpdateAssumeRolePolicy": true, "UpdateRole": true, "UpdateRoleDescription": true,
}

func boundaryKey(action, boundary string) []authz.Key {
	if boundary == "" || !withBoundary[action] {
		return nil
	}
	return []authz.Key{authz.Value("iam:PermissionsBoundary", boundary)}
}

func onUser(c *service.Call, action, name string, keys ...authz.Key) []authz.Target {
	a := c.Account()
	t := on(c, action, a.UserARNNamed(name), keys...)
	if u, err := a.User(name); err == nil {
		t[0] = t[0].With(authz.ResourceTags(u.Tags, true)...).With(boundaryKey(action, u.BoundaryARN)...)
	}
	return t
}

func onRole(c *service.Call, action, name string, keys ...authz.Key) []authz.Target {
	a := c.Account()
	t := on(c, action, a.RoleARNNamed(name), keys...)
	if r, err := a.Role(name); err == nil {
		t[0] = t[0].With(authz.ResourceTags(r.Tags, true)...).With(boundaryKey(action, r.BoundaryARN)...)
	}
	return t
}

func onGroup(c *service.Call, action, name string, keys ...authz.Key) []authz.Target {
	return on(c, action, c.Account().GroupARNNamed(name), keys...)
}

func onInstanceProfile(c *service.Call, action, name string, keys ...authz.Key) []authz.Target {
	a := c.Account()
	t := on(c, action, a.InstanceProfileARNNamed(name), keys...)
	if p, err := a.InstanceProfile(name); err == nil {
		t[0] = t[0].With(authz.ResourceTags(p.Tags, false)...)
	}
	return t
}

func onPolicy(c *service.Call, action, arn string, keys ...authz.Key) []authz.Target {
	t := on(c, action, arn, keys...)
	if p, ok := c.Account().ManagedPolicy(arn); ok {
		t[0] = t[0].With(authz.ResourceTags(p.Tags, false)...)
	}
	return t
}

// onOwner is onUser, onGroup or onRole by the type of an owner of policies.
func onOwner(c *service.Call, kind, action, name string, keys ...authz.Key) []authz.Target {
	switch kind {
	case "user":
		return onUser(c, action, name, keys...)
	case "group":
		return onGroup(c, action, name, keys...)
	}
	return onRole(c, action, name, keys...)
}

// callingUser is the user that an operation means which may leave the name out.
// It is "" for the root user.
func callingUser(c *service.Call, name *string) (string, error) {
	switch {
	case name != nil:
		return *name, nil
	case c.Caller.Kind == authn.User:
		return c.Caller.Name, nil
	case c.Caller.Kind == authn.Root:
		return "", nil
	}
	return "", apierror.New(apierror.ValidationError, "Must specify userName when calling with non-User credentials")
}

// onCallingUser is for operations that may leave the user's name out.
func onCallingUser[In any](action string, name func(*In) *string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) {
		user, err := callingUser(c, name(in))
		if err != nil {
			return nil, err
		}
		if user == "" {
			return on(c, action, c.Account().RootARN()), nil
		}
		return onUser(c, action, user), nil
	}
}

// creation is the target of an operation that makes something, with the Tag
// action asked for too where tags are passed.
func creation(targets []authz.Target, tagAction string, tags []identity.Tag) []authz.Target {
	keys := authz.RequestTags(tags)
	if keys == nil {
		return targets
	}
	create := targets[0].With(keys...)
	tag := authz.Target{Action: "iam:" + tagAction, Resource: create.Resource, Account: create.Account, Keys: keys}
	return []authz.Target{create, tag}
}
