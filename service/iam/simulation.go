package iam

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/condition"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// simulation is what both simulators ask: a request for each action and
// resource, and the policies that apply.
type simulation struct {
	policies  eval.Policies
	rails     rails
	principal eval.Principal
	actions   []string
	resources []string
	owner     string // of resources whose ARN does not tell it
	context   *condition.Context
	missing   []string

	release   *catalog.Release
	partition string
}

// missingKeys are the keys that the policies ask for and the request does not
// supply.
func (s *simulation) missingKeys() []string {
	var docs []*policy.Document
	for _, p := range slices.Concat(s.policies.Identity, s.policies.Boundary, s.policies.Resource, s.rails.all()) {
		docs = append(docs, p.Document())
	}
	missing := []string{}
	for _, key := range policy.ContextKeys(docs...) {
		if !s.context.Has(key) && !s.rails.knows(key) {
			missing = append(missing, key)
		}
	}
	return missing
}

// results ranges over the results, one an action, from the one with a key on.
func (s *simulation) results(from string) iter.Seq2[string, iamapi.EvaluationResult] {
	return func(yield func(string, iamapi.EvaluationResult) bool) {
		for i, action := range s.actions {
			if key := fmt.Sprintf("%08d", i); key >= from && !yield(key, s.result(action)) {
				return
			}
		}
	}
}

// result is the result for an action: for each resource, and over all of them
// the one that denies most. Where everything is asked for ("*") there are neither
// results by resource nor details (IAM API reference, EvaluationResult).
func (s *simulation) result(action string) iamapi.EvaluationResult {
	r := iamapi.EvaluationResult{
		EvalActionName: action, EvalResourceName: new(s.resourceName(action)), MissingContextValues: s.missing,
		MatchedStatements: []iamapi.Statement{},
	}
	specific := make([]specificResult, len(s.resources))
	worst, bounded, admitted := rank(eval.Allowed), true, true
	for i, resource := range s.resources {
		specific[i] = s.specific(action, resource)
		worst = min(worst, rank(specific[i].Outcome))
		bounded = bounded && specific[i].BoundaryAllows
		admitted = admitted && specific[i].OrganizationsAllow
	}
	r.EvalDecision = outcomes[worst].String()
	r.PermissionsBoundaryDecisionDetail = s.boundaryDetail(bounded)
	r.OrganizationsDecisionDetail = s.rails.detail(admitted)
	for _, one := range specific {
		if rank(one.Outcome) == worst {
			r.MatchedStatements = withStatements(r.MatchedStatements, statements(one.Decision))
		}
	}
	if s.everything() {
		return r
	}
	r.EvalDecisionDetails = map[string]string{}
	for _, one := range specific {
		r.EvalDecisionDetails = mostRestrictive(r.EvalDecisionDetails, one.sides)
		r.ResourceSpecificResults = append(r.ResourceSpecificResults, iamapi.ResourceSpecificResult{
			EvalResourceName: one.resource, EvalResourceDecision: one.Outcome.String(), MatchedStatements: statements(one.Decision),
			MissingContextValues: s.missing, EvalDecisionDetails: one.sides,
			PermissionsBoundaryDecisionDetail: s.boundaryDetail(one.BoundaryAllows),
		})
	}
	return r
}

func (s *simulation) everything() bool { return len(s.resources) == 1 && s.resources[0] == "*" }

// specificResult is the decision on one resource. If that belongs to another
// account, sides says what each type of policy decides.
type specificResult struct {
	eval.Decision
	resource string
	sides    map[string]string
}

func (s *simulation) specific(action, resource string) specificResult {
	request := eval.Request{
		Principal: s.principal, Action: action, Resource: resource, ResourceAccount: s.ownerOf(resource), Context: s.context,
	}
	applying := s.policies
	request.Context, applying.SCPs, applying.RCPs = s.rails.of(&request)
	r := specificResult{Decision: eval.Decide(&request, &applying), resource: resource}
	switch {
	case !r.OrganizationsAllow:
		r.Matched = nil // a simulation that the organization denies ends there
	case request.ResourceAccount != s.principal.Account:
		r.sides = s.sides(request)
	}
	return r
}

// ownerOf is the account of a resource. It counts only where the resource has a
// policy: without one the other account's side is not simulated.
func (s *simulation) ownerOf(resource string) string {
	if s.policies.Resource == nil {
		return s.principal.Account
	}
	if a, err := arn.Parse(resource); err == nil && len(a.Account) == len("111122223333") {
		return a.Account
	}
	return s.owner
}

// The types of policies in EvalDecisionDetails.
const (
	identitySide = "IAM Policy"
	resourceSide = "Resource Policy"
	boundarySide = "Permissions Boundary"
)

// sides asks each type of policy by itself, the others out of its way.
func (s *simulation) sides(request eval.Request) map[string]string {
	resource := request
	request.ResourceAccount = s.principal.Account
	ask := func(r eval.Request, p eval.Policies) string {
		d := eval.Decide(&r, &p)
		return d.Outcome.String()
	}
	sides := map[string]string{
		identitySide: ask(request, eval.Policies{Identity: s.policies.Identity}),
		resourceSide: ask(resource, eval.Policies{Identity: []*eval.Policy{allowAll}, Resource: s.policies.Resource}),
	}
	if s.policies.Boundary != nil {
		sides[boundarySide] = ask(request, eval.Policies{Identity: []*eval.Policy{allowAll}, Boundary: s.policies.Boundary})
	}
	return sides
}

var allowAll = func() *eval.Policy {
	doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	if err != nil {
		panic(err)
	}
	return eval.Compile(doc, eval.Source{ID: "everything", Type: "IAM Policy"})
}()

// mostRestrictive puts the sides of one resource over those of others.
func mostRestrictive(all, sides map[string]string) map[string]string {
	for side, decision := range sides {
		if before, ok := all[side]; !ok || rankOf(decision) < rankOf(before) {
			all[side] = decision
		}
	}
	return all
}

// resourceName is what stands for the resource over all: the resource, if there
// is one, and of several the form that the service reference has for the ARNs of
// the action's resources, as AWS was seen to answer.
func (s *simulation) resourceName(action string) string {
	if len(s.resources) == 1 {
		return s.resources[0]
	}
	known, ok := s.release.Action(action)
	if !ok {
		return "*"
	}
	for _, use := range known.Resources {
		if t, ok := s.release.ResourceType(known.Service, use.Type); ok && t.ARN != "" {
			return strings.ReplaceAll(t.ARN, "${Partition}", s.partition)
		}
	}
	return "*"
}

// outcomes are in order of how much they deny, most first; rank is the place of
// one among them.
var outcomes = []eval.Outcome{eval.ExplicitDeny, eval.ImplicitDeny, eval.Allowed}

func rank(o eval.Outcome) int { return slices.Index(outcomes, o) }

func rankOf(decision string) int {
	return slices.IndexFunc(outcomes, func(o eval.Outcome) bool { return o.String() == decision })
}

func (s *simulation) boundaryDetail(allows bool) *iamapi.PermissionsBoundaryDecisionDetail {
	if s.policies.Boundary == nil {
		return nil
	}
	return &iamapi.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: &allows}
}

// statements are the statements that determined a decision, with their places:
// AWS's columns stand one behind the braces.
func statements(d eval.Decision) []iamapi.Statement {
	out := []iamapi.Statement{}
	for _, m := range d.Matched {
		src := m.Policy.Source()
		id := src.ID
		if strings.HasPrefix(id, "arn:") {
			id = id[strings.LastIndexByte(id, '/')+1:]
		}
		out = append(out, iamapi.Statement{
			SourcePolicyId: &id, SourcePolicyType: &src.Type,
			StartPosition: behind(m.Statement.Begin), EndPosition: behind(m.Statement.End),
		})
	}
	return out
}

// withStatements adds statements that are not in a list yet.
func withStatements(list, more []iamapi.Statement) []iamapi.Statement {
	for _, m := range more {
		if !slices.ContainsFunc(list, func(s iamapi.Statement) bool { return sameStatement(s, m) }) {
			list = append(list, m)
		}
	}
	return list
}

func sameStatement(x, y iamapi.Statement) bool {
	return *x.SourcePolicyId == *y.SourcePolicyId && *x.SourcePolicyType == *y.SourcePolicyType &&
		*x.StartPosition.Line == *y.StartPosition.Line && *x.StartPosition.Column == *y.StartPosition.Column
}

func behind(p policy.Position) *iamapi.Position {
	return &iamapi.Position{Line: new(int32(p.Line)), Column: new(int32(p.Column + 1))}
}
