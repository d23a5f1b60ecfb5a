package organization

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// Codes of errors about policies.
const (
	policyNotFound  apierror.Code = "PolicyNotFoundException"
	duplicatePolicy apierror.Code = "DuplicatePolicyException"
	policyInUse     apierror.Code = "PolicyInUseException"
)

// Managed tells whether a policy is one of AWS, which every organization has.
func Managed(id string) bool { return managed[id] != nil }

// Policy finds a policy, one of the organization or one of AWS.
func (o Organization) Policy(id string) (*Policy, error) {
	if own, ok := managed[id]; ok {
		return own, nil
	}
	p, ok := policies.Get(o.snapshot(), id)
	if !ok {
		return nil, apierror.New(policyNotFound, "You specified a policy that doesn't exist.")
	}
	return p, nil
}

// Policies lists the policies of a type in order of their ids.
func (o Organization) Policies(policyType string) []*Policy {
	var list []*Policy
	for _, p := range managed {
		if p.Type == policyType {
			list = append(list, p)
		}
	}
	for _, p := range policies.All(o.snapshot()) {
		if p.Type == policyType {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *Policy) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// NewPolicy is what a policy is made of.
type NewPolicy struct {
	Name, Description, Type, Content string
	Tags                             []identity.Tag
}

// CreatePolicy makes a policy. Its type need not be enabled.
func (e Editor) CreatePolicy(in NewPolicy) (*Policy, error) {
	t, err := typeNamed(in.Type)
	if err != nil {
		return nil, err
	}
	if err := e.available(); err != nil {
		return nil, err
	}
	if err := t.checkPolicy(in.Content); err != nil {
		return nil, err
	}
	if err := e.nameFree(in.Type, in.Name, ""); err != nil {
		return nil, err
	}
	if e.count(in.Type) >= t.maxCount {
		return nil, violation("POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the maximum number of policies in your organization.")
	}
	id, err := e.newID("p-", policyLetters)
	if err != nil {
		return nil, err
	}
	p := &Policy{ID: id, Name: in.Name, Description: in.Description, Type: in.Type, Document: in.Content, Updated: e.Now}
	if err := e.tagNew(id, in.Tags); err != nil {
		return nil, err
	}
	policies.Put(e.draft, e.aggregate(), id, p)
	return p, nil
}

// count is how many policies of a type the organization has written.
func (o Organization) count(policyType string) int {
	n := 0
	for _, p := range policies.All(o.snapshot()) {
		if p.Type == policyType {
			n++
		}
	}
	return n
}

// checkPolicy refuses a content that is too large, or cannot be a policy of the type.
func (t PolicyType) checkPolicy(content string) error {
	if utf8.RuneCountInString(content) > t.maxSize {
		return violation("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum policy size.")
	}
	return checkContent(t, content)
}

// nameFree refuses a name that another policy of the type has.
func (o Organization) nameFree(policyType, name, except string) error {
	for _, p := range managed {
		if p.Type == policyType && state.Fold(p.Name) == state.Fold(name) {
			return nameTaken()
		}
	}
	for id := range policiesByName.At(o.snapshot(), state.Key(policyType, state.Fold(name))) {
		if id != except {
			return nameTaken()
		}
	}
	return nil
}

func nameTaken() error {
	return apierror.New(duplicatePolicy, "A policy with the same name already exists.")
}

// own finds a policy that may be changed.
func (e Editor) own(id string) (*Policy, error) {
	p, err := e.Policy(id)
	if err == nil && Managed(id) {
		err = invalid("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified.")
	}
	return p, err
}

// PolicyChange says what becomes different in a policy; nil is left as it is.
type PolicyChange struct{ Name, Description, Content *string }

// UpdatePolicy changes a policy. It is in force in its new form wherever it is attached.
func (e Editor) UpdatePolicy(id string, change PolicyChange) (*Policy, error) {
	p, err := e.own(id)
	if err != nil {
		return nil, err
	}
	next := &Policy{ID: p.ID, Name: p.Name, Description: p.Description, Type: p.Type, Document: p.Document, Updated: p.Updated}
	if change.Content != nil {
		t, err := typeNamed(p.Type)
		if err != nil {
			return nil, err
		}
		if err := t.checkPolicy(*change.Content); err != nil {
			return nil, err
		}
		next.Document, next.Updated = *change.Content, e.Now
	}
	if change.Name != nil {
		if err := e.nameFree(p.Type, *change.Name, id); err != nil {
			return nil, err
		}
		next.Name = *change.Name
	}
	if change.Description != nil {
		next.Description = *change.Description
	}
	policies.Put(e.draft, e.aggregate(), id, next)
	return next, nil
}

// DeletePolicy removes a policy that is attached to nothing.
func (e Editor) DeletePolicy(id string) error {
	if _, err := e.own(id); err != nil {
		return err
	}
	if targetsByPolicy.CountAt(e.snapshot(), id) > 0 {
		return apierror.New(policyInUse, "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before performing this operation.")
	}
	policies.Delete(e.draft, e.aggregate(), id)
	tags.Delete(e.draft, e.aggregate(), id)
	return nil
}
