package identity

import (
	"iter"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/state"
)

// InstanceProfile finds an instance profile by name, ignoring case.
func (a Account) InstanceProfile(name string) (*InstanceProfile, error) {
	if p, ok := instanceProfiles.Get(a.snapshot(), state.Fold(name)); ok {
		return p, nil
	}
	return nil, apierror.New(apierror.NoSuchEntity, "Instance Profile %s cannot be found.", name)
}

// InstanceProfiles ranges over the instance profiles whose path begins with a
// prefix, in order of names, from the one with key from on.
func (a Account) InstanceProfiles(pathPrefix, from string) iter.Seq2[string, *InstanceProfile] {
	return underPath(instanceProfiles.From(a.snapshot(), from), pathPrefix, func(p *InstanceProfile) string { return p.Path })
}

// InstanceProfilesOf lists the instance profiles that have a role, in order of
// names.
func (a Account) InstanceProfilesOf(r *Role) []*InstanceProfile {
	var list []*InstanceProfile
	for _, p := range profilesByRole.At(a.snapshot(), r.ID) {
		list = append(list, p)
	}
	slices.SortFunc(list, func(x, y *InstanceProfile) int { return strings.Compare(state.Fold(x.Name), state.Fold(y.Name)) })
	return list
}

// InstanceProfileARN is an instance profile's ARN.
func (a Account) InstanceProfileARN(p *InstanceProfile) string {
	return a.arn("instance-profile", p.Path, p.Name)
}

// InstanceProfileARNNamed is the ARN of the instance profile with a name, or the
// one that it would have if it does not exist.
func (a Account) InstanceProfileARNNamed(name string) string {
	if p, err := a.InstanceProfile(name); err == nil {
		return a.InstanceProfileARN(p)
	}
	return a.arn("instance-profile", "/", name)
}

// CreateInstanceProfile makes an instance profile without a role.
func (e Editor) CreateInstanceProfile(name string, path *string, tags []Tag) (*InstanceProfile, error) {
	if err := checkPath(pathOr(path)); err != nil {
		return nil, err
	}
	if err := checkTags(tags, asWritten); err != nil {
		return nil, err
	}
	if instanceProfiles.Has(e.snapshot(), state.Fold(name)) {
		return nil, apierror.New(apierror.EntityAlreadyExists, "Instance Profile %s already exists.", name)
	}
	if err := e.within(instanceProfiles.Count(e.snapshot()), "InstanceProfilesQuota", "InstanceProfilesPerAccount"); err != nil {
		return nil, err
	}
	id, err := e.newID(credential.InstanceProfileID)
	if err != nil {
		return nil, err
	}
	p := &InstanceProfile{Name: name, Path: pathOr(path), ID: id, CreateDate: e.Now, Tags: tags}
	e.putInstanceProfile(p)
	return p, nil
}

func (e Editor) putInstanceProfile(p *InstanceProfile) {
	instanceProfiles.Put(e.draft, e.aggregate, state.Fold(p.Name), p)
}

func (e Editor) editInstanceProfile(name string, change func(*InstanceProfile) error) error {
	p, err := e.InstanceProfile(name)
	if err != nil {
		return err
	}
	next := *p
	if err := change(&next); err != nil {
		return err
	}
	e.putInstanceProfile(&next)
	return nil
}

// DeleteInstanceProfile removes an instance profile that has no role.
func (e Editor) DeleteInstanceProfile(name string) error {
	p, err := e.InstanceProfile(name)
	if err != nil {
		return err
	}
	if p.RoleID != "" {
		return deleteConflict("remove roles from instance profile")
	}
	instanceProfiles.Delete(e.draft, e.aggregate, state.Fold(name))
	return nil
}

// AddRoleToInstanceProfile puts a role into an instance profile, which holds one
// at most; AWS does not let that quota be raised.
func (e Editor) AddRoleToInstanceProfile(profile, roleName string) error {
	r, err := e.Role(roleName)
	if err != nil {
		return err
	}
	return e.editInstanceProfile(profile, func(p *InstanceProfile) error {
		if p.RoleID != "" {
			return apierror.New(apierror.LimitExceeded, "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
		}
		if r.ServiceName != "" {
			return unmodifiable(r.Name)
		}
		p.RoleID = r.ID
		return nil
	})
}

// RemoveRoleFromInstanceProfile takes a role out of an instance profile.
func (e Editor) RemoveRoleFromInstanceProfile(profile, roleName string) error {
	r, err := e.Role(roleName)
	if err != nil {
		return err
	}
	return e.editInstanceProfile(profile, func(p *InstanceProfile) error {
		if p.RoleID != r.ID {
			return apierror.New(apierror.NoSuchEntity, "Role %s in Instance Profile %s cannot be found.", r.Name, p.Name)
		}
		p.RoleID = ""
		return nil
	})
}

// TagInstanceProfile puts tags on an instance profile.
func (e Editor) TagInstanceProfile(name string, tags []Tag) error {
	return e.editInstanceProfile(name, func(p *InstanceProfile) (err error) {
		p.Tags, err = withTags(p.Tags, tags, asWritten)
		return err
	})
}

// UntagInstanceProfile takes tags off an instance profile.
func (e Editor) UntagInstanceProfile(name string, keys []string) error {
	return e.editInstanceProfile(name, func(p *InstanceProfile) error {
		p.Tags = withoutTags(p.Tags, keys, asWritten)
		return nil
	})
}
