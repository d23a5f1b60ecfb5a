package authz

import (
	"slices"
	"strings"
	"sync"

	"github.com/keyreeve/keyreeve/policy/eval"
)

// ownedSets keeps what was composed from policies, so that callers who have the
// same ones share it: the users of a group, the sessions of a role, and a caller
// before and after a change of the account that has nothing to do with it.
//
// A set is found by the names of its policies and used only if it was made of the
// very policies that apply now: an edited policy is another one.
type ownedSets struct {
	mu     sync.RWMutex
	byName map[string]ownedSet
}

type ownedSet struct {
	identity, boundary []*eval.Policy
	set                *eval.Set
}

// maxSets is how many are kept; when there are more, all are dropped. Callers that
// are known keep theirs.
const maxSets = 10_000

func newOwnedSets() *ownedSets { return &ownedSets{byName: map[string]ownedSet{}} }

func (s *ownedSets) of(identity, boundary []*eval.Policy) *eval.Set {
	name := nameOf(identity, boundary)
	s.mu.RLock()
	known, ok := s.byName[name]
	s.mu.RUnlock()
	if ok && slices.Equal(known.identity, identity) && sameBoundary(known.boundary, boundary) {
		return known.set
	}
	set := eval.Compose(eval.Policies{Identity: identity, Boundary: boundary})
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byName) >= maxSets {
		clear(s.byName)
	}
	s.byName[name] = ownedSet{identity, boundary, set}
	return set
}

// sameBoundary tells boundaries apart. None is not the same as an empty one, which
// allows nothing.
func sameBoundary(a, b []*eval.Policy) bool {
	return (a == nil) == (b == nil) && slices.Equal(a, b)
}

func nameOf(identity, boundary []*eval.Policy) string {
	var b strings.Builder
	for _, p := range identity {
		b.WriteString(p.Source().ID)
		b.WriteByte('\n')
	}
	for _, p := range boundary {
		b.WriteByte('\n')
		b.WriteString(p.Source().ID)
	}
	return b.String()
}
