package eval

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/condition"
)

// Source says where a policy is from, in the terms of SimulatePrincipalPolicy.
type Source struct {
	ID   string // SourcePolicyId: the policy's ARN or name
	Type string // SourcePolicyType
}

// Policy is a compiled policy. It is immutable and may be used by many
// goroutines at once.
type Policy struct {
	source     Source
	doc        *policy.Document
	statements []statement
	unfit      [kinds]string // why the document cannot be used as a kind of policy
	trust      atomic.Pointer[Set]
}

// Source is what was given to Compile.
func (p *Policy) Source() Source { return p.source }

// Document is what was given to Compile.
func (p *Policy) Document() *policy.Document { return p.doc }

// Fault says why the policy cannot be used as one of the kind; empty if it can.
func (p *Policy) Fault(k Kind) string { return p.unfit[k] }

// Denies tells whether the policy has any Deny statement.
func (p *Policy) Denies() bool {
	return slices.ContainsFunc(p.statements, func(s statement) bool { return s.deny })
}

type statement struct {
	deny         bool
	notPrincipal bool
	notAction    bool
	everything   bool // an Action is "*"
	notResource  bool
	anyResource  bool // a Resource is "*"; or there is no such element: the policy's owner is the resource

	resources  []resource
	tests      []condition.Test // the cheap ones first
	condition  string           // equal for conditions that are written alike; "" if there is none
	whole      string           // of a Deny: equal for statements that are written alike, but for their Sid
	principals []named

	own  []action // of services that are named, in their order
	free []action // whose service has a wildcard

	policy *Policy
	ast    *policy.Statement
}

// resource is a resource pattern. Some kinds of policies read a pattern of
// fewer than six parts as if stars filled it up.
type resource struct {
	shape resourceShape
	last  uint64 // the last eight bytes of head if it has as many
	head  string // what the pattern begins with
	tail  string // what it ends with
	whole *wholeResource
}

// resourceShape tells how much of a pattern must be compared.
type resourceShape uint8

const (
	complex  resourceShape = iota // head and tail first, and then all of it
	padding                       // all of it, for it may be read as if longer
	exactly                       // head
	prefixed                      // head, and anything behind it
	anything                      // nothing
)

// wholeResource is a pattern with all that it can have.
type wholeResource struct {
	written  arn.Resource
	padded   arn.Resource
	fixed    bool // has no variables
	hasStar  bool // written with a star somewhere
	endsStar bool
	template condition.Template
}

// Compile prepares a document for decisions.
func Compile(doc *policy.Document, source Source) *Policy {
	p := &Policy{source: source, doc: doc, statements: make([]statement, len(doc.Statements))}
	for i, s := range doc.Statements {
		p.statements[i] = compileStatement(s, doc.Variables())
		p.statements[i].policy = p
		p.checkFit(s)
	}
	return p
}

// checkFit notes which kinds of policies the statement makes no sense in.
// Guessing what is meant could allow too much, so such a policy denies.
func (p *Policy) checkFit(s *policy.Statement) {
	noAction := s.Action == nil || len(s.Action.Values) == 0
	noResource := s.Resource == nil
	emptyResource := s.Resource != nil && len(s.Resource.Values) == 0
	for k := range kinds {
		fault := ""
		switch {
		case noAction:
			fault = "a statement has no action"
		case emptyResource, noResource && !k.resourceOptional():
			fault = "a statement has no resource"
		case s.Principal != nil && !k.namesPrincipals():
			fault = "a statement names a principal"
		case s.Principal == nil && k.namesPrincipals():
			fault = "a statement names no principal"
		}
		if fault != "" && p.unfit[k] == "" {
			p.unfit[k] = fault
		}
	}
}

func compileStatement(s *policy.Statement, variables bool) statement {
	c := statement{ast: s, deny: s.Effect == policy.Deny, anyResource: s.Resource == nil}
	if s.Principal != nil {
		c.notPrincipal = s.Principal.Not
		for _, v := range s.Principal.Values {
			c.principals = append(c.principals, compileNamed(v))
		}
	}
	if s.Action != nil {
		c.notAction = s.Action.Not
		c.compileActions(s.Action.Values)
	}
	if s.Resource != nil {
		c.notResource = s.Resource.Not
		for _, v := range s.Resource.Values {
			r := compileResource(v.Value, variables)
			c.resources = append(c.resources, r)
			c.anyResource = c.anyResource || r.shape == anything && !c.notResource
		}
	}
	for _, b := range s.Condition {
		for _, kv := range b.Keys {
			values := make([]string, len(kv.Values))
			for i, v := range kv.Values {
				values[i] = v.Value
			}
			c.tests = append(c.tests, condition.NewTest(b.Operator.Value, kv.Key.Value, values, variables))
		}
	}
	slices.SortStableFunc(c.tests, func(a, b condition.Test) int { return cmp.Compare(a.Cost(), b.Cost()) })
	c.condition = conditionDigest(s.Condition, variables)
	if c.deny {
		c.whole = c.digest(variables)
	}
	return c
}

func compileResource(text string, variables bool) resource {
	w := &wholeResource{hasStar: strings.Contains(text, "*"), endsStar: strings.HasSuffix(text, "*")}
	head, tail := policy.CutResource(text)
	tokens := arn.Tokens(head)
	w.template = condition.ParseTemplate(tail, variables, true)
	tokens = append(tokens, w.template.Tokens()...)
	w.written, w.fixed = arn.NewResource(tokens), w.template.Fixed()
	r := resource{whole: w}
	var simple, exact bool
	r.head, r.tail, simple, exact = w.written.Ends()
	if n := len(r.head); n >= 8 {
		r.last = word(r.head[n-8:])
	}
	switch {
	case w.written.MatchesAll():
		r.shape = anything
	case w.written.Parts() < 6:
		r.shape, w.padded = padding, arn.Pad(tokens)
	case simple && exact:
		r.shape = exactly
	case simple:
		r.shape = prefixed
	}
	return r
}

// match matches the pattern as policies of kind k read it. An action without a
// resource has the resource "*", which only a pattern made of stars matches.
func (r *resource) match(request string, k Kind, c *Context) bool {
	switch r.shape {
	case anything:
		return true
	case exactly: // of six parts, as the next one: neither is the resource "*"
		return request == r.head
	case prefixed:
		return r.begins(request)
	case complex:
		return r.begins(request) && strings.HasSuffix(request, r.tail) && r.whole.match(request, false, c)
	}
	return r.whole.match(request, r.whole.pads(k), c)
}

// begins tells whether the request begins with head. ARNs begin alike, so heads
// that differ most often do so at their end.
func (r *resource) begins(request string) bool {
	n := len(r.head)
	if n < 8 {
		return strings.HasPrefix(request, r.head)
	}
	return len(request) >= n && word(request[n-8:]) == r.last && request[:n-8] == r.head[:n-8]
}

func (w *wholeResource) match(request string, pads bool, c *Context) bool {
	if request == "*" {
		return false
	}
	if w.fixed {
		return w.written.Match(request, nil) || pads && w.padded.Match(request, nil)
	}
	var buf [8]string
	holes, ok := w.template.Values(c, buf[:])
	return ok && (w.written.Match(request, holes) || pads && w.padded.Match(request, holes))
}

// pads tells whether the kind of policy reads a short pattern as filled up. The
// documentation is silent about short patterns; this is how they were found to
// be read.
func (w *wholeResource) pads(k Kind) bool {
	switch k {
	case Identity, Boundary, Session:
		return true
	case ResourceBased, TrustPolicy, Endpoint:
		return w.hasStar
	case SCP:
		return w.endsStar
	}
	return false
}
