package identity

import (
	"iter"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/state"
)

// Group finds a group by name, ignoring case.
func (a Account) Group(name string) (*Group, error) {
	if g, ok := groups.Get(a.snapshot(), state.Fold(name)); ok {
		return g, nil
	}
	return nil, notFound("group", name)
}

// GroupByID finds a group by unique id.
func (a Account) GroupByID(id string) (*Group, bool) { return groupsByID.First(a.snapshot(), id) }

// Groups ranges over the groups whose path begins with a prefix, in order of
// names, from the one with key from on.
func (a Account) Groups(pathPrefix, from string) iter.Seq2[string, *Group] {
	return underPath(groups.From(a.snapshot(), from), pathPrefix, func(g *Group) string { return g.Path })
}

// GroupARN is a group's ARN.
func (a Account) GroupARN(g *Group) string { return a.arn("group", g.Path, g.Name) }

// GroupARNNamed is the ARN of the group with a name, or the one that it would
// have if it does not exist.
func (a Account) GroupARNNamed(name string) string {
	if g, err := a.Group(name); err == nil {
		return a.GroupARN(g)
	}
	return a.arn("group", "/", name)
}

// GroupsOf lists the groups that a user is in, in order of names.
func (a Account) GroupsOf(u *User) []*Group {
	var in []*Group
	for _, m := range memberships.Below(a.snapshot(), u.ID) {
		if g, ok := a.GroupByID(m.GroupID); ok {
			in = append(in, g)
		}
	}
	slices.SortFunc(in, func(x, y *Group) int { return strings.Compare(state.Fold(x.Name), state.Fold(y.Name)) })
	return in
}

// Members lists the users in a group, in order of names.
func (a Account) Members(g *Group) []*User {
	var members []*User
	for _, m := range membershipsByGroup.At(a.snapshot(), g.ID) {
		if u, ok := a.UserByID(m.UserID); ok {
			members = append(members, u)
		}
	}
	slices.SortFunc(members, func(x, y *User) int { return strings.Compare(state.Fold(x.Name), state.Fold(y.Name)) })
	return members
}

// CreateGroup makes a group.
func (e Editor) CreateGroup(name string, path *string) (*Group, error) {
	if err := checkPath(pathOr(path)); err != nil {
		return nil, err
	}
	if groups.Has(e.snapshot(), state.Fold(name)) {
		return nil, alreadyExists("Group", name)
	}
	if err := e.within(groups.Count(e.snapshot()), "GroupsQuota", "GroupsPerAccount"); err != nil {
		return nil, err
	}
	id, err := e.newID(credential.GroupID)
	if err != nil {
		return nil, err
	}
	g := &Group{Name: name, Path: pathOr(path), ID: id, CreateDate: e.Now}
	e.putGroup(g)
	return g, nil
}

func (e Editor) putGroup(g *Group) { groups.Put(e.draft, e.aggregate, state.Fold(g.Name), g) }

// UpdateGroup gives a group another name, another path, or both.
func (e Editor) UpdateGroup(name string, newName, newPath *string) error {
	g, err := e.Group(name)
	if err != nil {
		return err
	}
	next := *g
	if newPath != nil {
		if err := checkPath(*newPath); err != nil {
			return err
		}
		next.Path = *newPath
	}
	if newName != nil {
		if state.Fold(*newName) != state.Fold(name) && groups.Has(e.snapshot(), state.Fold(*newName)) {
			return alreadyExists("Group", *newName)
		}
		next.Name = *newName
	}
	groups.Delete(e.draft, e.aggregate, state.Fold(name))
	e.putGroup(&next)
	return nil
}

// DeleteGroup removes a group that has neither members nor policies.
func (e Editor) DeleteGroup(name string) error {
	g, err := e.Group(name)
	if err != nil {
		return err
	}
	for range membershipsByGroup.At(e.snapshot(), g.ID) {
		return deleteConflict("remove users from group")
	}
	if err := e.withoutPolicies(g.ID); err != nil {
		return err
	}
	groups.Delete(e.draft, e.aggregate, state.Fold(name))
	return nil
}

// AddUserToGroup makes a user a member of a group. That it is one already is no
// error.
func (e Editor) AddUserToGroup(groupName, userName string) error {
	g, u, err := e.groupAndUser(groupName, userName)
	if err != nil {
		return err
	}
	key := state.Key(u.ID, g.ID)
	if memberships.Has(e.snapshot(), key) {
		return nil
	}
	if err := e.within(len(e.GroupsOf(u)), "GroupsPerUserQuota", "GroupsPerUser"); err != nil {
		return err
	}
	memberships.Put(e.draft, e.aggregate, key, &Membership{UserID: u.ID, GroupID: g.ID})
	return nil
}

// RemoveUserFromGroup ends a membership. That there is none is no error.
func (e Editor) RemoveUserFromGroup(groupName, userName string) error {
	g, u, err := e.groupAndUser(groupName, userName)
	if err != nil {
		return err
	}
	memberships.Delete(e.draft, e.aggregate, state.Key(u.ID, g.ID))
	return nil
}

func (e Editor) groupAndUser(groupName, userName string) (*Group, *User, error) {
	g, err := e.Group(groupName)
	if err != nil {
		return nil, nil, err
	}
	u, err := e.User(userName)
	return g, u, err
}
