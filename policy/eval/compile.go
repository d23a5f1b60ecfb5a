package eval

import (
	"cmp"
	"slices"
	"strings"

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
}

// Source is what was given to Compile.
func (p *Policy) Source() Source { return p.source }

// Document is what was given to Compile.
func (p *Policy) Document() *policy.Document { return p.doc }

// Fault says why the policy cannot be used as one of the kind; empty if it can.
func (p *Policy) Fault(k Kind) string { return p.unfit[k] }

type statement struct {
	policy *Policy
	ast    *policy.Statement

	deny         bool
	notPrincipal bool
	notAction    bool
	everything   bool // an Action is "*"
	notResource  bool
	anyResource  bool // there is no Resource element: the policy's owner is the resource

	resources  []resource
	principals []named
	tests      []condition.Test // the cheap ones first

	own  []action // of services that are named, in their order
	free []action // whose service has a wildcard
}

// resource is a resource pattern. Some kinds of policies read a pattern of
// fewer than six parts as if stars filled it up.
type resource struct {
	written  arn.Resource
	padded   arn.Resource
	all      bool // made of stars only
	fixed    bool // has no variables
	hasStar  bool // written with a star somewhere
	endsStar bool
	short    bool // fewer than six parts
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
			c.resources = append(c.resources, compileResource(v.Value, variables))
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
	return c
}

func compileResource(text string, variables bool) resource {
	r := resource{hasStar: strings.Contains(text, "*"), endsStar: strings.HasSuffix(text, "*")}
	head, tail := policy.CutResource(text)
	tokens := arn.Tokens(head)
	r.template = condition.ParseTemplate(tail, variables, true)
	tokens = append(tokens, r.template.Tokens()...)
	r.written = arn.NewResource(tokens)
	r.all, r.fixed = r.written.MatchesAll(), r.template.Fixed()
	if r.short = r.written.Parts() < 6; r.short {
		r.padded = arn.Pad(tokens)
	}
	return r
}

// match matches the pattern as policies of kind k read it. An action without a
// resource has the resource "*", which only a pattern made of stars matches.
func (r *resource) match(request string, k Kind, c *Context) bool {
	if r.all {
		return true
	}
	if request == "*" {
		return false
	}
	pads := r.short && r.pads(k)
	if !pads && !r.written.MayMatch(request) {
		return false
	}
	if r.fixed {
		return r.written.Match(request, nil) || pads && r.padded.Match(request, nil)
	}
	var buf [8]string
	holes, ok := r.template.Values(c, buf[:])
	return ok && (r.written.Match(request, holes) || pads && r.padded.Match(request, holes))
}

// pads tells whether the kind of policy reads a short pattern as filled up. The
// documentation is silent about short patterns; this is how they were found to
// be read.
func (r *resource) pads(k Kind) bool {
	switch k {
	case Identity, Boundary, Session:
		return true
	case ResourceBased, TrustPolicy, Endpoint:
		return r.hasStar
	case SCP:
		return r.endsStar
	}
	return false
}
