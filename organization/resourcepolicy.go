package organization

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy"
)

const resourcePolicyNotFound apierror.Code = "ResourcePolicyNotFoundException"

// ResourcePolicy is the organization's resource policy.
func (o Organization) ResourcePolicy() (*ResourcePolicy, error) {
	p, ok := resourcePolicies.Get(o.snapshot(), "")
	if !ok {
		return nil, apierror.New(resourcePolicyNotFound, "We can't find a resource policy request with the parameter that you specified.")
	}
	return p, nil
}

// PutResourcePolicy makes a document the organization's resource policy. Tags can be
// given to a new one only; the one that is there keeps its id and its tags.
func (e Editor) PutResourcePolicy(document string, list []identity.Tag) (*ResourcePolicy, error) {
	if err := e.allFeatures(); err != nil {
		return nil, err
	}
	if err := e.checkResourcePolicy(document); err != nil {
		return nil, err
	}
	next := &ResourcePolicy{Document: document}
	if old, ok := resourcePolicies.Get(e.snapshot(), ""); ok {
		if len(list) > 0 {
			return nil, invalid("UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED", "Updates with tags to an existing resource policy are not supported. Use TagResource instead.")
		}
		next.ID = old.ID
	} else {
		id, err := e.newID("rp-", resourceLetters)
		if err != nil {
			return nil, err
		}
		next.ID = id
		if err := e.tagNew(id, list); err != nil {
			return nil, err
		}
	}
	resourcePolicies.Put(e.draft, e.aggregate(), "", next)
	return next, nil
}

// DeleteResourcePolicy removes the organization's resource policy.
func (e Editor) DeleteResourcePolicy() error {
	p, err := e.ResourcePolicy()
	if err != nil {
		return err
	}
	resourcePolicies.Delete(e.draft, e.aggregate(), "")
	tags.Delete(e.draft, e.aggregate(), p.ID)
	return nil
}

// checkResourcePolicy refuses a document that delegates what cannot be delegated, or
// to whom it cannot be (AWS Organizations User Guide, "Delegated administrator for AWS
// Organizations").
func (e Editor) checkResourcePolicy(document string) error {
	doc, err := policy.ParseAs(policy.Resource, document)
	if err != nil {
		bad, ok := errors.AsType[*policy.Error](err)
		if !ok {
			return invalid("INVALID_RESOURCE_POLICY_JSON", "The resource policy is not valid.")
		}
		if strings.HasPrefix(bad.Message, "Invalid principal") {
			return invalid("INVALID_PRINCIPAL", "You specified an invalid principal element in the policy.%s", placeOf(bad.Line, bad.Column, ""))
		}
		detail := bad.Detail
		if detail == "" {
			detail = bad.Message
		}
		return invalid("INVALID_RESOURCE_POLICY_JSON", "The resource policy is not valid.%s", placeOf(bad.Line, bad.Column, detail))
	}
	for _, s := range doc.Statements {
		if err := e.checkStatement(doc, s); err != nil {
			return err
		}
	}
	return nil
}

// placeOf says where something is wrong.
func placeOf(line, column int, detail string) string {
	if line == 0 {
		return ""
	}
	if detail != "" {
		detail = ": " + detail
	}
	return fmt.Sprintf(" (line %d, column %d%s)", line, column, detail)
}

func (e Editor) checkStatement(doc *policy.Document, s *policy.Statement) error {
	refuse := func(at policy.Span, reason, message string) error {
		p := doc.Position(at.Start)
		return invalid(reason, "%s%s", message, placeOf(p.Line, p.Column, ""))
	}
	// Since 30 June 2026 neither is allowed: they could grant more than is listed.
	if s.Action.Not {
		return refuse(s.Action.Span, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY", "NotAction is not supported in the resource policy.")
	}
	if s.Resource == nil || s.Resource.Not {
		return refuse(s.Span, "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY", "A statement of the resource policy must have a Resource element; NotResource is not supported.")
	}
	if s.Principal.Not {
		return refuse(s.Principal.Span, "INVALID_PRINCIPAL", "You specified an invalid principal element in the policy.")
	}
	for _, p := range s.Principal.Values {
		if !e.maybeDelegate(p) {
			return refuse(p.Span, "INVALID_PRINCIPAL", "You specified an invalid principal element in the policy.")
		}
	}
	for _, a := range s.Action.Values {
		if !onlyDelegable(a.Value) {
			return refuse(a.Span, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY", "You specified an action that is not supported in the resource policy.")
		}
	}
	for _, r := range s.Resource.Values {
		if !e.ownResource(r.Value) {
			return refuse(r.Span, "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY", "You specified a resource that is not supported in the resource policy.")
		}
	}
	for _, b := range s.Condition {
		for _, kv := range b.Keys {
			if !strings.EqualFold(kv.Key.Value, "organizations:PolicyType") || strings.EqualFold(b.Operator.Value, "Null") {
				continue
			}
			for _, v := range kv.Values {
				if !slices.ContainsFunc(policyTypes, func(t PolicyType) bool { return arn.Match(v.Value, t.Name) }) {
					return refuse(v.Span, "UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY", "You specified a policy type that is not supported in the resource policy.")
				}
			}
		}
	}
	return nil
}

// maybeDelegate tells whether something can be delegated to a principal: it is of a
// member account other than the management account, or everybody, which can only be
// such.
func (e Editor) maybeDelegate(p policy.PrincipalValue) bool {
	if p.Type != policy.AWS {
		return false
	}
	if p.Value == "*" {
		return true
	}
	account := p.Value
	if parsed, err := arn.Parse(p.Value); err == nil {
		account = parsed.Account
	}
	_, err := e.MemberAt(account, e.Now)
	return err == nil && account != e.Facts().Management
}

// onlyDelegable tells whether all actions that a pattern covers can be delegated.
func onlyDelegable(pattern string) bool {
	prefix, name, ok := strings.Cut(strings.ToLower(pattern), ":")
	if !ok || prefix != "organizations" {
		return false
	}
	service, ok := catalog.Default().Service("organizations")
	if !ok {
		return false
	}
	covered := false
	for _, a := range service.Actions() {
		if arn.Match(name, strings.ToLower(a.Name)) {
			if !delegable(a.String()) {
				return false
			}
			covered = true
		}
	}
	return covered
}

// ownResource tells whether a pattern is for what is in the organization.
func (e Editor) ownResource(pattern string) bool {
	if pattern == "*" {
		return true
	}
	parsed, err := arn.Parse(pattern)
	return err == nil && parsed.Service == "organizations"
}
