package impact

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/state"
)

// Type is what a change does.
type Type string

// The types of changes.
const (
	// Put makes Document the inline policy Name of the user, group or role For; or
	// the default version of the managed policy For; or the content of the
	// organization's policy For, named by its id or ARN.
	Put Type = "put"
	// Attach attaches the managed policy Policy to For, or the organization's policy
	// Policy to Target.
	Attach Type = "attach"
	// Detach undoes it. Without For or Target a policy is detached from everything.
	Detach Type = "detach"
	// Boundary makes Document, or else Policy, the permissions boundary of the user
	// or role For.
	Boundary Type = "boundary"
	// SCP and RCP attach a new policy with Document to Target: a root, an
	// organizational unit or an account.
	SCP Type = "scp"
	RCP Type = "rcp"
)

// Change is a proposed change of policies. Which fields count depends on its type.
type Change struct {
	Type     Type
	Document string // of a policy
	Policy   string // ARN of a managed policy, or id or ARN of an organization's policy
	For      string // ARN of who or what is changed
	Name     string // of an inline policy; "proposed" if empty
	Target   string // id of a root, an organizational unit or an account
}

// Env is what the rules that make a change depend on.
type Env struct {
	Site   identity.Site
	Now    time.Time
	Random io.Reader
	Quotas func(account, name string) int
}

// proposed is the name of what a change makes and has no name.
const proposed = "keyreeve-impact-proposed"

// After is what source gives, with a change, which nobody else sees; and which accounts
// it may concern. The change is made by the rules that would make it, with their errors.
func (c Change) After(source state.Source, env Env) (after state.Source, concerns func(account string) bool, err error) {
	view := state.NewView(source)
	id, err := c.aggregate(view)
	if err != nil {
		return nil, nil, err
	}
	apart := view.Snapshot(id).Apart()
	d := state.NewDraft(func(other state.AggregateID) (*state.Snapshot, error) {
		if other == id {
			return apart, nil
		}
		return source(other)
	}).Within(id)
	if id.Type() == state.OrganizationAggregate {
		err = c.inOrganization(d, id.Name(), env)
	} else {
		err = c.inAccount(d, id.Name(), env)
	}
	if err = firstError(view.Err(), d.Err(), err); err != nil {
		return nil, nil, err
	}
	next := apart
	for _, w := range d.Commit().Writes {
		next = w.Next
	}
	after = func(other state.AggregateID) (*state.Snapshot, error) {
		if other == id {
			return next, nil
		}
		return source(other)
	}
	return after, concerned(view, id), nil
}

// concerned tells which accounts a change of an aggregate may concern: an account's own
// callers, or all members of an organization and whoever has to do with their resources.
func concerned(w state.World, id state.AggregateID) func(account string) bool {
	if id.Type() == state.AccountAggregate {
		return func(account string) bool { return account == id.Name() }
	}
	return func(string) bool { return true }
}

func firstError(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// invalid is a change that says too little, or does not fit together.
func invalid(format string, args ...any) error {
	return apierror.New(apierror.ValidationError, format, args...)
}

// aggregate is what the change changes.
func (c Change) aggregate(w state.World) (state.AggregateID, error) {
	switch c.Type {
	case Put, Attach, Detach, Boundary:
	case SCP, RCP:
		return organizationWith(w, c.Target, func(o organization.Organization) bool { return o.Path(c.Target) != nil })
	default:
		return state.AggregateID{}, invalid("There is no type of changes %q.", c.Type)
	}
	name := c.For
	if c.Type == Attach || c.Type == Detach {
		name = c.Policy
	}
	if id := controlID(name); id != "" {
		return organizationWith(w, name, func(o organization.Organization) bool { return c.holds(o, id) })
	}
	if name = c.For; name == "" {
		name = c.Policy
	}
	parsed, err := arn.Parse(name)
	if err != nil || parsed.Service != "iam" {
		return state.AggregateID{}, invalid("%q is no ARN of a user, group, role or policy.", name)
	}
	if _, ok := deployment.In(w).Account(parsed.Account); !ok {
		return state.AggregateID{}, apierror.New(apierror.NoSuchEntity, "There is no account %s.", parsed.Account)
	}
	return state.Account(parsed.Account), nil
}

// holds tells whether an organization has a policy and, if one is named, the target: a
// policy of AWS is in all of them.
func (c Change) holds(o organization.Organization, policyID string) bool {
	_, err := o.Policy(policyID)
	return err == nil && (c.Target == "" || o.Path(c.Target) != nil)
}

// controlID is the id of an organization's policy that is named by id or ARN.
func controlID(name string) string {
	id := name
	if strings.Contains(name, ":organizations:") {
		id = name[strings.LastIndexByte(name, '/')+1:]
	}
	if strings.HasPrefix(id, "p-") {
		return id
	}
	return ""
}

// organizationWith is the one organization that has something.
func organizationWith(w state.World, what string, has func(organization.Organization) bool) (state.AggregateID, error) {
	d := deployment.In(w)
	var found []string
	for a := range d.Accounts() {
		id := d.OrganizationOf(a.ID)
		if id != "" && !slices.Contains(found, id) && has(organization.In(w, id)) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 0:
		return state.AggregateID{}, apierror.New(apierror.NoSuchEntity, "No organization has a %s.", what)
	case 1:
		return state.Organization(found[0]), nil
	}
	return state.AggregateID{}, invalid("Several organizations have a %s: name a target.", what)
}
