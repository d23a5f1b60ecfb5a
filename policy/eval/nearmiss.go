package eval

import (
	"cmp"
	"slices"
)

// Gap is a place where an Allow is missing: a kind of policy, or one level of
// service control policies.
type Gap struct {
	Kind     Kind
	Level    int        // of service control policies: 0 is that of the organization's root
	Policies []*Policy  // that were looked at; there may be none
	Misses   []NearMiss // the nearest first

	// Instead says that an Allow here would do in place of the one that is missing
	// in the gap before: within an account a resource-based policy that names the
	// caller is enough.
	Instead bool
}

// NearMiss is an Allow statement that did not apply though it almost did: it
// shares the action, the service or the resource with the request.
type NearMiss struct {
	Match            // the statement
	Failed []Failure // the elements that failed, at least one

	elsewhere bool // it names actions, and none of the service
}

// Gaps tells where an Allow is missing for a request that is denied without a
// Deny, and which statements came nearest: what an administrator would look at to
// allow it. The first gap is that of the kind that decided; the others are those
// that would deny next, once an Allow that names the caller were in the gaps before.
// For other decisions there are none, nor where policies cannot help: AWS keeps some
// resources to itself, and a policy that cannot be used denies everything.
//
// It is as slow as it is thorough; decisions do not wait for it.
func (s *Set) Gaps(req *Request, with ...*Set) []Gap {
	e := evaluation{req: req, sets: [maxSets]*Set{s}, all: new(matches)}
	if copy(e.sets[1:], with) < len(with) {
		return nil
	}
	if _, done := e.begin(); done {
		return nil
	}
	e.walk()
	var gaps []Gap
	for {
		v := e.verdict()
		if v.Outcome != ImplicitDeny || v.Kind == NoPolicy || v.Fault {
			return gaps
		}
		gaps = e.addGaps(gaps, v)
		if !e.pretend(v.Kind) {
			return gaps
		}
	}
}

// NearMisses are the near misses of the gap of the kind that decided, the nearest
// first: those with the fewest failures, and among them those that fail late (a
// condition before a resource before an action). [Set.Gaps] says more.
func NearMisses(req *Request, pol *Policies) []NearMiss {
	s := plainSet(*pol)
	var found []NearMiss
	gaps := s.Gaps(req)
	for i := range gaps {
		if gaps[i].Kind != gaps[0].Kind && !gaps[i].Instead {
			break
		}
		found = append(found, gaps[i].Misses...)
	}
	slices.SortStableFunc(found, Nearer)
	return found
}

// addGaps adds what a denial lacks: all the levels of SCPs that do not allow, and
// what could stand in for an identity-based policy.
func (e *evaluation) addGaps(gaps []Gap, v Verdict) []Gap {
	k := v.Kind
	if k == TrustPolicy {
		k = ResourceBased
	}
	gaps = e.gapsOf(gaps, k, false)
	if k == Identity && !v.CrossAccount && e.trust == ordinary && e.force.has(ResourceBased) {
		gaps = e.gapsOf(gaps, ResourceBased, true)
	}
	return gaps
}

func (e *evaluation) gapsOf(gaps []Gap, k Kind, instead bool) []Gap {
	before := len(gaps)
	for _, s := range e.sets {
		if s == nil || !s.has.has(k) || !e.force.has(k) {
			continue
		}
		for i := range s.policies.depth(k) {
			level := s.policies.level(k, i)
			if k == SCP && e.levelAllows(level) {
				continue
			}
			gap := Gap{Kind: e.named(k), Level: i, Policies: level, Instead: instead}
			gap.Misses = e.misses(&gap, k)
			slices.SortStableFunc(gap.Misses, Nearer)
			gaps = append(gaps, gap)
		}
	}
	if len(gaps) == before { // there is no such policy at all
		gaps = append(gaps, Gap{Kind: e.named(k), Instead: instead})
	}
	return gaps
}

// levelAllows tells whether a level of SCPs has an Allow that applies: then nothing
// is missing there.
func (e *evaluation) levelAllows(level []*Policy) bool {
	return slices.ContainsFunc(e.all.allowing, func(m match) bool {
		return m.Kind == SCP && slices.Contains(level, m.Policy)
	})
}

// pretend goes on as if the kind had an Allow that names the caller, unless that
// would not help.
func (e *evaluation) pretend(k Kind) bool {
	switch k {
	case SCP:
		e.scp = true
	case ResourceBased, TrustPolicy:
		if e.grant == direct && e.everybody {
			return false
		}
		e.grant, e.everybody = direct, true
	default:
		if e.has(k) || k == Session && !e.force.has(Session) {
			return false
		}
		e.allowed |= 1 << k
	}
	return true
}

func (e *evaluation) misses(gap *Gap, k Kind) []NearMiss {
	var found []NearMiss
	for _, p := range gap.Policies {
		if p.unfit[k] != "" {
			continue
		}
		for i := range p.statements {
			s := &p.statements[i]
			if s.deny || gap.Instead && s.matchPrincipal(e) == byAccount {
				continue // what allows a whole account replaces no policy of its users
			}
			failed := s.failures(e, k)
			if len(failed) == 0 || fails(failed, ByAction) && fails(failed, ByResource) && !s.namesService(e.asked.service) {
				continue
			}
			found = append(found, NearMiss{
				Match: Match{Kind: gap.Kind, Policy: p, Statement: s.ast, Level: gap.Level}, Failed: failed,
				elsewhere: fails(failed, ByAction) && !s.namesService(e.asked.service),
			})
		}
	}
	return found
}

// namesService tells whether the Action element has actions of the service.
func (s *statement) namesService(service string) bool {
	matches := func(a action) bool { return a.service.Match(service) }
	return !s.notAction && (slices.ContainsFunc(s.own, matches) || slices.ContainsFunc(s.free, matches))
}

func fails(failed []Failure, by Element) bool {
	return slices.ContainsFunc(failed, func(f Failure) bool { return f.Element == by })
}

// Nearer orders near misses, for sorting: the nearer one is less.
func Nearer(a, b NearMiss) int {
	return cmp.Or(
		cmp.Compare(len(a.Failed), len(b.Failed)),
		cmp.Compare(b.Failed[0].Element, a.Failed[0].Element),
		cmp.Compare(rankOf(a.elsewhere), rankOf(b.elsewhere)),
	)
}

func rankOf(last bool) int {
	if last {
		return 1
	}
	return 0
}
