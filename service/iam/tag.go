package iam

import (
	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

// tagging is the operation that puts tags on an entity, which the request condition keys
// tell of. put is the rule, and named the entity and the tags that an input means.
func tagging[In, Out any, PIn service.Structure[In], POut service.Structure[Out]](
	op api.Op[In, Out], on onEntity, put func(e identity.Editor, name string, tags []identity.Tag) error, named func(*In) (string, []iamapi.Tag),
) service.Operation {
	return service.Write[In, Out, PIn, POut](op, func(c *service.Call, in *In) ([]authz.Target, error) {
		name, tags := named(in)
		return on(c, op.Name, name, authz.RequestTags(fromTags(tags))...), nil
	}, func(c *service.Call, in *In) (*Out, error) {
		name, tags := named(in)
		return new(Out), put(c.Edit(), name, fromTags(tags))
	})
}

// untagging is the operation that takes tags off an entity, by their keys.
func untagging[In, Out any, PIn service.Structure[In], POut service.Structure[Out]](
	op api.Op[In, Out], on onEntity, remove func(e identity.Editor, name string, keys []string) error, named func(*In) (string, []string),
) service.Operation {
	return service.Write[In, Out, PIn, POut](op, func(c *service.Call, in *In) ([]authz.Target, error) {
		name, keys := named(in)
		return on(c, op.Name, name, authz.TagKeys(keys)...), nil
	}, func(c *service.Call, in *In) (*Out, error) {
		name, keys := named(in)
		return new(Out), remove(c.Edit(), name, keys)
	})
}
