package cloudtrail

import (
	"strings"

	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/trails"
)

func tagOperations() []service.Operation {
	return []service.Operation{
		service.Write(trailapi.AddTags, addTagsTargets, addTags),
		service.Write(trailapi.RemoveTags, removeTagsTargets, removeTags),
		service.Read(trailapi.ListTags, listTagsTargets, listTags),
	}
}

// tagged is the trail that an ARN names: only trails are here, and they are named whole.
func tagged(c *service.Call, id string) (trails.Name, error) {
	if a, err := arn.Parse(id); err == nil && a.Service == "cloudtrail" && !strings.HasPrefix(a.Resource, "trail/") {
		return trails.Name{}, apierror.New(trails.TypeNotSupported, "The resource %s is not of a type that is supported: only trails are.", id)
	}
	return trails.ParseARN(id, c.Tools.Site.Partition)
}

func addTagsTargets(c *service.Call, in *trailapi.AddTagsInput) ([]authz.Target, error) {
	return onNamed(c, "AddTags", authz.RequestTags(tagsOf(in.TagsList))...)(tagged(c, in.ResourceId)), nil
}

func addTags(c *service.Call, in *trailapi.AddTagsInput) (*trailapi.AddTagsOutput, error) {
	n, err := tagged(c, in.ResourceId)
	if err != nil {
		return nil, err
	}
	return &trailapi.AddTagsOutput{}, edit(c).Tag(n, tagsOf(in.TagsList))
}

func tagKeys(list []trailapi.Tag) []string {
	var keys []string
	for _, t := range list {
		keys = append(keys, t.Key)
	}
	return keys
}

func removeTagsTargets(c *service.Call, in *trailapi.RemoveTagsInput) ([]authz.Target, error) {
	return onNamed(c, "RemoveTags", authz.TagKeys(tagKeys(in.TagsList))...)(tagged(c, in.ResourceId)), nil
}

func removeTags(c *service.Call, in *trailapi.RemoveTagsInput) (*trailapi.RemoveTagsOutput, error) {
	n, err := tagged(c, in.ResourceId)
	if err != nil {
		return nil, err
	}
	return &trailapi.RemoveTagsOutput{}, edit(c).Untag(n, tagKeys(in.TagsList))
}

// listedAtOnce is of how many resources ListTags tells.
const listedAtOnce = 20

func listTagsTargets(c *service.Call, in *trailapi.ListTagsInput) ([]authz.Target, error) {
	if !listable(in) {
		return on(c, "ListTags", "*"), nil
	}
	var targets []authz.Target
	for _, id := range in.ResourceIdList {
		targets = append(targets, onNamed(c, "ListTags")(tagged(c, id))...)
	}
	return targets, nil
}

func listable(in *trailapi.ListTagsInput) bool {
	return len(in.ResourceIdList) > 0 && len(in.ResourceIdList) <= listedAtOnce
}

func listTags(c *service.Call, in *trailapi.ListTagsInput) (*trailapi.ListTagsOutput, error) {
	if in.NextToken != nil {
		return nil, apierror.New(trails.InvalidToken, "The token %s is not valid.", *in.NextToken)
	}
	if !listable(in) {
		return nil, apierror.New(trails.InvalidParameterValue, "ResourceIdList must have between 1 and %d ARNs.", listedAtOnce)
	}
	out := &trailapi.ListTagsOutput{ResourceTagList: []trailapi.ResourceTag{}}
	for _, id := range in.ResourceIdList {
		n, err := tagged(c, id)
		if err != nil {
			return nil, err
		}
		s, ok := here(c).Find(n)
		if !ok {
			return nil, trails.MissingResource(id)
		}
		list := []trailapi.Tag{}
		for _, t := range s.Tags {
			list = append(list, trailapi.Tag{Key: t.Key, Value: new(t.Value)})
		}
		out.ResourceTagList = append(out.ResourceTagList, trailapi.ResourceTag{ResourceId: new(id), TagsList: list})
	}
	return out, nil
}
