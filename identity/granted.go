package identity

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// grants is what permissions policies say of actions, without regard to resources
// and conditions: which services they let somebody use at all (IAM API reference,
// GetServiceLastAccessedDetails: "only applies permissions policy logic").
type grants struct {
	allow []actionList
	deny  []actionList // of Deny statements for all resources without a condition
}

// actionList is the Action or NotAction element of a statement.
type actionList struct {
	not      bool
	patterns []actionPattern
}

type actionPattern struct{ service, name arn.Fold }

// grantsOf reads policies.
func grantsOf(policies []*eval.Policy) grants {
	var g grants
	for _, p := range policies {
		for i := range p.Document().Statements {
			s := p.Document().Statements[i]
			switch {
			case s.Action == nil:
			case s.Effect == policy.Allow:
				g.allow = append(g.allow, actionsOf(s.Action))
			case len(s.Condition) == 0 && everyResource(s.Resource):
				g.deny = append(g.deny, actionsOf(s.Action))
			}
		}
	}
	return g
}

func everyResource(l *policy.List) bool {
	return l != nil && !l.Not && slices.ContainsFunc(l.Values, func(v policy.Text) bool { return v.Value == "*" })
}

func actionsOf(l *policy.List) actionList {
	list := actionList{not: l.Not}
	for _, v := range l.Values {
		service, name, ok := strings.Cut(strings.ToLower(v.Value), ":")
		if !ok { // "*"
			name = service
		}
		list.patterns = append(list.patterns, actionPattern{arn.NewFold(service), arn.NewFold(name)})
	}
	return list
}

func (l *actionList) covers(service, action string) bool {
	named := slices.ContainsFunc(l.patterns, func(p actionPattern) bool { return p.service.Match(service) && p.name.Match(action) })
	return named != l.not
}

// allows tells whether an action is allowed on some resource, under some condition.
func (g *grants) allows(service, action string) bool {
	covers := func(l actionList) bool { return l.covers(service, action) }
	return slices.ContainsFunc(g.allow, covers) && !slices.ContainsFunc(g.deny, covers)
}

// reaches tells whether any action of a service is allowed.
func (g *grants) reaches(s *catalog.Service) bool {
	return slices.ContainsFunc(s.Actions(), func(a catalog.Action) bool { return g.allows(s.Prefix(), a.Name) })
}

// Grant is a policy by which somebody may use a service.
type Grant struct {
	Name    string
	ARN     string // of a managed policy
	Inline  bool
	OwnerOf Owner // of an inline policy: whose it is
}

// Grants lists the policies of an owner, and of the groups of a user, that allow
// anything of a service.
func (a Account) Grants(o Owner, service string) []Grant {
	known, ok := a.Library.Service(service)
	if !ok {
		return nil
	}
	owners := []Owner{o}
	if u, ok := a.UserByID(o.ID); ok {
		for _, g := range a.GroupsOf(u) {
			owners = append(owners, groupOwner(g))
		}
	}
	var list []Grant
	add := func(p *eval.Policy, g Grant) {
		if of := grantsOf([]*eval.Policy{p}); of.reaches(known) && !slices.Contains(list, g) {
			list = append(list, g)
		}
	}
	for _, o := range owners {
		for _, p := range a.Attached(o) {
			add(a.compileManaged(p), Grant{Name: p.Name, ARN: p.ARN})
		}
		for _, p := range a.InlinePolicies(o) {
			add(p.compiled.of(func() (string, eval.Source) { return p.Document, sourceOfInline(o, p.Name) }), Grant{Name: p.Name, Inline: true, OwnerOf: o})
		}
	}
	return list
}
