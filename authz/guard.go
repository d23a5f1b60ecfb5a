package authz

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/cache"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// guard is what the organization of an account has to say in decisions: about the
// account's principals, and about its resources. It is read only, because many
// decisions share it. That of an account without an organization is zero.
type guard struct {
	organization string // its id
	path         string // where the account is in it, for aws:PrincipalOrgPaths
	scps, rcps   [][]*eval.Policy

	// limits are the RCPs, composed; nil if none of them denies anything. What they
	// allow does not matter, since a policy that allows everything is attached at
	// each level.
	limits *eval.Set

	nobody *owner // of the account's callers who have no policies of their own
}

func guardOf(w state.World, account string) *guard {
	g := new(guard)
	if o, ok := organization.OfAccount(w, account); ok {
		g.organization, g.path = o.ID(), o.OrgPath(account)
		g.scps, g.rcps = o.Controls(account, organization.ServiceControl), o.Controls(account, organization.ResourceControl)
	}
	if denies(g.rcps) {
		g.limits = eval.Compose(eval.Policies{RCPs: g.rcps})
	}
	g.nobody = &owner{guard: g}
	g.nobody.set = eval.Unindexed(g.nobody.policies())
	return g
}

// denies tells whether any policy of some levels denies anything. One that cannot be
// used does.
func denies(levels [][]*eval.Policy) bool {
	return slices.ContainsFunc(slices.Concat(levels...), func(p *eval.Policy) bool { return p.Fault(eval.RCP) != "" || p.Denies() })
}

// guardCache keeps the guards of accounts for as long as nothing changes that they
// were made of: which organization an account is in, and what that has of policies
// and places. It is not used within a draft that has changed either.
type guardCache struct{ byAccount *cache.Map[string, *guardIn] }

// guardIn is a guard, the states that it was last found right for, and what the
// organization's has of all that guards are made of.
type guardIn struct {
	guard                    *guard
	deployment, organization uint64 // serials
	controls                 state.Mark
}

// maxGuards is how many are kept.
const maxGuards = 200_000

func newGuardCache() *guardCache {
	return &guardCache{cache.New[string, *guardIn](maxGuards)}
}

// of gives the guard of an account.
func (k *guardCache) of(w state.World, account string) *guard {
	accounts, settled := state.Settled(w, state.Deployment)
	if !settled {
		return guardOf(w, account)
	}
	var known guardIn
	kept, ok := k.byAccount.Get(account)
	if ok && kept.current(w, accounts) {
		return kept.guard
	}
	if ok {
		known = *kept
	}
	in := guardIn{deployment: accounts.Serial()}
	if id := organizationOf(w, account, known, in.deployment); id != "" {
		its, settled := state.Settled(w, state.Organization(id))
		if !settled {
			return guardOf(w, account)
		}
		in.organization = its.Serial()
		ok = ok && known.guard.organization == id
		if !ok || known.organization != in.organization {
			in.controls = organization.ControlMark(its)
			ok = ok && known.controls == in.controls
		} else {
			in.controls = known.controls
		}
	} else {
		ok = ok && known.guard.organization == ""
	}
	if in.guard = known.guard; !ok {
		in.guard = guardOf(w, account)
	}
	k.keep(account, in)
	return in.guard
}

// current tells whether a guard was found right for the very states that a world shows.
func (in *guardIn) current(w state.World, accounts *state.Snapshot) bool {
	if in.deployment != accounts.Serial() {
		return false
	}
	if in.guard.organization == "" {
		return true
	}
	its, settled := state.Settled(w, state.Organization(in.guard.organization))
	return settled && its.Serial() == in.organization
}

func (k *guardCache) keep(account string, in guardIn) { k.byAccount.Put(strings.Clone(account), &in) }

// organizationOf is the id of the organization that an account is in, as it is known,
// if that is of the present state.
func organizationOf(w state.World, account string, known guardIn, deploymentSerial uint64) string {
	if known.guard != nil && known.deployment == deploymentSerial {
		return known.guard.organization
	}
	return deployment.In(w).OrganizationOf(account)
}
