package identity

import (
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/state"
)

// inlineQuota names the quota for all inline policies of an owner of a type
// together, in characters without white space; inlineKind is what a document of
// theirs is checked as.
var (
	inlineQuota = map[string]string{"user": "UserPolicySizeQuota", "group": "GroupPolicySizeQuota", "role": "RolePolicySizeQuota"}
	inlineKind  = map[string]policy.Kind{"user": policy.UserInline, "group": policy.GroupInline, "role": policy.RoleInline}
)

// InlinePolicy finds an inline policy of an owner by name, ignoring case.
func (a Account) InlinePolicy(o Owner, name string) (*InlinePolicy, error) {
	if p, ok := inlinePolicies.Get(a.snapshot(), state.Key(o.ID, state.Fold(name))); ok {
		return p, nil
	}
	return nil, notFound(o.Type+" policy", name)
}

// InlinePolicies lists the inline policies of an owner, in order of names.
func (a Account) InlinePolicies(o Owner) []*InlinePolicy {
	var list []*InlinePolicy
	for _, p := range inlinePolicies.Below(a.snapshot(), o.ID) {
		list = append(list, p)
	}
	return list
}

// PutInline makes a document an inline policy of a user, group or role, in the
// place of one of that name.
func (e Editor) PutInline(kind, owner, name, document string) error {
	o, err := e.Owner(kind, owner)
	if err != nil {
		return err
	}
	if err := o.modifiable(); err != nil {
		return err
	}
	if err := checkDocument(inlineKind[kind], document); err != nil {
		return err
	}
	size := policy.Size(document)
	for _, p := range e.InlinePolicies(o) {
		if state.Fold(p.Name) != state.Fold(name) {
			size += policy.Size(p.Document)
		}
	}
	if limit := e.Quotas(inlineQuota[kind]); size > limit {
		return apierror.New(apierror.LimitExceeded, "Maximum policy size of %d bytes exceeded for %s %s", limit, kind, o.Name)
	}
	inlinePolicies.Put(e.draft, e.aggregate, state.Key(o.ID, state.Fold(name)),
		&InlinePolicy{OwnerID: o.ID, Name: name, Document: document})
	return nil
}

// DeleteInline removes an inline policy.
func (e Editor) DeleteInline(kind, owner, name string) error {
	o, err := e.Owner(kind, owner)
	if err != nil {
		return err
	}
	if err := o.modifiable(); err != nil {
		return err
	}
	if _, err := e.InlinePolicy(o, name); err != nil {
		return err
	}
	inlinePolicies.Delete(e.draft, e.aggregate, state.Key(o.ID, state.Fold(name)))
	return nil
}
