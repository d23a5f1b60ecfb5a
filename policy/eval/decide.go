package eval

import "github.com/keyreeve/keyreeve/policy/condition"

// maxSets is how many sets a request can be asked of at once.
const maxSets = 3

// evaluation is one request on its way through up to three sets.
type evaluation struct {
	req   *Request
	sets  [maxSets]*Set
	asked asked
	class class
	trust trust
	force kindSet // the kinds of policies that concern the request

	resourceKind Kind
	hasBoundary  bool
	denied       Kind   // the first kind, in order, that denies
	allowed      uint64 // layers that have an Allow
	scp          bool   // every level has an Allow, or they are not in force
	everybody    bool   // an Allow of the resource-based policy is for "*"
	grant        strength
	who          caller
	memo         condition.Memo
	shared       [maxSets]shared

	all *matches // of explanations: every statement that applies
}

// shared is what is known of the conditions that several candidates of a set have: a bit
// for each.
type shared struct{ asked, hold uint64 }

// fails tells whether the condition of a candidate is known not to hold.
func (k *shared) fails(c *candidate) bool {
	return c.shared > 0 && (k.asked&^k.hold)>>(c.shared-1)&1 == 1
}

// matches are kept apart from the evaluation: lists that grow in it would make
// all that it points to, the caller's request for one, live in the heap.
type matches struct{ allowing, denying []match }

// match is a Match and the number of its statement in the set.
type match struct {
	Match
	number uint32
}

// Verdict is the short answer to a request. The zero value is an implicit deny.
type Verdict struct {
	Outcome Outcome

	// Kind is the kind of policy that decided, as in Decision.
	Kind Kind

	// CrossAccount says that principal and resource are of different accounts.
	CrossAccount bool

	// Fault says that policies could not be evaluated; see Decision.Fault.
	Fault bool

	reserved, rootRole bool
}

// Allowed reports whether the request is allowed.
func (v Verdict) Allowed() bool { return v.Outcome == Allowed }

// Decide answers a request by the policies of the set together with those of up to
// two others, such as the resource's and its account's; they may be nil. With more it
// is a deny, and a Fault. It allocates no memory. Explain says more.
func (s *Set) Decide(req *Request, with ...*Set) Verdict {
	e := evaluation{req: req, sets: [maxSets]*Set{s}}
	if copy(e.sets[1:], with) < len(with) {
		return Verdict{Fault: true}
	}
	if v, done := e.begin(); done {
		return v
	}
	e.walk()
	return e.verdict()
}

// begin prepares the evaluation, or answers what needs none. Request and sets are
// there before: what is stored from here would be taken to outlive the call, and
// callers' requests would have to be allocated.
func (e *evaluation) begin() (v Verdict, done bool) {
	req := e.req
	var ok bool
	if e.asked, ok = ask(req.Action); !ok {
		return Verdict{Fault: true}, true
	}
	e.class = classOf(&e.asked)
	if noPermissionNeeded(e.class, &req.Principal) {
		return Verdict{Outcome: Allowed}, true
	}
	if req.Resource == "" {
		return Verdict{Fault: true}, true
	}
	var has kindSet
	explicit := false
	for _, s := range e.sets {
		if s != nil {
			has |= s.has
			explicit = explicit || s.policies.ExplicitTrust
		}
	}
	if e.trust = trustOf(e.class, req.Resource); e.trust == ordinary && explicit {
		e.trust = explicitTrust
	}
	e.resourceKind = ResourceBased
	if e.trust == roleTrust {
		e.resourceKind = TrustPolicy
	}
	e.hasBoundary = req.Principal.HasBoundary || has.has(Boundary)
	e.force = inForce(req, has)
	e.scp = true
	return Verdict{}, false
}

// inForce tells which of the kinds that there are concern the request.
func inForce(req *Request, has kindSet) kindSet {
	p := &req.Principal
	linked := p.serviceLinked()
	if p.ManagementAccount || linked {
		has &^= 1 << SCP
	}
	if req.ResourceInManagementAccount || linked {
		has &^= 1 << RCP
	}
	if !p.inAccount() {
		has &^= 1<<SCP | 1<<Identity | 1<<Boundary | 1<<Session
	}
	if p.Kind == Root {
		has &^= 1<<Identity | 1<<Boundary
	}
	return has
}

// walk looks at the candidates of all sets: at the Deny statements first, and
// at the others if none denies or somebody wants to know.
func (e *evaluation) walk() {
	var lists [maxSets]list
	for i, s := range e.sets {
		if s != nil && s.indexed {
			l := s.list(&e.asked)
			lists[i] = l
			e.denies(s.candidates[l.start:l.idle], &e.shared[i])
		} else if s != nil {
			e.walkPlain(s)
		}
	}
	if e.denied != NoPolicy && e.all == nil {
		return
	}
	for i, s := range e.sets {
		if s != nil && s.indexed {
			e.allowed |= s.open
			e.allows(s.candidates[lists[i].allows:lists[i].end], &e.shared[i])
			if e.all != nil {
				e.idle(s.candidates[lists[i].idle:lists[i].allows], &e.shared[i])
			}
			e.endLevels(s)
		}
	}
}

// idle notes which of the candidates that cannot change the outcome apply.
func (e *evaluation) idle(candidates []candidate, known *shared) {
	for i := range candidates {
		switch c := &candidates[i]; {
		case !e.force.has(c.kind), !c.settles(&e.asked):
		case c.deny:
			e.deny(c, known)
		default:
			e.allow(c, known)
		}
	}
}

// list finds the candidates for an action.
func (s *Set) list(a *asked) list {
	if l, ok := s.names.find(a.text, a.hash); ok {
		return l
	}
	hash, _ := foldHash(a.service)
	if l, ok := s.names.find(a.service, hash); ok {
		return l
	}
	return s.others
}

// walkPlain asks all statements of a set that has no index.
func (e *evaluation) walkPlain(s *Set) {
	for _, k := range order {
		if !e.force.has(k) {
			continue
		}
		for i := range s.policies.depth(k) {
			layer := uint8(k)
			if k == SCP {
				layer = firstLevel
				e.allowed &^= 1 << firstLevel
			}
			for _, p := range s.policies.level(k, i) {
				e.walkPolicy(p, k, i, layer)
			}
			if k == SCP {
				e.scp = e.scp && e.allowed&(1<<firstLevel) != 0
			}
		}
	}
	e.allowed &= 1<<firstLevel - 1
}

func (e *evaluation) walkPolicy(p *Policy, k Kind, level int, layer uint8) {
	if p.unfit[k] != "" {
		return
	}
	for i := range p.statements {
		s := &p.statements[i]
		if !s.matchesAction(&e.asked) {
			continue
		}
		c := candidate{statement: s, kind: k, layer: layer, level: shortLevel(level)}
		if s.deny {
			e.deny(&c, nil)
		} else {
			e.allow(&c, nil)
		}
	}
}

// endLevels takes what a set's levels of SCPs allow together; another set may
// have levels of its own.
func (e *evaluation) endLevels(s *Set) {
	if e.force.has(SCP) {
		e.scp = e.scp && e.allowed&s.levels == s.levels
	}
	e.allowed &= 1<<firstLevel - 1
}

func (e *evaluation) denies(candidates []candidate, known *shared) {
	for i := range candidates {
		c := &candidates[i]
		if known.fails(c) {
			continue
		}
		if e.force.has(c.kind) && c.settles(&e.asked) && e.deny(c, known) && e.all == nil {
			return // the others of this set are of the same kind or later ones
		}
	}
}

// deny notes the Deny statement if it applies.
func (e *evaluation) deny(c *candidate, known *shared) bool {
	if c.applies(e, known) == none {
		return false
	}
	if e.denied == NoPolicy || rank[c.kind] < rank[e.denied] {
		e.denied = c.kind
	}
	if e.all != nil {
		e.all.denying = append(e.all.denying, e.match(c))
	}
	return true
}

func (e *evaluation) allows(candidates []candidate, known *shared) {
	for i := range candidates {
		if c := &candidates[i]; !known.fails(c) && e.wants(c) && c.settles(&e.asked) {
			e.allow(c, known)
		}
	}
}

// wants tells whether an Allow of the candidate's layer can still change
// anything: with one the others add nothing, except that one of a resource-based
// policy may name the caller more closely.
func (e *evaluation) wants(c *candidate) bool {
	switch {
	case !e.force.has(c.kind):
		return false
	case e.all != nil:
		return true
	case c.kind == ResourceBased:
		return e.grant != direct || !e.everybody && e.req.Principal.Kind == Anonymous
	case c.kind == RCP:
		return false
	}
	return e.allowed&(1<<c.layer) == 0
}

// allow notes the Allow statement if it applies.
func (e *evaluation) allow(c *candidate, known *shared) {
	covers := c.applies(e, known)
	if covers == none {
		return
	}
	e.allowed |= 1 << c.layer
	if c.kind == ResourceBased {
		e.grant = max(e.grant, covers)
		e.everybody = e.everybody || c.namesEverybody()
	}
	if e.all != nil {
		e.all.allowing = append(e.all.allowing, e.match(c))
	}
}

func (e *evaluation) match(c *candidate) match {
	return match{Match{Kind: e.named(c.kind), Policy: c.policy, Statement: c.ast, Level: int(c.level)}, c.number}
}

// named gives the kind as it is called here: the resource-based policy of a role
// that is to be assumed is its trust policy.
func (e *evaluation) named(k Kind) Kind {
	if k == ResourceBased {
		return e.resourceKind
	}
	return k
}

// settles compares what the list left open of a candidate's action.
func (c *candidate) settles(a *asked) bool {
	if c.wild == nil {
		return true
	}
	for i := range c.wild.names {
		p := &c.wild.names[i]
		if p.name.Match(a.name) && (!c.wild.whole || p.service.Match(a.service)) {
			return !c.notAction
		}
	}
	return c.notAction
}

// applies tells whether a statement that covers the action applies, and how
// closely it names the caller; in policies that name nobody it is direct.
// Known is of the candidate's set.
func (c *candidate) applies(e *evaluation, known *shared) strength {
	if !c.matchesResource(e, c.kind) {
		return none
	}
	covers := direct
	if c.kind.namesPrincipals() {
		if covers = c.matchPrincipal(e); covers == none {
			return none
		}
	}
	if c.shared == 0 {
		if !c.conditionHolds(e) {
			return none
		}
		return covers
	}
	bit := uint64(1) << (c.shared - 1)
	if known.asked&bit == 0 {
		known.asked |= bit
		if c.conditionHolds(e) {
			known.hold |= bit
		}
	}
	if known.hold&bit == 0 {
		return none
	}
	return covers
}

func (s *statement) conditionHolds(e *evaluation) bool {
	for i := range s.tests {
		if !s.tests[i].HoldsWith(e.req.Context, &e.memo) {
			return false
		}
	}
	return true
}

func (s *statement) matchesResource(e *evaluation, k Kind) bool {
	if s.anyResource {
		return true
	}
	for i := range s.resources {
		if s.resources[i].match(e.req.Resource, k, e.req.Context) {
			return !s.notResource
		}
	}
	return s.notResource
}
