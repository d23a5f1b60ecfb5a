package organization

import (
	"iter"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/identity"
)

// RootName is the name of every organization's root.
const RootName = "Root"

// deepest is how many units may stand one below the other (AWS Organizations User
// Guide, "Quotas and service limits").
const deepest = 5

// unitOrNot finds a unit, or is AWS's answer that there is none.
func (o Organization) unitOrNot(id string) (*Unit, error) {
	if u, ok := o.Unit(id); ok {
		return u, nil
	}
	return nil, apierror.New(UnitNotFound, "You specified an organizational unit that doesn't exist.")
}

// DescribeUnit finds a unit.
func (o Organization) DescribeUnit(id string) (*Unit, error) { return o.unitOrNot(id) }

// isParent tells whether an id is that of the root or of a unit.
func (o Organization) isParent(id string) bool {
	_, ok := o.Unit(id)
	return ok || id == o.Facts().RootID
}

// CheckParent refuses the id of a root or a unit that there is not.
func (o Organization) CheckParent(id string) error {
	if !o.isParent(id) {
		return apierror.New(ParentNotFound, "You specified parent that doesn't exist.")
	}
	return nil
}

// UnitsOf ranges over the units right under a root or a unit, in order of their ids,
// from the one with an id on.
func (o Organization) UnitsOf(parent, from string) iter.Seq2[string, *Unit] {
	return unitsByParent.AtFrom(o.snapshot(), parent, from)
}

// Parent is the id of the root or the unit that an account or a unit is right under.
func (o Organization) Parent(child string, now time.Time) (string, error) {
	if u, ok := o.Unit(child); ok {
		return u.Parent, nil
	}
	if m, err := o.MemberAt(child, now); err == nil {
		return m.Parent, nil
	}
	return "", apierror.New(ChildNotFound, "You specified a child that doesn't exist.")
}

// UnitPath is where a unit is: "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/".
func (o Organization) UnitPath(id string) string {
	text := o.id + "/"
	for _, step := range o.Path(id) {
		text += step + "/"
	}
	return text
}

// CreateUnit makes a unit under a root or another unit.
func (e Editor) CreateUnit(parent, name string, list []identity.Tag) (*Unit, error) {
	if err := e.CheckParent(parent); err != nil {
		return nil, err
	}
	if err := e.unitNameFree(parent, name, ""); err != nil {
		return nil, err
	}
	if len(e.Path(parent)) > deepest { // the root is one of them
		return nil, violation("OU_DEPTH_LIMIT_EXCEEDED", "You attempted to create an OU tree that is too many levels deep.")
	}
	if units.Count(e.snapshot()) >= e.Quotas(unitsQuota) {
		return nil, violation("OU_NUMBER_LIMIT_EXCEEDED", "You attempted to exceed the number of OUs that you can have in an organization.")
	}
	id, err := e.newID("ou-"+e.Facts().RootID[len("r-"):]+"-", unitLetters)
	if err != nil {
		return nil, err
	}
	u := &Unit{ID: id, Name: name, Parent: parent, CreateDate: e.Now}
	units.Put(e.draft, e.aggregate(), id, u)
	e.attachDefaults(id)
	return u, e.tagNew(id, list)
}

// unitNameFree refuses a name that another unit right under a parent has.
func (e Editor) unitNameFree(parent, name, own string) error {
	for id, u := range unitsByParent.At(e.snapshot(), parent) {
		if u.Name == name && id != own {
			return apierror.New(DuplicateUnit, "An OU with the same name already exists.")
		}
	}
	return nil
}

// RenameUnit gives a unit another name.
func (e Editor) RenameUnit(id, name string) (*Unit, error) {
	u, err := e.unitOrNot(id)
	if err != nil {
		return nil, err
	}
	if err := e.unitNameFree(u.Parent, name, id); err != nil {
		return nil, err
	}
	next := *u
	next.Name = name
	units.Put(e.draft, e.aggregate(), id, &next)
	return &next, nil
}

// DeleteUnit takes away a unit in which nothing is.
func (e Editor) DeleteUnit(id string) error {
	e.purge()
	if _, err := e.unitOrNot(id); err != nil {
		return err
	}
	if unitsByParent.CountAt(e.snapshot(), id)+membersByParent.CountAt(e.snapshot(), id) > 0 {
		return apierror.New(UnitNotEmpty, "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and try the operation again.")
	}
	e.forget(id)
	units.Delete(e.draft, e.aggregate(), id)
	return nil
}

// since leaves out what comes before a key.
func since[V any](from string, all iter.Seq2[string, V]) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for key, v := range all {
			if key >= from && !yield(key, v) {
				return
			}
		}
	}
}

// keys are the keys of a range, which is not to be changed while it is walked.
func keys[V any](all iter.Seq2[string, V]) []string {
	var list []string
	for key := range all {
		list = append(list, key)
	}
	return list
}
