package trails

import (
	"iter"
	"slices"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/trail/selector"
)

// Account is an account whose trails a rule sees.
type Account struct {
	ID    string // 12 digits
	Site  identity.Site
	world state.World
}

// In is the account with a number in a world.
func In(world state.World, site identity.Site, id string) Account {
	return Account{ID: id, Site: site, world: world}
}

func (a Account) snapshot() *state.Snapshot { return a.world.Snapshot(state.Account(a.ID)) }

// Seen is a trail, and whose it is.
type Seen struct {
	*Trail
	Owner string // account number
}

// ARN is the trail's ARN.
func (s Seen) ARN(partition string) string {
	return Name{Account: s.Owner, Region: s.Region, Name: s.Name}.ARN(partition)
}

// Own ranges over the account's own trails, in order of region and name.
func (a Account) Own() iter.Seq2[string, *Trail] { return trailKind.All(a.snapshot()) }

// All lists the trails that the account sees: its own, and those of its organization.
func (a Account) All() []Seen {
	var list []Seen
	for _, t := range a.Own() {
		list = append(list, Seen{t, a.ID})
	}
	if m := a.management(); m != "" && m != a.ID {
		for _, t := range In(a.world, a.Site, m).Own() {
			if t.Organization {
				list = append(list, Seen{t, m})
			}
		}
	}
	return list
}

// management is the management account of the account's organization.
func (a Account) management() string {
	if o, ok := organization.OfAccount(a.world, a.ID); ok {
		return o.Facts().Management
	}
	return ""
}

// At lists the trails that the account sees in a region, shadows too.
func (a Account) At(region string) []Seen {
	return slices.DeleteFunc(a.All(), func(s Seen) bool { return s.Region != region && !s.MultiRegion })
}

// Find finds a trail. By its name alone only one of the account and of the region is
// found, by its ARN also shadows (API reference, "DescribeTrails").
func (a Account) Find(n Name) (Seen, bool) {
	for _, s := range a.All() {
		if s.Owner == n.Account && s.Region == n.Region && s.Name == n.Name {
			return s, true
		}
	}
	return Seen{}, false
}

// Get is [Account.Find] with the error for a trail that is not there.
func (a Account) Get(n Name) (Seen, error) {
	s, ok := a.Find(n)
	if !ok {
		return s, Unknown(n.ARN(a.Site.Partition), a.ID)
	}
	return s, nil
}

// Wants tells whether the trail logs an event: it is of a region of the trail, and a
// selector matches it. Services that have no region report from us-east-1, to which a
// trail of another region alone does not listen (CloudTrail User Guide, "Global service
// events").
func (t *Trail) Wants(e *selector.Event) bool {
	if !t.MultiRegion && e.Region != t.Region {
		return false
	}
	if !t.GlobalEvents && e.Region == "us-east-1" && slices.Contains(global, e.Source) {
		return false
	}
	return t.Selectors.Match(e)
}

// global are the services whose events are global service events.
var global = []string{"iam.amazonaws.com", "sts.amazonaws.com", "cloudfront.amazonaws.com"}
