package identity

import (
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// IdentityPolicies are the compiled identity-based policies of an owner: inline
// ones first, then the attached ones. For a user those of its groups are part of
// it, and what the password policy gives to every user.
func (a Account) IdentityPolicies(o Owner) []*eval.Policy {
	list := a.ownPolicies(o, nil)
	if o.Type != "user" {
		return list
	}
	if u, ok := a.UserByID(o.ID); ok {
		for _, g := range a.GroupsOf(u) {
			list = a.ownPolicies(groupOwner(g), list)
		}
	}
	if p := a.changeOwnPassword(); p != nil {
		list = append(list, p)
	}
	return list
}

// policyKinds are what IdentityPolicies, Boundary and CompiledPolicy read beside the
// owner itself.
var policyKinds = []*state.KindInfo{
	groups.Info(), memberships.Info(), policies.Info(), policyVersions.Info(), inlinePolicies.Info(), attachments.Info(),
	passwordPolicies.Info(),
}

// PolicyMark stands for all policies of an account and who has them. As long as it
// is the same, so are the policies of an owner that is the same.
func PolicyMark(s *state.Snapshot) state.Mark { return s.Mark(policyKinds...) }

func (a Account) ownPolicies(o Owner, list []*eval.Policy) []*eval.Policy {
	for _, p := range a.InlinePolicies(o) {
		list = append(list, p.compiled.of(func() (string, eval.Source) { return p.Document, sourceOfInline(o, p.Name) }))
	}
	for _, at := range attachments.Below(a.snapshot(), o.ID) {
		list = append(list, a.CompiledPolicy(at.PolicyARN))
	}
	return list
}

// CompiledPolicy is the compiled default version of a managed policy. One that
// cannot be found denies everything: a policy that applies and that nobody can
// read is an evaluation error.
func (a Account) CompiledPolicy(arn string) *eval.Policy {
	p, ok := a.ManagedPolicy(arn)
	if !ok {
		return DenyAll(sourceOfManaged(arn))
	}
	return a.compileManaged(p)
}

// Boundary is an owner's permissions boundary, or nil if it has none.
func (a Account) Boundary(o Owner) []*eval.Policy {
	if o.Boundary == "" {
		return nil
	}
	return []*eval.Policy{a.CompiledPolicy(o.Boundary)}
}

// UserAsOwner gives a user as the owner of policies.
func UserAsOwner(u *User) Owner { return userOwner(u) }

// RoleAsOwner gives a role as the owner of policies.
func RoleAsOwner(r *Role) Owner { return roleOwner(r) }

// GroupAsOwner gives a group as the owner of policies.
func GroupAsOwner(g *Group) Owner { return groupOwner(g) }
