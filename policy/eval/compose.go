package eval

import (
	"cmp"
	"slices"
)

// Set is what applies to a principal, or to a resource, composed from compiled
// policies: an index from actions to the few statements that can matter. It is
// immutable and may be used by many goroutines at once.
//
// For each action that a policy names there is a list of just the statements
// that cover it, whether by that name, by a wildcard or as the complement of a
// NotAction. For all other actions of a service, and for all other services,
// there is a list of the statements whose wildcards may cover them. In each list
// the Deny statements stand first; those that cannot change an outcome are walked by
// explanations only.
//
// The index is bounded: if lists for single actions would make it too large
// there are lists for services only, and if that is still too much the set has
// none and all statements are walked. The answers are the same.
type Set struct {
	names      table // lists by action, and by service for its other actions
	candidates []candidate
	has        kindSet
	indexed    bool
	levels     uint64 // the layers that are levels of SCPs
	open       uint64 // those of them that allow everything, whatever is asked
	others     list   // of services that have none
	faults     []fault
	policies   Policies
}

// list is the candidates for an action: a piece of the set's. The Deny statements stand
// first, up to idle, and the Allow statements last, from allows on; between them are those
// of both that only explanations need.
type list struct{ start, idle, allows, end uint32 }

// candidate is a statement that may apply. If wild is not nil, then one of its
// patterns must match the action's name (none, if the element is NotAction).
type candidate struct {
	*statement
	wild   *wild
	number uint32 // of all that are in the set
	kind   Kind
	layer  uint8
	level  uint8 // of SCPs and RCPs, for explanations
	shared uint8 // number of its condition, from one, if others of the set have the same; else 0
	idle   bool  // it cannot change an outcome, because of others of the set
}

// shortLevel is a level as a candidate has room for it. Organizations have seven.
func shortLevel(level int) uint8 { return uint8(min(level, 255)) }

// maxShared is how many conditions of a set are asked once for all that have them.
const maxShared = 64

// share numbers the conditions that several candidates have.
func share(all []candidate) {
	first := map[string]int{}
	numbers := uint8(0)
	for i := range all {
		c := &all[i]
		if c.condition == "" {
			continue
		}
		j, there := first[c.condition]
		if !there {
			first[c.condition] = i
			continue
		}
		if all[j].shared == 0 && numbers < maxShared {
			numbers++
			all[j].shared = numbers
		}
		c.shared = all[j].shared
	}
}

// markIdle finds the candidates that cannot change an outcome: a Deny statement that is written
// as another one of a policy of the same kind, which is usual where SCPs of several levels
// are made alike; an Allow statement of a level of SCPs that allows everything anyway; and
// those of RCPs, to each level of which such a policy is attached.
func (s *Set) markIdle(all []candidate) {
	type twin struct {
		kind  Kind
		whole string
	}
	seen := map[twin]bool{}
	for i := range all {
		c := &all[i]
		switch {
		case c.deny:
			t := twin{c.kind, c.whole}
			c.idle, seen[t] = seen[t], true
		case c.kind == SCP:
			c.idle = s.open&(1<<c.layer) != 0
		default:
			c.idle = c.kind == RCP
		}
	}
}

// wild is the patterns of a statement that a list could not settle.
type wild struct {
	names []action
	whole bool // the service must be compared as well
}

// fault is a policy that cannot be used.
type fault struct {
	kind Kind
	text string
}

// kindSet is a set of kinds of policies.
type kindSet uint16

func (s kindSet) has(k Kind) bool { return s&(1<<k) != 0 }

// Layers are what an Allow must come from. The kinds have the layers of their
// numbers, levels of SCPs those from firstLevel on.
const (
	firstLevel = 16
	maxLevels  = 64 - firstLevel
)

// maxCandidates bounds an index, in all its lists together.
const maxCandidates = 1 << 14

// order is that of Decide: of several kinds that deny the first is named.
var order = [...]Kind{SCP, RCP, Endpoint, ResourceBased, Identity, Boundary, Session}

// rank is the place of a kind in order.
var rank = [kinds]uint8{SCP: 0, RCP: 1, Endpoint: 2, ResourceBased: 3, TrustPolicy: 3, Identity: 4, Boundary: 5, Session: 6}

// Compose makes a set of policies. Those of a principal (identity-based,
// boundary, session policies and SCPs) usually make one set, those of a resource
// (its policy) another, and the RCPs of its account a third: they are asked together.
// The lists of policies must not be changed afterwards.
func Compose(pol Policies) *Set {
	return compose(pol, maxCandidates)
}

// Unindexed is Compose for policies that are asked once, where an index would not
// pay: the answers are the same, and every statement is looked at for them.
func Unindexed(pol Policies) *Set {
	s := plainSet(pol)
	return &s
}

// Trust is Unindexed for a role's trust policy alone, and is kept with the policy.
func Trust(p *Policy) *Set {
	if s := p.trust.Load(); s != nil {
		return s
	}
	s := Unindexed(Policies{Resource: []*Policy{p}, ExplicitTrust: true})
	p.trust.Store(s)
	return s
}

func compose(pol Policies, bound int) *Set {
	s := plainSet(pol)
	if len(pol.SCPs) > maxLevels {
		return &s
	}
	b := builder{bound: bound}
	s.each(func(p *Policy, k Kind, level int, layer uint8) {
		for i := range p.statements {
			b.all = append(b.all, candidate{statement: &p.statements[i], number: uint32(len(b.all)), kind: k, layer: layer, level: shortLevel(level)})
		}
	})
	share(b.all)
	s.markIdle(b.all)
	b.build()
	if b.full {
		return &s
	}
	s.indexed, s.names, s.others, s.candidates = true, b.table, b.others, b.candidates
	return &s
}

// plainSet is a set without an index.
func plainSet(pol Policies) Set {
	s := Set{policies: pol}
	for _, k := range order {
		if pol.present(k) {
			s.has |= 1 << k
		}
	}
	for i, level := range pol.SCPs[:min(len(pol.SCPs), maxLevels)] {
		s.levels |= 1 << (firstLevel + i)
		if slices.ContainsFunc(level, (*Policy).allowsAll) {
			s.open |= 1 << (firstLevel + i)
		}
	}
	for _, k := range order {
		s.addFaults(k)
	}
	return s
}

// allowsAll tells whether a policy of a level of SCPs allows everything.
func (p *Policy) allowsAll() bool {
	return p.unfit[SCP] == "" && slices.ContainsFunc(p.statements, func(s statement) bool {
		return !s.deny && s.everything && !s.notAction && s.anyResource && len(s.tests) == 0
	})
}

func (s *Set) addFaults(k Kind) {
	for i := range s.policies.depth(k) {
		for _, p := range s.policies.level(k, i) {
			if p.unfit[k] != "" {
				s.faults = append(s.faults, fault{k, p.unfit[k]})
			}
		}
	}
}

// each goes through the policies that can be used, in order.
func (s *Set) each(visit func(p *Policy, k Kind, level int, layer uint8)) {
	for _, k := range order {
		for i := range s.policies.depth(k) {
			layer := uint8(k)
			if k == SCP {
				layer = firstLevel + uint8(i)
			}
			for _, p := range s.policies.level(k, i) {
				if p.unfit[k] == "" {
					visit(p, k, i, layer)
				}
			}
		}
	}
}

// present tells whether there are policies of the kind, if only an empty list.
func (p *Policies) present(k Kind) bool {
	switch k {
	case SCP:
		return len(p.SCPs) > 0
	case RCP:
		return len(p.RCPs) > 0
	}
	return p.level(k, 0) != nil
}

// depth is how many levels a kind has.
func (p *Policies) depth(k Kind) int {
	switch k {
	case SCP:
		return len(p.SCPs)
	case RCP:
		return len(p.RCPs)
	}
	return 1
}

func (p *Policies) level(k Kind, i int) []*Policy {
	switch k {
	case SCP:
		return p.SCPs[i]
	case RCP:
		return p.RCPs[i]
	case Endpoint:
		return p.Endpoint
	case ResourceBased:
		return p.Resource
	case Identity:
		return p.Identity
	case Boundary:
		return p.Boundary
	case Session:
		return p.Session
	}
	return nil
}

// builder makes an index.
type builder struct {
	bound      int
	full       bool // the bound is reached
	all        []candidate
	byService  map[string][]candidate
	candidates []candidate
	known      map[string]list // by what is in them
	names      map[string]list // by action and by service
	spelled    map[string]string
	table      table
	others     list
}

// build tries lists for actions, and then lists for services only.
func (b *builder) build() {
	slices.SortStableFunc(b.all, func(x, y candidate) int {
		return cmp.Compare(x.place(), y.place())
	})
	b.gather()
	if b.fill(true); b.full {
		b.fill(false)
	}
}

// place is that of a candidate in lists.
func (c *candidate) place() int {
	switch {
	case c.deny && !c.idle:
		return 0
	case c.idle:
		return 1
	}
	return 2
}

// gather finds the statements that have something to say about each service
// that is named.
func (b *builder) gather() {
	b.byService = map[string][]candidate{}
	for _, c := range b.all {
		for i := range c.own {
			b.byService[c.own[i].vendor()] = nil
		}
	}
	for service := range b.byService {
		b.gatherOf(service)
	}
}

func (b *builder) gatherOf(service string) {
	var found []candidate
	for _, c := range b.all {
		switch {
		case c.everything && c.notAction: // covers nothing
		case c.everything, c.notAction, len(c.ofService(service)) > 0, c.freeFor(service):
			found = append(found, c)
		}
	}
	b.byService[service] = found
}

// freeFor tells whether a pattern with a wildcard in its service may match one of
// the service's actions.
func (s *statement) freeFor(service string) bool {
	return slices.ContainsFunc(s.free, func(a action) bool { return a.service.Match(service) })
}
