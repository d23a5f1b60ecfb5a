package organizations

import (
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

// here is the organization of the caller's account; one without an id if there is none.
func here(c *service.Call) organization.Organization {
	o, _ := organization.OfAccount(c.World, c.Caller.Account)
	return o
}

// current is the organization of the caller's account, for the rules: who is in none
// may have been allowed the call by its own policies and learns it from this error.
func current(c *service.Call) (organization.Organization, error) {
	o, ok := organization.OfAccount(c.World, c.Caller.Account)
	if !ok {
		return o, organization.NotMember()
	}
	return o, nil
}

// edit is the organization of the caller's account as the call may change it.
func edit(c *service.Call) (organization.Editor, error) {
	o, err := current(c)
	if err != nil {
		return organization.Editor{}, err
	}
	management := o.Facts().Management
	return organization.Edit(c.Draft, c.Tools.Site, o.ID(), organization.Env{
		Now: c.Now, Random: c.Random, Quotas: func(name string) int { return c.QuotaOf(management, name) },
	}), nil
}

// on is what a caller must be allowed for an operation: an action on a resource of its
// organization, or on "*". Its own policies must allow it and, if its account is a
// member and not the management account, the organization must, too: see
// [organization.Organization.Admitting].
func on(c *service.Call, action, resource string, keys ...authz.Key) []authz.Target {
	t := authz.Target{Action: "organizations:" + action, Resource: resource, Account: c.Caller.Account, Keys: keys}
	if o := here(c); o.ID() != "" {
		t.Account = o.Facts().Management
		t.Granted = o.Admitting(c.Caller.Account, t.Action)
	}
	return []authz.Target{t}
}

// onAll is for operations that have no resource.
func onAll[In any](action string) service.Targets[In] {
	return func(c *service.Call, _ *In) ([]authz.Target, error) { return on(c, action, "*"), nil }
}

// arns are the ARNs of what is in the caller's organization.
func arns(c *service.Call) organization.ARNs { return here(c).ARNs(c.Tools.Site.Partition) }

// changesOrganization: the organization's aggregate is changed. A caller in none
// changes nothing.
func changesOrganization[In any](c *service.Call, _ *In) []state.AggregateID {
	if o := here(c); o.ID() != "" {
		return []state.AggregateID{state.Organization(o.ID())}
	}
	return []state.AggregateID{state.Account(c.Caller.Account)}
}
