package iam

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/condition"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/service"
)

func simulateOperations() []service.Operation {
	return []service.Operation{
		service.Read(iamapi.SimulateCustomPolicy, onAccount[iamapi.SimulateCustomPolicyInput]("SimulateCustomPolicy"), simulateCustomPolicy),
		service.Read(iamapi.SimulatePrincipalPolicy, func(c *service.Call, in *iamapi.SimulatePrincipalPolicyInput) ([]authz.Target, error) {
			return on(c, "SimulatePrincipalPolicy", in.PolicySourceArn), nil
		}, simulatePrincipalPolicy),
		service.Read(iamapi.GetContextKeysForCustomPolicy, onAccount[iamapi.GetContextKeysForCustomPolicyInput]("GetContextKeysForCustomPolicy"), getContextKeysForCustomPolicy),
		service.Read(iamapi.GetContextKeysForPrincipalPolicy, func(c *service.Call, in *iamapi.GetContextKeysForPrincipalPolicyInput) ([]authz.Target, error) {
			return on(c, "GetContextKeysForPrincipalPolicy", in.PolicySourceArn), nil
		}, getContextKeysForPrincipalPolicy),
	}
}

// simulation is what both simulators ask: a request for each action and
// resource, and the policies that apply.
type simulation struct {
	policies  eval.Policies
	principal eval.Principal
	actions   []string
	resources []string
	owner     string // account that owns the resources
	context   *condition.Context
	missing   []string
	bounded   bool // there is a boundary
}

// inputs are the parameters that both simulators have.
type inputs struct {
	identity, boundary []string
	resourcePolicy     *string
	resourceOwner      *string
	callerARN          *string
	actions, resources []string
	context            []iamapi.ContextEntry
}

func simulateCustomPolicy(c *service.Call, in *iamapi.SimulateCustomPolicyInput) (*iamapi.SimulateCustomPolicyOutput, error) {
	s := &simulation{principal: eval.Principal{Kind: eval.User, ARN: c.Account().NewUserARN(nil, "simulated"), Account: c.Caller.Account}}
	err := s.prepare(c, inputs{
		identity: in.PolicyInputList, boundary: in.PermissionsBoundaryPolicyInputList, resourcePolicy: in.ResourcePolicy,
		resourceOwner: in.ResourceOwner, callerARN: in.CallerArn, actions: in.ActionNames, resources: in.ResourceArns, context: in.ContextEntries,
	})
	if err != nil {
		return nil, err
	}
	page, err := service.PageBy(c, "simulation", in.Marker, in.MaxItems, s.results)
	if err != nil {
		return nil, err
	}
	return &iamapi.SimulateCustomPolicyOutput{EvaluationResults: page.Items, IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}

func simulatePrincipalPolicy(c *service.Call, in *iamapi.SimulatePrincipalPolicyInput) (*iamapi.SimulatePrincipalPolicyOutput, error) {
	a := c.Account()
	o, err := policySource(a, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	s := &simulation{principal: simulated(a, o)}
	s.policies.Identity = a.IdentityPolicies(o)
	s.policies.Boundary = a.Boundary(o)
	err = s.prepare(c, inputs{
		identity: in.PolicyInputList, boundary: in.PermissionsBoundaryPolicyInputList, resourcePolicy: in.ResourcePolicy,
		resourceOwner: in.ResourceOwner, callerARN: in.CallerArn, actions: in.ActionNames, resources: in.ResourceArns, context: in.ContextEntries,
	})
	if err != nil {
		return nil, err
	}
	page, err := service.PageBy(c, "simulation of "+o.ID, in.Marker, in.MaxItems, s.results)
	if err != nil {
		return nil, err
	}
	return &iamapi.SimulatePrincipalPolicyOutput{EvaluationResults: page.Items, IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}

// policySource finds the user, group or role with an ARN.
func policySource(a identity.Account, source string) (identity.Owner, error) {
	parsed, err := arn.Parse(source)
	if err != nil {
		return identity.Owner{}, apierror.New(apierror.ValidationError, "Invalid ARN:  Could not be parsed!")
	}
	kind, rest, _ := strings.Cut(parsed.Resource, "/")
	if kind == "user" || kind == "group" || kind == "role" {
		o, err := a.Owner(kind, rest[strings.LastIndexByte(rest, '/')+1:])
		if err == nil && a.OwnerARN(o) == source {
			return o, nil
		}
	}
	return identity.Owner{}, apierror.New(apierror.NoSuchEntity, "The entity with ARN %s cannot be found.", source)
}

// simulated is the principal that policies are simulated for. A role is an
// unnamed session of itself.
func simulated(a identity.Account, o identity.Owner) eval.Principal {
	p := eval.Principal{Kind: eval.User, ARN: a.OwnerARN(o), Account: a.ID, HasBoundary: o.Boundary != "", ServiceLinkedRole: o.ServiceLinked()}
	if o.Type == "role" {
		p.Kind, p.Issuer = eval.RoleSession, p.ARN
	}
	return p
}

// prepare reads what a simulation is about.
func (s *simulation) prepare(c *service.Call, in inputs) error {
	given, err := documents("PolicyInputList", policy.ManagedPolicy, in.identity)
	if err != nil {
		return err
	}
	s.policies.Identity = append(slices.Clip(s.policies.Identity), given...)
	bounds, err := documents("PermissionsBoundaryPolicyInputList", policy.ManagedPolicy, in.boundary)
	if err != nil {
		return err
	}
	if bounds != nil {
		s.policies.Boundary = bounds
	}
	s.bounded = s.policies.Boundary != nil
	s.owner = c.Caller.Account
	if err := s.prepareResource(in); err != nil {
		return err
	}
	s.actions, s.resources = in.actions, in.resources
	if len(s.resources) == 0 {
		s.resources = []string{"*"}
	}
	s.context = contextOf(in.context)
	s.missing = s.missingKeys()
	return nil
}

// documents compiles policies that a request passes.
func documents(list string, kind policy.Kind, texts []string) ([]*eval.Policy, error) {
	var compiled []*eval.Policy
	for i, text := range texts {
		doc, err := policy.ParseAs(kind, text)
		if err != nil {
			return nil, apierror.New(apierror.InvalidInput, "%s.%d: %s", list, i+1, err.Error()).Because(err)
		}
		compiled = append(compiled, eval.Compile(doc, eval.Source{ID: fmt.Sprintf("%s.%d", list, i+1), Type: "IAM Policy"}))
	}
	return compiled, nil
}

func (s *simulation) prepareResource(in inputs) error {
	if in.callerARN != nil {
		caller, err := arn.Parse(*in.callerARN)
		if err != nil || caller.Service != "iam" || !strings.HasPrefix(caller.Resource, "user/") {
			return apierror.New(apierror.InvalidInput, "CallerArn %s is not the ARN of an IAM user.", *in.callerARN)
		}
		s.principal = eval.Principal{Kind: eval.User, ARN: *in.callerARN, Account: caller.Account, HasBoundary: s.bounded}
	}
	if in.resourceOwner != nil {
		s.owner = *in.resourceOwner
		if owner, err := arn.Parse(*in.resourceOwner); err == nil {
			s.owner = owner.Account
		}
	}
	if in.resourcePolicy == nil {
		return nil
	}
	if in.callerARN == nil && s.principal.Kind == eval.User && strings.HasSuffix(s.principal.ARN, ":user/simulated") {
		return apierror.New(apierror.InvalidInput, "A CallerArn is required where a ResourcePolicy is given.")
	}
	doc, err := policy.ParseAs(policy.Resource, *in.resourcePolicy)
	if err != nil {
		return apierror.New(apierror.InvalidInput, "ResourcePolicy: %s", err.Error()).Because(err)
	}
	s.policies.Resource = []*eval.Policy{eval.Compile(doc, eval.Source{ID: "ResourcePolicy", Type: "Resource Policy"})}
	return nil
}

// contextOf is the request context: what the request supplies, and nothing else.
func contextOf(entries []iamapi.ContextEntry) *condition.Context {
	ctx := new(condition.Context)
	for _, e := range entries {
		if e.ContextKeyName == nil {
			continue
		}
		ctx.SetValues(*e.ContextKeyName, e.ContextKeyValues, strings.HasSuffix(or(e.ContextKeyType, "string"), "List"))
	}
	return ctx
}

// missingKeys are the keys that the policies ask for and the request does not
// supply.
func (s *simulation) missingKeys() []string {
	var docs []*policy.Document
	for _, p := range slices.Concat(s.policies.Identity, s.policies.Boundary, s.policies.Resource) {
		docs = append(docs, p.Document())
	}
	missing := []string{}
	for _, key := range policy.ContextKeys(docs...) {
		if !s.context.Has(key) {
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
// the one that denies most.
func (s *simulation) result(action string) iamapi.EvaluationResult {
	r := iamapi.EvaluationResult{
		EvalActionName: action, EvalResourceName: new("*"), MatchedStatements: []iamapi.Statement{},
		MissingContextValues: s.missing, EvalDecisionDetails: map[string]string{}, ResourceSpecificResults: []iamapi.ResourceSpecificResult{},
	}
	if len(s.resources) == 1 {
		r.EvalResourceName = &s.resources[0]
	}
	worst, bounded := rank(eval.Allowed), true
	for _, resource := range s.resources {
		request := eval.Request{Principal: s.principal, Action: action, Resource: resource, ResourceAccount: s.owner, Context: s.context}
		d := eval.Decide(&request, &s.policies)
		worst, bounded = min(worst, rank(d.Outcome)), bounded && d.BoundaryAllows
		r.ResourceSpecificResults = append(r.ResourceSpecificResults, iamapi.ResourceSpecificResult{
			EvalResourceName: resource, EvalResourceDecision: d.Outcome.String(), MatchedStatements: statements(d),
			MissingContextValues: s.missing, EvalDecisionDetails: map[string]string{}, PermissionsBoundaryDecisionDetail: s.boundaryDetail(d.BoundaryAllows),
		})
		r.MatchedStatements = append(r.MatchedStatements, statements(d)...)
	}
	r.EvalDecision = outcomes[worst].String()
	r.PermissionsBoundaryDecisionDetail = s.boundaryDetail(bounded)
	return r
}

// outcomes are in order of how much they deny, most first; rank is the place of
// one among them.
var outcomes = []eval.Outcome{eval.ExplicitDeny, eval.ImplicitDeny, eval.Allowed}

func rank(o eval.Outcome) int { return slices.Index(outcomes, o) }

func (s *simulation) boundaryDetail(allows bool) *iamapi.PermissionsBoundaryDecisionDetail {
	if !s.bounded {
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

func behind(p policy.Position) *iamapi.Position {
	return &iamapi.Position{Line: new(int32(p.Line)), Column: new(int32(p.Column + 1))}
}

func getContextKeysForCustomPolicy(_ *service.Call, in *iamapi.GetContextKeysForCustomPolicyInput) (*iamapi.GetContextKeysForCustomPolicyOutput, error) {
	compiled, err := documents("PolicyInputList", policy.ManagedPolicy, in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetContextKeysForCustomPolicyOutput{ContextKeyNames: contextKeys(compiled)}, nil
}

func getContextKeysForPrincipalPolicy(c *service.Call, in *iamapi.GetContextKeysForPrincipalPolicyInput) (*iamapi.GetContextKeysForPrincipalPolicyOutput, error) {
	a := c.Account()
	o, err := policySource(a, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	compiled, err := documents("PolicyInputList", policy.ManagedPolicy, in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetContextKeysForPrincipalPolicyOutput{
		ContextKeyNames: contextKeys(slices.Concat(a.IdentityPolicies(o), a.Boundary(o), compiled)),
	}, nil
}

func contextKeys(compiled []*eval.Policy) []string {
	var docs []*policy.Document
	for _, p := range compiled {
		docs = append(docs, p.Document())
	}
	return append([]string{}, policy.ContextKeys(docs...)...)
}
