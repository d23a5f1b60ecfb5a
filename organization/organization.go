package organization

import (
	"slices"

	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
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

// The types of policies that decide.
const (
	ServiceControl  = "SERVICE_CONTROL_POLICY"
	ResourceControl = "RESOURCE_CONTROL_POLICY"
)

// Controls are the SCPs or RCPs in force for an account: a list for the root, each
// unit down to the account, and the account. It is nil where there are none: the
// type is not enabled, or the account is the management account (AWS Organizations
// User Guide, "Service control policies": they never affect it).
func (o Organization) Controls(account, policyType string) [][]*eval.Policy {
	f := o.Facts()
	if account == f.Management || !slices.Contains(f.PolicyTypes, policyType) {
		return nil
	}
	path := o.Path(account)
	levels := make([][]*eval.Policy, len(path))
	for i, id := range path {
		levels[i] = []*eval.Policy{}
		for _, a := range attachments.Below(o.snapshot(), id) {
			if a.Type == policyType {
				levels[i] = append(levels[i], o.compiled(a.PolicyID))
			}
		}
	}
	return levels
}

// compiled is a policy that decides, compiled. One that is not there, or cannot be
// read, denies everything.
func (o Organization) compiled(id string) *eval.Policy {
	if own, ok := managed[id]; ok {
		return own.compile()
	}
	p, ok := policies.Get(o.snapshot(), id)
	if !ok {
		return identity.DenyAll(eval.Source{ID: id})
	}
	return p.compile()
}

func (p *Policy) compile() *eval.Policy {
	p.once.Do(func() {
		src := eval.Source{ID: p.ID, Type: p.Type}
		doc, err := policy.Parse(p.Document)
		if err != nil {
			p.compiled = identity.DenyAll(src)
			return
		}
		p.compiled = eval.Compile(doc, src)
	})
	return p.compiled
}

// The policies of AWS that allow everything.
const (
	FullAccess    = "p-FullAWSAccess"
	RCPFullAccess = "p-RCPFullAWSAccess"
)

// managed are the policies of AWS, which every organization has.
var managed = map[string]*Policy{
	FullAccess: {
		ID: FullAccess, Name: "FullAWSAccess", Description: "Allows access to every operation", Type: ServiceControl,
		Document: `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}`,
	},
	RCPFullAccess: {
		ID: RCPFullAccess, Name: "RCPFullAWSAccess", Description: "Allows access to every resource", Type: ResourceControl,
		Document: `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "*",
      "Resource": "*"
    }
  ]
}`,
	},
}
