package identity

import (
	"iter"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/state"
)

// Role finds a role by name, ignoring case.
func (a Account) Role(name string) (*Role, error) {
	if r, ok := roles.Get(a.snapshot(), state.Fold(name)); ok {
		return r, nil
	}
	return nil, notFound("role", name)
}

// RoleByID finds a role by unique id.
func (a Account) RoleByID(id string) (*Role, bool) { return rolesByID.First(a.snapshot(), id) }

// Roles ranges over the roles whose path begins with a prefix, in order of
// names, from the one with key from on.
func (a Account) Roles(pathPrefix, from string) iter.Seq2[string, *Role] {
	return underPath(roles.From(a.snapshot(), from), pathPrefix, func(r *Role) string { return r.Path })
}

// RoleARN is a role's ARN.
func (a Account) RoleARN(r *Role) string { return a.arn("role", r.Path, r.Name) }

// HasARN tells whether a role has an ARN, which must be exact: unlike names, ARNs tell upper
// from lower case.
func (a Account) HasARN(r *Role, arn string) bool { return a.arnIs(arn, "role", r.Path, r.Name) }

// RoleARNNamed is the ARN of the role with a name, or the one that it would have
// if it does not exist.
func (a Account) RoleARNNamed(name string) string {
	if r, err := a.Role(name); err == nil {
		return a.RoleARN(r)
	}
	return a.arn("role", "/", name)
}

// maxSessionDuration is what a role's sessions last at most where nothing else
// was said, in seconds.
const maxSessionDuration = 3600

// NewRole is what a role is made of.
type NewRole struct {
	Name               string
	Path               *string
	Description        *string
	MaxSessionDuration *int32
	Trust              string
	BoundaryARN        *string
	Tags               []Tag
}

// CreateRole makes a role.
func (e Editor) CreateRole(in NewRole) (*Role, error) {
	path := pathOr(in.Path)
	if err := checkPath(path); err != nil {
		return nil, err
	}
	if reservedPath(path) {
		return nil, apierror.New(apierror.ValidationError, "The path %s is reserved for roles of AWS services.", path)
	}
	if err := checkTags(in.Tags, ignoringCase); err != nil {
		return nil, err
	}
	trust, err := e.trust(in.Trust)
	if err != nil {
		return nil, err
	}
	boundary, err := e.boundary(in.BoundaryARN)
	if err != nil {
		return nil, err
	}
	r := &Role{
		Name: in.Name, Path: path, Description: in.Description,
		MaxSessionDuration: maxSessionDuration, BoundaryARN: boundary, Tags: in.Tags,
	}
	if in.MaxSessionDuration != nil {
		r.MaxSessionDuration = int(*in.MaxSessionDuration)
	}
	return r, e.addRole(r, trust)
}

// reservedPath tells of the paths under which no account makes roles by itself:
// service-linked roles are made by CreateServiceLinkedRole, the others by
// Identity Center.
func reservedPath(path string) bool {
	return strings.HasPrefix(path, "/aws-service-role/") || strings.HasPrefix(path, "/aws-reserved/")
}

// addRole gives a new role its id and puts it with its trust policy.
func (e Editor) addRole(r *Role, trust *TrustPolicy) error {
	if roles.Has(e.snapshot(), state.Fold(r.Name)) {
		return alreadyExists("Role", r.Name)
	}
	if err := e.within(roles.Count(e.snapshot()), "RolesQuota", "RolesPerAccount"); err != nil {
		return err
	}
	id, err := e.newID(credential.RoleID)
	if err != nil {
		return err
	}
	r.ID, r.CreateDate = id, e.Now
	e.putRole(r)
	trustPolicies.Put(e.draft, e.aggregate, r.ID, trust)
	return nil
}

func (e Editor) putRole(r *Role) { roles.Put(e.draft, e.aggregate, state.Fold(r.Name), r) }

// ordinaryRole finds a role that the account may change: a service-linked role
// is its service's.
func (e Editor) ordinaryRole(name string) (*Role, error) {
	r, err := e.Role(name)
	if err != nil {
		return nil, err
	}
	if r.ServiceName != "" {
		return nil, unmodifiable(r.Name)
	}
	return r, nil
}

// editRole puts a changed copy of a role.
func (e Editor) editRole(name string, change func(*Role) error) (*Role, error) {
	r, err := e.ordinaryRole(name)
	if err != nil {
		return nil, err
	}
	next := *r
	if err := change(&next); err != nil {
		return nil, err
	}
	e.putRole(&next)
	return &next, nil
}

// UpdateRole changes a role's description, the longest duration of its sessions,
// or both. What is left out stays as it is: the sentence of the API reference
// that a duration which is not given becomes an hour is that of CreateRole, and
// AWS was seen not to do so.
func (e Editor) UpdateRole(name string, description *string, maxSession *int32) error {
	_, err := e.editDescribed(name, func(r *Role) error {
		if description != nil {
			r.Description = description
		}
		if maxSession != nil {
			r.MaxSessionDuration = int(*maxSession)
		}
		return nil
	})
	return err
}

// UpdateRoleDescription changes a role's description only.
func (e Editor) UpdateRoleDescription(name, description string) (*Role, error) {
	return e.editDescribed(name, func(r *Role) error {
		r.Description = &description
		return nil
	})
}

// editDescribed is editRole for what may be changed of a service-linked role
// too: its description (IAM User Guide, "Edit a service-linked role
// description").
func (e Editor) editDescribed(name string, change func(*Role) error) (*Role, error) {
	r, err := e.Role(name)
	if err != nil {
		return nil, err
	}
	next := *r
	if err := change(&next); err != nil {
		return nil, err
	}
	if r.ServiceName != "" && next.MaxSessionDuration != r.MaxSessionDuration {
		return nil, unmodifiable(r.Name)
	}
	e.putRole(&next)
	return &next, nil
}

// UpdateAssumeRolePolicy replaces a role's trust policy.
func (e Editor) UpdateAssumeRolePolicy(name, document string) error {
	r, err := e.ordinaryRole(name)
	if err != nil {
		return err
	}
	trust, err := e.trust(document)
	if err != nil {
		return err
	}
	trustPolicies.Put(e.draft, e.aggregate, r.ID, trust)
	return nil
}

// DeleteRole removes a role that nothing belongs to any more.
func (e Editor) DeleteRole(name string) error {
	r, err := e.ordinaryRole(name)
	if err != nil {
		return err
	}
	for range profilesByRole.At(e.snapshot(), r.ID) {
		return deleteConflict("remove roles from instance profile")
	}
	if err := e.withoutPolicies(r.ID); err != nil {
		return err
	}
	e.removeRole(r)
	return nil
}

func (e Editor) removeRole(r *Role) {
	trustPolicies.Delete(e.draft, e.aggregate, r.ID)
	roles.Delete(e.draft, e.aggregate, state.Fold(r.Name))
}

// TagRole puts tags on a role.
func (e Editor) TagRole(name string, tags []Tag) error {
	_, err := e.editRole(name, func(r *Role) (err error) {
		r.Tags, err = withTags(r.Tags, tags, ignoringCase)
		return err
	})
	return err
}

// UntagRole takes tags off a role.
func (e Editor) UntagRole(name string, keys []string) error {
	_, err := e.editRole(name, func(r *Role) error {
		r.Tags = withoutTags(r.Tags, keys, ignoringCase)
		return nil
	})
	return err
}

// PutRolePermissionsBoundary makes a managed policy a role's boundary.
func (e Editor) PutRolePermissionsBoundary(name, policyARN string) error {
	_, err := e.editRole(name, func(r *Role) (err error) {
		r.BoundaryARN, err = e.boundary(&policyARN)
		return err
	})
	return err
}

// DeleteRolePermissionsBoundary takes a role's boundary away.
func (e Editor) DeleteRolePermissionsBoundary(name string) error {
	_, err := e.editRole(name, func(r *Role) error {
		if r.BoundaryARN == "" {
			return noBoundary("Role", r.Name)
		}
		r.BoundaryARN = ""
		return nil
	})
	return err
}
