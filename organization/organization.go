package organization

import (
	"slices"

	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// Organization is an organization as a rule sees it.
type Organization struct {
	id    string
	world state.World
}

// In is the organization with an id in a world.
func In(world state.World, id string) Organization { return Organization{id, world} }

// OfAccount is the organization of an account.
func OfAccount(world state.World, account string) (Organization, bool) {
	id := deployment.In(world).OrganizationOf(account)
	return Organization{id, world}, id != ""
}

// ID is the organization's id.
func (o Organization) ID() string { return o.id }

func (o Organization) snapshot() *state.Snapshot { return o.world.Snapshot(state.Organization(o.id)) }

// Facts are what the organization knows of itself; zero if there is none.
func (o Organization) Facts() Facts {
	if f, ok := facts.Get(o.snapshot(), ""); ok {
		return *f
	}
	return Facts{}
}

// Unit finds an organizational unit.
func (o Organization) Unit(id string) (*Unit, bool) { return units.Get(o.snapshot(), id) }

// Member finds an account of the organization.
func (o Organization) Member(account string) (*Member, bool) {
	return members.Get(o.snapshot(), account)
}

// Tags are the tags of something of the organization.
func (o Organization) Tags(id string) []identity.Tag {
	if t, ok := tags.Get(o.snapshot(), id); ok {
		return t.Tags
	}
	return nil
}

// Path lists the ids from the root down to an account or a unit, both included. It
// is nil if there is no such thing in the organization.
func (o Organization) Path(id string) []string {
	s, path := o.snapshot(), []string{id}
	if m, ok := members.Get(s, id); ok {
		path = append(path, m.Parent)
	}
	for root := o.Facts().RootID; path[len(path)-1] != root; {
		u, ok := units.Get(s, path[len(path)-1])
		if !ok {
			return nil
		}
		path = append(path, u.Parent)
	}
	slices.Reverse(path)
	return path
}

// OrgPath is where an account is, as aws:PrincipalOrgPaths has it:
// "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/". It is empty if the account is no member.
func (o Organization) OrgPath(account string) string {
	path := o.Path(account)
	if path == nil {
		return ""
	}
	text := o.id + "/"
	for _, id := range path[:len(path)-1] {
		text += id + "/"
	}
	return text
}

// Enabled tells whether a type of policies is enabled in the root.
func (o Organization) Enabled(policyType string) bool {
	return slices.Contains(o.Facts().PolicyTypes, policyType)
}
