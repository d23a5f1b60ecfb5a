package identity

import (
	"iter"

	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/state"
)

// User finds a user by name, ignoring case.
func (a Account) User(name string) (*User, error) {
	if u, ok := users.Get(a.snapshot(), state.Fold(name)); ok {
		return u, nil
	}
	return nil, notFound("user", name)
}

// UserByID finds a user by unique id.
func (a Account) UserByID(id string) (*User, bool) { return usersByID.First(a.snapshot(), id) }

// Users ranges over the users whose path begins with a prefix, in order of
// names, from the one with key from on.
func (a Account) Users(pathPrefix, from string) iter.Seq2[string, *User] {
	return underPath(users.From(a.snapshot(), from), pathPrefix, func(u *User) string { return u.Path })
}

// UserARN is a user's ARN.
func (a Account) UserARN(u *User) string { return a.arn("user", u.Path, u.Name) }

// UserARNNamed is the ARN of the user with a name, or the one that it would have
// if it does not exist.
func (a Account) UserARNNamed(name string) string {
	if u, err := a.User(name); err == nil {
		return a.UserARN(u)
	}
	return a.arn("user", "/", name)
}

// NewUser is what a user is made of.
type NewUser struct {
	Name        string
	Path        *string
	BoundaryARN *string
	Tags        []Tag
}

// CreateUser makes a user.
func (e Editor) CreateUser(in NewUser) (*User, error) {
	path := pathOr(in.Path)
	if err := checkPath(path); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags, ignoringCase); err != nil {
		return nil, err
	}
	if users.Has(e.snapshot(), state.Fold(in.Name)) {
		return nil, alreadyExists("User", in.Name)
	}
	if err := e.within(users.Count(e.snapshot()), "UsersQuota", "UsersPerAccount"); err != nil {
		return nil, err
	}
	boundary, err := e.boundary(in.BoundaryARN)
	if err != nil {
		return nil, err
	}
	id, err := e.newID(credential.UserID)
	if err != nil {
		return nil, err
	}
	u := &User{Name: in.Name, Path: path, ID: id, CreateDate: e.Now, BoundaryARN: boundary, Tags: in.Tags}
	e.putUser(u)
	return u, nil
}

func (e Editor) putUser(u *User) { users.Put(e.draft, e.aggregate, state.Fold(u.Name), u) }

// editUser puts a changed copy of a user.
func (e Editor) editUser(name string, change func(*User) error) error {
	u, err := e.User(name)
	if err != nil {
		return err
	}
	next := *u
	if err := change(&next); err != nil {
		return err
	}
	e.putUser(&next)
	return nil
}

// UpdateUser gives a user another name, another path, or both. Its unique id and
// all that belongs to it stay.
func (e Editor) UpdateUser(name string, newName, newPath *string) error {
	u, err := e.User(name)
	if err != nil {
		return err
	}
	next := *u
	if newPath != nil {
		if err := checkPath(*newPath); err != nil {
			return err
		}
		next.Path = *newPath
	}
	if newName != nil {
		if state.Fold(*newName) != state.Fold(name) && users.Has(e.snapshot(), state.Fold(*newName)) {
			return alreadyExists("User", *newName)
		}
		next.Name = *newName
	}
	users.Delete(e.draft, e.aggregate, state.Fold(name))
	e.putUser(&next)
	return nil
}

// DeleteUser removes a user that nothing belongs to any more.
func (e Editor) DeleteUser(name string) error {
	u, err := e.User(name)
	if err != nil {
		return err
	}
	if err := e.unreferencedUser(u); err != nil {
		return err
	}
	users.Delete(e.draft, e.aggregate, state.Fold(name))
	return nil
}

// unreferencedUser refuses where something belongs to a user. The order is the
// one in which AWS names what is in the way.
func (e Editor) unreferencedUser(u *User) error {
	s := e.snapshot()
	if loginProfiles.Has(s, u.ID) {
		return deleteConflict("delete login profile")
	}
	for range memberships.Below(s, u.ID) {
		return deleteConflict("remove users from group")
	}
	if err := e.withoutPolicies(u.ID); err != nil {
		return err
	}
	for range accessKeysByUser.At(s, u.ID) {
		return deleteConflict("delete access keys")
	}
	for range mfaDevicesByOwner.At(s, u.ID) {
		return deleteConflict("delete MFA device")
	}
	return e.withoutCredentials(u.ID)
}

// TagUser puts tags on a user.
func (e Editor) TagUser(name string, tags []Tag) error {
	return e.editUser(name, func(u *User) (err error) {
		u.Tags, err = withTags(u.Tags, tags, ignoringCase)
		return err
	})
}

// UntagUser takes tags off a user.
func (e Editor) UntagUser(name string, keys []string) error {
	return e.editUser(name, func(u *User) error {
		u.Tags = withoutTags(u.Tags, keys, ignoringCase)
		return nil
	})
}

// PutUserPermissionsBoundary makes a managed policy a user's boundary.
func (e Editor) PutUserPermissionsBoundary(name, policyARN string) error {
	return e.editUser(name, func(u *User) (err error) {
		u.BoundaryARN, err = e.boundary(&policyARN)
		return err
	})
}

// DeleteUserPermissionsBoundary takes a user's boundary away.
func (e Editor) DeleteUserPermissionsBoundary(name string) error {
	return e.editUser(name, func(u *User) error {
		if u.BoundaryARN == "" {
			return noBoundary("User", u.Name)
		}
		u.BoundaryARN = ""
		return nil
	})
}
