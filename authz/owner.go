package authz

import (
	"sync"
	"weak"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// owner is what a decision needs of the user or role whose policies apply to a
// caller. It is read only, because many decisions share it. The zero owner is that
// of callers who have none, such as root.
type owner struct {
	identity      []*eval.Policy
	boundary      []*eval.Policy // nil if there is no boundary
	set           *eval.Set      // of both
	serviceLinked bool
	tags          []identity.Tag
}

// ownerOf reads the owner of a caller: of a federated user it is the user who
// issued the session, whose tags are the caller's too (IAM User Guide, "Pass
// session tags in AWS STS").
func ownerOf(a identity.Account, c *authn.Caller) *owner {
	switch c.Kind {
	case authn.User, authn.FederatedUser:
		if u, ok := a.UserByID(c.UniqueID); ok {
			o := newOwner(a, identity.UserAsOwner(u))
			o.tags = u.Tags
			return o
		}
	case authn.RoleSession:
		if r, ok := a.RoleByID(c.UniqueID); ok {
			o := newOwner(a, identity.RoleAsOwner(r))
			o.tags = r.Tags
			return o
		}
	}
	return new(owner)
}

func newOwner(a identity.Account, o identity.Owner) *owner {
	return &owner{identity: a.IdentityPolicies(o), boundary: a.Boundary(o), serviceLinked: o.ServiceLinked()}
}

// ownerCache keeps the owners of callers for as long as their account does not
// change. An account's state is an immutable snapshot, so what was read from one
// holds for that very snapshot, and for no other: not for one of the same account
// and revision, and not for that of a draft, which changes under the rule that
// writes it.
type ownerCache struct {
	sets     *ownedSets
	mu       sync.RWMutex
	byCaller map[callerKey]ownerIn
}

type callerKey struct {
	kind              authn.Kind
	account, uniqueID string
}

// ownerIn is an owner, and the snapshot that it was read from. The pointer is weak,
// so that an account that is dropped from memory is not held by who called last;
// weak pointers to different snapshots differ also when one is gone.
type ownerIn struct {
	owner *owner
	from  weak.Pointer[state.Snapshot]
}

// maxOwners is how many are kept; when there are more, all are dropped.
const maxOwners = 100_000

func newOwnerCache() *ownerCache {
	return &ownerCache{sets: newOwnedSets(), byCaller: map[callerKey]ownerIn{}}
}

// of gives the owner of a caller.
func (k *ownerCache) of(a identity.Account, c *authn.Caller) *owner {
	view, ok := a.World().(*state.View)
	if !ok || c.UniqueID == "" {
		o := ownerOf(a, c)
		o.set = eval.Unindexed(eval.Policies{Identity: o.identity, Boundary: o.boundary})
		return o
	}
	from := weak.Make(view.Snapshot(state.Account(c.Account)))
	key := callerKey{c.Kind, c.Account, c.UniqueID}
	k.mu.RLock()
	known, ok := k.byCaller[key]
	k.mu.RUnlock()
	if ok && known.from == from {
		return known.owner
	}
	o := ownerOf(a, c)
	o.set = k.sets.of(o.identity, o.boundary)
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.byCaller) >= maxOwners {
		clear(k.byCaller)
	}
	k.byCaller[key] = ownerIn{o, from}
	return o
}
