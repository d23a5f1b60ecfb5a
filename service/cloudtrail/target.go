package cloudtrail

import (
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/trails"
)

// here are the trails that the caller's account sees.
func here(c *service.Call) trails.Account {
	return trails.In(c.World, c.Tools.Site, c.Caller.Account)
}

// edit is the caller's account as the call may change its trails.
func edit(c *service.Call) trails.Editor {
	return trails.Edit(c.Draft, c.Tools.Site, c.Caller.Account, trails.Env{Now: c.Now, Region: region(c), Quotas: c.Quota})
}

// region is the region that the request is signed for.
func region(c *service.Call) string { return c.Caller.Origin.Region }

// named is the trail that a text means.
func named(c *service.Call, text string) (trails.Name, error) {
	return trails.ParseName(text, c.Tools.Site.Partition, c.Caller.Account, region(c))
}

// onAll is for operations that have no resource.
func onAll[In any](action string) service.Targets[In] {
	return func(c *service.Call, _ *In) ([]authz.Target, error) { return on(c, action, "*"), nil }
}

func on(c *service.Call, action, resource string, keys ...authz.Key) []authz.Target {
	return []authz.Target{{Action: "cloudtrail:" + action, Resource: resource, Account: c.Caller.Account, Keys: keys}}
}

// onTrail is what must be allowed for an action on a trail that an input names; on
// everything, if it names none: what is wrong with it learns who is allowed that. The
// policies of the caller's account decide also about an organization's trail, which is
// in each member account (CloudTrail User Guide, "Creating a trail for an
// organization").
func onTrail[In any](action string, name func(*In) string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) {
		return onNamed(c, action)(named(c, name(in))), nil
	}
}

func onName(c *service.Call, action string, n trails.Name, keys ...authz.Key) []authz.Target {
	var tags []identity.Tag
	if s, ok := here(c).Find(n); ok {
		tags = s.Tags
	}
	return on(c, action, n.ARN(c.Tools.Site.Partition), append(keys, authz.ResourceTags(tags, false)...)...)
}

// onNamed is onName for a name that may be none.
func onNamed(c *service.Call, action string, keys ...authz.Key) func(trails.Name, error) []authz.Target {
	return func(n trails.Name, err error) []authz.Target {
		if err != nil {
			return on(c, action, "*", keys...)
		}
		return onName(c, action, n, keys...)
	}
}
