package authz

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/cache"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// ownedSets keeps what was composed from policies, so that callers who have the
// same ones share it: the users of a group, the sessions of a role, and a caller
// before and after a change of the account that has nothing to do with it.
//
// A set is found by the names of its policies and used only if it was made of the
// very policies that apply now: an edited policy is another one.
type ownedSets struct{ byName *cache.Map[string, *ownedSet] }

type ownedSet struct {
	identity, boundary []*eval.Policy
	scps               [][]*eval.Policy
	set                *eval.Set
}

// made tells whether the set was made of the policies.
func (s *ownedSet) made(p *eval.Policies) bool {
	return slices.Equal(s.identity, p.Identity) && sameBoundary(s.boundary, p.Boundary) &&
		slices.EqualFunc(s.scps, p.SCPs, slices.Equal[[]*eval.Policy])
}

// maxSets is how many are kept. Callers that are known keep theirs.
const maxSets = 10_000

func newOwnedSets() *ownedSets { return &ownedSets{cache.New[string, *ownedSet](maxSets)} }

func (s *ownedSets) of(p eval.Policies) *eval.Set {
	name := nameOf(&p)
	if known, ok := s.byName.Get(name); ok && known.made(&p) {
		return known.set
	}
	set := eval.Compose(p)
	s.byName.Put(name, &ownedSet{p.Identity, p.Boundary, p.SCPs, set})
	return set
}

// sameBoundary tells boundaries apart. None is not the same as an empty one, which
// allows nothing.
func sameBoundary(a, b []*eval.Policy) bool {
	return (a == nil) == (b == nil) && slices.Equal(a, b)
}

func nameOf(p *eval.Policies) string {
	var b strings.Builder
	put := func(list []*eval.Policy) {
		for _, p := range list {
			b.WriteString(p.Source().ID)
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
	}
	put(p.Identity)
	put(p.Boundary)
	for _, level := range p.SCPs {
		put(level)
	}
	return b.String()
}
