package authz

import (
	"strings"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/cache"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// owner is what a decision needs of the user or role whose policies apply to a
// caller. It is read only, because many decisions share it. The zero owner is that
// of callers who have none, such as root.
type owner struct {
	entity        any // the *identity.User or *identity.Role that it was made of
	identity      []*eval.Policy
	boundary      []*eval.Policy // nil if there is no boundary
	guard         *guard         // of its account
	set           *eval.Set      // of all of these, with the guard's SCPs
	serviceLinked bool
	tags          []identity.Tag
}

// entityOf finds the owner of a caller: of a federated user it is the user who
// issued the session, whose tags are the caller's too (IAM User Guide, "Pass
// session tags in AWS STS").
func entityOf(a identity.Account, c *authn.Caller) any {
	switch c.Kind {
	case authn.User, authn.FederatedUser:
		if u, ok := a.UserByID(c.UniqueID); ok {
			return u
		}
	case authn.RoleSession:
		if r, ok := a.RoleByID(c.UniqueID); ok {
			return r
		}
	}
	return nil
}

// ownerOf reads what applies to an entity.
func ownerOf(a identity.Account, entity any) *owner {
	switch e := entity.(type) {
	case *identity.User:
		o := newOwner(a, identity.UserAsOwner(e))
		o.entity, o.tags = e, e.Tags
		return o
	case *identity.Role:
		o := newOwner(a, identity.RoleAsOwner(e))
		o.entity, o.tags = e, e.Tags
		return o
	}
	return new(owner)
}

func newOwner(a identity.Account, o identity.Owner) *owner {
	return &owner{identity: a.IdentityPolicies(o), boundary: a.Boundary(o), serviceLinked: o.ServiceLinked()}
}

func (o *owner) policies() eval.Policies {
	return eval.Policies{Identity: o.identity, Boundary: o.boundary, SCPs: o.guard.scps}
}

// ownerCache keeps the owners of callers for as long as nothing changes that they
// were made of. An account's state is an immutable snapshot, so what was read from
// one holds for that very snapshot; and for another one with the same policies, if
// the user or role is the very same, too. It is not used within a draft that has
// changed the account.
type ownerCache struct {
	sets *ownedSets
	byID *cache.Map[string, *ownerIn] // by unique id
}

// ownerIn is an owner, whether it is a role, the account and the serial of its snapshot that
// it was last found right for, and what that has of policies.
type ownerIn struct {
	owner    *owner
	role     bool
	account  string
	from     uint64
	policies state.Mark
}

// maxOwners is how many are kept.
const maxOwners = 200_000

func newOwnerCache() *ownerCache {
	return &ownerCache{sets: newOwnedSets(), byID: cache.New[string, *ownerIn](maxOwners)}
}

// of gives the owner of a caller, in an account with a guard.
func (k *ownerCache) of(a identity.Account, c *authn.Caller, g *guard) *owner {
	if c.UniqueID == "" {
		return g.nobody
	}
	snapshot, settled := state.Settled(a.World(), state.Account(c.Account))
	if !settled {
		o := ownerOf(a, entityOf(a, c))
		o.guard = g
		o.set = eval.Unindexed(o.policies())
		return o
	}
	known, ok := k.byID.Get(c.UniqueID)
	role := c.Kind == authn.RoleSession
	ok = ok && known.role == role && known.account == c.Account && known.owner.guard == g
	if ok && known.from == snapshot.Serial() {
		return known.owner
	}
	policies, entity := identity.PolicyMark(snapshot), entityOf(a, c)
	var o *owner
	if ok && known.policies == policies && known.owner.entity == entity {
		o = known.owner
	} else {
		o = ownerOf(a, entity)
		o.guard = g
		o.set = k.sets.of(o.policies())
	}
	k.byID.Put(strings.Clone(c.UniqueID), &ownerIn{o, role, strings.Clone(c.Account), snapshot.Serial(), policies})
	return o
}
