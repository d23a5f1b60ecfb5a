package organizations

import (
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

// tagsOf are the tags in an input.
func tagsOf(list []orgapi.Tag) []identity.Tag {
	var tags []identity.Tag
	for _, t := range list {
		tags = append(tags, identity.Tag{Key: t.Key, Value: t.Value})
	}
	return tags
}

// onNamed is [on] for a resource that is there and may have tags.
func onNamed(c *service.Call, action, resource, id string, keys ...authz.Key) []authz.Target {
	keys = append(keys, authz.ResourceTags(here(c).Tags(id), false)...)
	return on(c, action, resource, keys...)
}

// onParent is [onNamed] for a root or a unit.
func onParent(c *service.Call, action, id string, keys ...authz.Key) []authz.Target {
	return onNamed(c, action, arns(c).Target(id), id, keys...)
}

// onAccount is [onNamed] for an account.
func onAccount(c *service.Call, action, id string) []authz.Target {
	return onNamed(c, action, arns(c).Account(id), id)
}

// creation is what must be allowed to make something: with tags, to put them on it, too.
func creation(c *service.Call, targets []authz.Target, made string, list []identity.Tag) []authz.Target {
	keys := authz.RequestTags(list)
	if keys == nil {
		return targets
	}
	targets[0] = targets[0].With(keys...)
	return append(targets, on(c, "TagResource", made, keys...)...)
}

func newAccount(c *service.Call, o organization.Organization, m *organization.Member) orgapi.Account {
	a, ok := c.Deployment().Account(m.Account)
	if !ok {
		a = &deployment.Account{ID: m.Account}
	}
	state, status := organization.State(a)
	return orgapi.Account{
		Id: &m.Account, Arn: new(o.ARNs(c.Tools.Site.Partition).Account(m.Account)), Email: service.Optional(a.Email), Name: service.Optional(a.Name),
		Status: &status, State: &state, Paths: []string{o.OrgPath(m.Account) + m.Account + "/"},
		JoinedMethod: &m.Joined, JoinedTimestamp: &m.JoinedDate,
	}
}

func newUnit(c *service.Call, o organization.Organization, u *organization.Unit) *orgapi.OrganizationalUnit {
	return &orgapi.OrganizationalUnit{
		Id: &u.ID, Arn: new(o.ARNs(c.Tools.Site.Partition).Unit(u.ID)), Name: &u.Name, Path: new(o.UnitPath(u.ID)),
	}
}
