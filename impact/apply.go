package impact

import (
	"cmp"
	"slices"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/state"
)

// inAccount makes the change in an account.
func (c Change) inAccount(d *state.Draft, account string, env Env) error {
	e := identity.Edit(d, env.Site, account, identity.Env{
		Now: env.Now, Random: env.Random, Quotas: func(name string) int { return env.Quotas(account, name) },
	})
	if c.Type == Put && c.managed(e.Account) {
		return newVersion(e, c.For, c.Document)
	}
	if c.Type == Detach && c.For == "" {
		return detachAll(e, c.Policy)
	}
	o, err := e.OwnerByARN(c.For)
	if err != nil {
		return err
	}
	switch c.Type {
	case Put:
		return e.PutInline(o.Type, o.Name, cmp.Or(c.Name, "proposed"), c.Document)
	case Attach:
		return e.Attach(o.Type, o.Name, c.Policy)
	case Detach:
		return e.Detach(o.Type, o.Name, c.Policy)
	}
	return c.bound(e, o)
}

// managed tells whether the change is for a managed policy.
func (c Change) managed(a identity.Account) bool {
	_, ok := a.ManagedPolicy(c.For)
	return ok
}

// newVersion makes a document the default version of a managed policy. The oldest
// version makes room for it, if there is none.
func newVersion(e identity.Editor, arn, document string) error {
	_, err := e.CreatePolicyVersion(arn, document, true)
	if apierror.Of(err) == nil || apierror.Of(err).Code != apierror.LimitExceeded {
		return err
	}
	p, err := e.ReadPolicy(arn)
	if err != nil {
		return err
	}
	for _, v := range slices.Backward(e.Versions(p)) {
		if !v.Default {
			if err := e.DeletePolicyVersion(arn, v.ID); err != nil {
				return err
			}
			break
		}
	}
	_, err = e.CreatePolicyVersion(arn, document, true)
	return err
}

// detachAll detaches a managed policy from everything.
func detachAll(e identity.Editor, policy string) error {
	if _, err := e.ReadPolicy(policy); err != nil {
		return err
	}
	owners := e.AttachedTo(policy)
	if len(owners) == 0 {
		return apierror.New(apierror.NoSuchEntity, "Policy %s is attached to nothing.", policy)
	}
	for _, o := range owners {
		if err := e.Detach(o.Type, o.Name, policy); err != nil {
			return err
		}
	}
	return nil
}

// bound gives a user or role a permissions boundary.
func (c Change) bound(e identity.Editor, o identity.Owner) error {
	policy := c.Policy
	if policy == "" {
		made, err := e.CreatePolicy(identity.NewPolicy{Name: proposed, Document: c.Document})
		if err != nil {
			return err
		}
		policy = made.ARN
	}
	switch o.Type {
	case "user":
		return e.PutUserPermissionsBoundary(o.Name, policy)
	case "role":
		return e.PutRolePermissionsBoundary(o.Name, policy)
	}
	return invalid("A group has no permissions boundary.")
}

// controlTypes are the organization's policies that decide.
var controlTypes = map[Type]string{SCP: organization.ServiceControl, RCP: organization.ResourceControl}

// inOrganization makes the change in an organization.
func (c Change) inOrganization(d *state.Draft, id string, env Env) error {
	management := organization.In(d, id).Facts().Management
	e := organization.Edit(d, env.Site, id, organization.Env{
		Now: env.Now, Random: env.Random, Quotas: func(name string) int { return env.Quotas(management, name) },
	})
	switch c.Type {
	case SCP, RCP:
		p, err := e.CreatePolicy(organization.NewPolicy{Name: proposed, Type: controlTypes[c.Type], Content: c.Document})
		if err != nil {
			return err
		}
		return e.AttachPolicy(p.ID, c.Target)
	case Put:
		_, err := e.UpdatePolicy(controlID(c.For), organization.PolicyChange{Content: &c.Document})
		return err
	case Attach:
		return e.AttachPolicy(controlID(c.Policy), c.Target)
	case Detach:
		return detachControl(e, controlID(c.Policy), c.Target)
	}
	return invalid("An organization's policy is no permissions boundary.")
}

func detachControl(e organization.Editor, policy, target string) error {
	if target != "" {
		return e.DetachPolicy(policy, target)
	}
	targets, err := e.PolicyTargets(policy)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		return apierror.New(apierror.NoSuchEntity, "Policy %s is attached to nothing.", policy)
	}
	for _, target := range targets {
		if err := e.DetachPolicy(policy, target); err != nil {
			return err
		}
	}
	return nil
}
