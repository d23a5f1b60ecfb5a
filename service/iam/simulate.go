package iam

import (
	"fmt"
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
	if in.ResourcePolicy != nil && in.CallerArn == nil {
		return nil, apierror.New(apierror.InvalidInput, "A CallerArn is required where a ResourcePolicy is given.")
	}
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
	given, err := documents("PolicyInputList", policy.UserInline, in.identity)
	if err != nil {
		return err
	}
	s.policies.Identity = append(slices.Clip(s.policies.Identity), given...)
	bounds, err := documents("PermissionsBoundaryPolicyInputList", policy.Boundary, in.boundary)
	if err != nil {
		return err
	}
	if bounds != nil {
		s.policies.Boundary = bounds
	}
	if in.callerARN != nil {
		if s.principal, err = simulatedCaller(*in.callerARN); err != nil {
			return err
		}
	}
	s.principal.HasBoundary = s.policies.Boundary != nil
	if s.principal.Account == c.Caller.Account { // what is said of others is not the caller's business
		s.rails = railsOf(c.World, s.principal.Account)
	}
	if err := s.prepareResource(in); err != nil {
		return err
	}
	if err := checkSimulated(in.actions, in.resources); err != nil {
		return err
	}
	s.actions, s.resources = in.actions, in.resources
	if len(s.resources) == 0 {
		s.resources = []string{"*"}
	}
	s.release = c.Tools.Site.Library.Release
	s.partition = c.Tools.Site.Partition
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

// simulatedCaller is the principal that CallerArn names: a user, group or role,
// and no session or service (IAM API reference, SimulatePrincipalPolicy).
func simulatedCaller(callerARN string) (eval.Principal, error) {
	caller, err := arn.Parse(callerARN)
	if err == nil && caller.Service == "iam" {
		switch kind, name, _ := strings.Cut(caller.Resource, "/"); {
		case name == "":
		case kind == "user", kind == "group":
			return eval.Principal{Kind: eval.User, ARN: callerARN, Account: caller.Account}, nil
		case kind == "role":
			return eval.Principal{Kind: eval.RoleSession, ARN: callerARN, Issuer: callerARN, Account: caller.Account}, nil
		}
	}
	return eval.Principal{}, apierror.New(apierror.InvalidInput, "CallerArn %s is not the ARN of an IAM user, group or role.", callerARN)
}

// prepareResource reads what is said of the resources. A policy of theirs is
// simulated for users only (IAM API reference, SimulatePrincipalPolicy).
func (s *simulation) prepareResource(in inputs) error {
	s.owner = s.principal.Account
	if in.resourceOwner != nil {
		s.owner = *in.resourceOwner
		if owner, err := arn.Parse(*in.resourceOwner); err == nil {
			s.owner = owner.Account
		}
	}
	if in.resourcePolicy == nil {
		return nil
	}
	if !isUserARN(s.principal.ARN) {
		return apierror.New(apierror.InvalidInput, "A ResourcePolicy can be simulated for an IAM user only: CallerArn must be the ARN of one.")
	}
	doc, err := policy.ParseAs(policy.Resource, *in.resourcePolicy)
	if err != nil {
		return apierror.New(apierror.InvalidInput, "ResourcePolicy: %s", err.Error()).Because(err)
	}
	s.policies.Resource = []*eval.Policy{eval.Compile(doc, eval.Source{ID: "ResourcePolicy", Type: "Resource Policy"})}
	return nil
}

func isUserARN(s string) bool {
	a, err := arn.Parse(s)
	return err == nil && strings.HasPrefix(a.Resource, "user/")
}

// checkSimulated refuses actions and resources that no request can have: an
// action without its service or with wildcards would match by chance.
func checkSimulated(actions, resources []string) error {
	for i, action := range actions {
		vendor, name, ok := strings.Cut(action, ":")
		if !ok || vendor == "" || name == "" || strings.ContainsAny(action, "*?") {
			return apierror.New(apierror.InvalidInput, "ActionNames.%d: %s is not the name of an action such as iam:CreateUser.", i+1, action)
		}
	}
	for i, resource := range resources {
		if _, err := arn.Parse(resource); err != nil && resource != "*" {
			return apierror.New(apierror.InvalidInput, "ResourceArns.%d: %s is neither an ARN nor *.", i+1, resource)
		}
	}
	return nil
}

// contextOf is the request context: what the request supplies, and nothing else.
func contextOf(entries []iamapi.ContextEntry) *condition.Context {
	ctx := new(condition.Context)
	for _, e := range entries {
		if e.ContextKeyName == nil {
			continue
		}
		ctx.SetValues(*e.ContextKeyName, e.ContextKeyValues, strings.HasSuffix(service.Or(e.ContextKeyType, "string"), "List"))
	}
	return ctx
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
