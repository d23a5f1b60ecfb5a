package organizations

import (
	"fmt"
	"iter"
	"strings"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func tagOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.TagResource, tagResourceTargets, tagResource, changesOrganization),
		service.WriteElsewhere(orgapi.UntagResource, untagResourceTargets, untagResource, changesOrganization),
		service.Read(orgapi.ListTagsForResource, listTagsTargets, listTagsForResource),
	}
}

// onTagged is what must be allowed for an action on anything that may have tags.
func onTagged(c *service.Call, action, id string, keys ...authz.Key) []authz.Target {
	switch {
	case strings.HasPrefix(id, "p-"):
		return onPolicy(c, action, id, keys...)
	case strings.HasPrefix(id, "rp-"):
		return onNamed(c, action, arns(c).ResourcePolicy(id), id, keys...)
	}
	return onNamed(c, action, arns(c).Target(id), id, keys...)
}

func tagResourceTargets(c *service.Call, in *orgapi.TagResourceInput) ([]authz.Target, error) {
	return onTagged(c, "TagResource", in.ResourceId, authz.RequestTags(tagsOf(in.Tags))...), nil
}

func tagResource(c *service.Call, in *orgapi.TagResourceInput) (*orgapi.TagResourceOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.TagResourceOutput{}, e.Tag(in.ResourceId, tagsOf(in.Tags))
}

func untagResourceTargets(c *service.Call, in *orgapi.UntagResourceInput) ([]authz.Target, error) {
	return onTagged(c, "UntagResource", in.ResourceId, authz.TagKeys(in.TagKeys)...), nil
}

func untagResource(c *service.Call, in *orgapi.UntagResourceInput) (*orgapi.UntagResourceOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.UntagResourceOutput{}, e.Untag(in.ResourceId, in.TagKeys)
}

func listTagsTargets(c *service.Call, in *orgapi.ListTagsForResourceInput) ([]authz.Target, error) {
	return onTagged(c, "ListTagsForResource", in.ResourceId), nil
}

// listTagsForResource gives all tags, which are few: callers cannot ask for a size.
func listTagsForResource(c *service.Call, in *orgapi.ListTagsForResourceInput) (*orgapi.ListTagsForResourceOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	tags, err := o.ListTags(in.ResourceId)
	if err != nil {
		return nil, err
	}
	place := map[string]string{}
	for i, t := range tags {
		place[t.Key] = fmt.Sprintf("%03d", i)
	}
	list, next, err := pageBy(c, "tags of "+in.ResourceId, in.NextToken, new(int32(100)), func(from string) iter.Seq2[string, orgapi.Tag] {
		return shaped(keyed(tags, from, func(t identity.Tag) string { return place[t.Key] }), func(t identity.Tag) orgapi.Tag {
			return orgapi.Tag{Key: t.Key, Value: t.Value}
		})
	})
	return &orgapi.ListTagsForResourceOutput{Tags: list, NextToken: next}, err
}
