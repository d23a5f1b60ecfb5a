package identity

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// Owner is a user, group or role as the owner of policies.
type Owner struct {
	// Type is "user", "group" or "role", as in messages and ARNs.
	Type     string
	Name     string
	Path     string
	ID       string
	Boundary string // the ARN of its permissions boundary, or ""

	serviceLinked bool
}

// Owner finds a user, group or role by type and name.
func (a Account) Owner(kind, name string) (Owner, error) {
	switch kind {
	case "user":
		u, err := a.User(name)
		if err != nil {
			return Owner{}, err
		}
		return userOwner(u), nil
	case "group":
		g, err := a.Group(name)
		if err != nil {
			return Owner{}, err
		}
		return groupOwner(g), nil
	}
	r, err := a.Role(name)
	if err != nil {
		return Owner{}, err
	}
	return roleOwner(r), nil
}

func userOwner(u *User) Owner {
	return Owner{Type: "user", Name: u.Name, Path: u.Path, ID: u.ID, Boundary: u.BoundaryARN}
}

func groupOwner(g *Group) Owner {
	return Owner{Type: "group", Name: g.Name, Path: g.Path, ID: g.ID}
}

func roleOwner(r *Role) Owner {
	return Owner{Type: "role", Name: r.Name, Path: r.Path, ID: r.ID, Boundary: r.BoundaryARN, serviceLinked: r.ServiceName != ""}
}

// ownerByID finds who has a unique id.
func (a Account) ownerByID(id string) (Owner, bool) {
	if u, ok := a.UserByID(id); ok {
		return userOwner(u), true
	}
	if g, ok := a.GroupByID(id); ok {
		return groupOwner(g), true
	}
	if r, ok := a.RoleByID(id); ok {
		return roleOwner(r), true
	}
	return Owner{}, false
}

// Attached lists the managed policies that are attached to an owner, in order
// of names.
func (a Account) Attached(o Owner) []ManagedPolicy {
	var list []ManagedPolicy
	for _, at := range attachments.Below(a.snapshot(), o.ID) {
		if p, ok := a.ManagedPolicy(at.PolicyARN); ok {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(x, y ManagedPolicy) int {
		// A policy of the account may be named as one of AWS.
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.ARN, y.ARN))
	})
	return list
}

// AttachedTo lists the owners that a managed policy is attached to, in order of
// types and names.
func (a Account) AttachedTo(arn string) []Owner {
	var list []Owner
	for _, at := range attachmentsByARN.At(a.snapshot(), arn) {
		if o, ok := a.ownerByID(at.OwnerID); ok {
			list = append(list, o)
		}
	}
	return sortedOwners(list)
}

// BoundaryOf lists the users and roles that a managed policy is the boundary of.
func (a Account) BoundaryOf(arn string) []Owner {
	var list []Owner
	for _, u := range usersByBoundary.At(a.snapshot(), arn) {
		list = append(list, userOwner(u))
	}
	for _, r := range rolesByBoundary.At(a.snapshot(), arn) {
		list = append(list, roleOwner(r))
	}
	return sortedOwners(list)
}

func sortedOwners(list []Owner) []Owner {
	slices.SortFunc(list, func(x, y Owner) int {
		if c := strings.Compare(x.Type, y.Type); c != 0 {
			return c
		}
		return strings.Compare(state.Fold(x.Name), state.Fold(y.Name))
	})
	return list
}

// policiesPer names the quota for managed policies of an owner of a type, and
// AWS's word for it.
var policiesPer = map[string][2]string{
	"user":  {"AttachedPoliciesPerUserQuota", "PoliciesPerUser"},
	"group": {"AttachedPoliciesPerGroupQuota", "PoliciesPerGroup"},
	"role":  {"AttachedPoliciesPerRoleQuota", "PoliciesPerRole"},
}

// Attach attaches a managed policy to a user, group or role. That it is attached
// already is no error.
func (e Editor) Attach(kind, name, policyARN string) error {
	if err := checkPolicyARN(policyARN); err != nil {
		return err
	}
	o, err := e.Owner(kind, name)
	if err != nil {
		return err
	}
	if err := o.modifiable(); err != nil {
		return err
	}
	p, err := e.attachable(policyARN)
	if err != nil {
		return err
	}
	key := state.Key(o.ID, p.ARN)
	if attachments.Has(e.snapshot(), key) {
		return nil
	}
	quota := policiesPer[kind]
	if err := e.within(len(e.Attached(o)), quota[0], quota[1]); err != nil {
		return err
	}
	attachments.Put(e.draft, e.aggregate, key, &Attachment{OwnerID: o.ID, PolicyARN: p.ARN})
	return nil
}

// attachable finds a policy that may be attached to an ordinary owner.
func (e Editor) attachable(arn string) (ManagedPolicy, error) {
	p, ok := e.ManagedPolicy(arn)
	if !ok {
		return p, apierror.New(apierror.NoSuchEntity, "Policy %s does not exist or is not attachable.", arn)
	}
	if p.ServiceLinkedOnly() {
		return p, apierror.New(apierror.PolicyNotAttachable, "Cannot attach a Service Role Policy to a Customer Role.")
	}
	return p, nil
}

// ServiceLinkedOnly tells of policies that attach to service-linked roles only.
func (p ManagedPolicy) ServiceLinkedOnly() bool {
	return p.AWS && strings.HasPrefix(p.Path, "/aws-service-role/")
}

// Detach ends an attachment.
func (e Editor) Detach(kind, name, policyARN string) error {
	if err := checkPolicyARN(policyARN); err != nil {
		return err
	}
	o, err := e.Owner(kind, name)
	if err != nil {
		return err
	}
	if err := o.modifiable(); err != nil {
		return err
	}
	key := state.Key(o.ID, policyARN)
	if !attachments.Has(e.snapshot(), key) {
		return policyNotFound(policyARN)
	}
	attachments.Delete(e.draft, e.aggregate, key)
	return nil
}

// withoutPolicies refuses the deletion of an owner that still has policies.
func (e Editor) withoutPolicies(ownerID string) error {
	for range attachments.Below(e.snapshot(), ownerID) {
		return deleteConflict("detach all policies")
	}
	for range inlinePolicies.Below(e.snapshot(), ownerID) {
		return deleteConflict("delete policies")
	}
	return nil
}

// boundary checks the policy that is to be a permissions boundary and gives its
// ARN, or "" where none is asked for.
func (e Editor) boundary(arn *string) (string, error) {
	if arn == nil {
		return "", nil
	}
	if err := checkPolicyARN(*arn); err != nil {
		return "", err
	}
	p, ok := e.ManagedPolicy(*arn)
	if !ok {
		return "", apierror.New(apierror.NoSuchEntity, "Scope ARN: %s does not exist or is not attachable.", *arn)
	}
	if p.ServiceLinkedOnly() {
		return "", apierror.New(apierror.PolicyNotAttachable, "Scope ARN: %s does not exist or is not attachable.", *arn)
	}
	return p.ARN, nil
}

func noBoundary(kind, name string) error {
	return apierror.New(apierror.NoSuchEntity, "%s %s does not have a permissions boundary.", kind, name)
}

// modifiable refuses what only its service may change.
func (o Owner) modifiable() error {
	if o.serviceLinked {
		return unmodifiable(o.Name)
	}
	return nil
}

func unmodifiable(roleName string) error {
	return apierror.New(apierror.UnmodifiableEntity, "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", roleName)
}

// ServiceLinked tells whether the owner is a service-linked role.
func (o Owner) ServiceLinked() bool { return o.serviceLinked }

// OwnerARN is the ARN of an owner of policies.
func (a Account) OwnerARN(o Owner) string { return a.arn(o.Type, o.Path, o.Name) }
