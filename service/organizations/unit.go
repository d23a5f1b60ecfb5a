package organizations

import (
	"iter"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

func unitOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.CreateOrganizationalUnit, createUnitTargets, createUnit, changesOrganization),
		service.WriteElsewhere(orgapi.UpdateOrganizationalUnit, onUnit("UpdateOrganizationalUnit", func(in *orgapi.UpdateOrganizationalUnitInput) string { return in.OrganizationalUnitId }), updateUnit, changesOrganization),
		service.WriteElsewhere(orgapi.DeleteOrganizationalUnit, onUnit("DeleteOrganizationalUnit", func(in *orgapi.DeleteOrganizationalUnitInput) string { return in.OrganizationalUnitId }), deleteUnit, changesMembers),
		service.Read(orgapi.DescribeOrganizationalUnit, onUnit("DescribeOrganizationalUnit", func(in *orgapi.DescribeOrganizationalUnitInput) string { return in.OrganizationalUnitId }), describeUnit),
		service.Read(orgapi.ListOrganizationalUnitsForParent, onUnit("ListOrganizationalUnitsForParent", func(in *orgapi.ListOrganizationalUnitsForParentInput) string { return in.ParentId }), listUnits),
		service.Read(orgapi.ListChildren, onUnit("ListChildren", func(in *orgapi.ListChildrenInput) string { return in.ParentId }), listChildren),
		service.Read(orgapi.ListParents, onUnit("ListParents", func(in *orgapi.ListParentsInput) string { return in.ChildId }), listParents),
	}
}

// onUnit is for operations on a root, a unit or an account that the input names.
func onUnit[In any](action string, id func(*In) string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) { return onParent(c, action, id(in)), nil }
}

func createUnitTargets(c *service.Call, in *orgapi.CreateOrganizationalUnitInput) ([]authz.Target, error) {
	return creation(c, onParent(c, "CreateOrganizationalUnit", in.ParentId), arns(c).Unit("*"), tagsOf(in.Tags)), nil
}

func createUnit(c *service.Call, in *orgapi.CreateOrganizationalUnitInput) (*orgapi.CreateOrganizationalUnitOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	u, err := e.CreateUnit(in.ParentId, in.Name, tagsOf(in.Tags))
	if err != nil {
		return nil, err
	}
	return &orgapi.CreateOrganizationalUnitOutput{OrganizationalUnit: newUnit(c, e.Organization, u)}, nil
}

func updateUnit(c *service.Call, in *orgapi.UpdateOrganizationalUnitInput) (*orgapi.UpdateOrganizationalUnitOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	u, err := e.DescribeUnit(in.OrganizationalUnitId)
	if err == nil && in.Name != nil {
		u, err = e.RenameUnit(u.ID, *in.Name)
	}
	if err != nil {
		return nil, err
	}
	return &orgapi.UpdateOrganizationalUnitOutput{OrganizationalUnit: newUnit(c, e.Organization, u)}, nil
}

func deleteUnit(c *service.Call, in *orgapi.DeleteOrganizationalUnitInput) (*orgapi.DeleteOrganizationalUnitOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.DeleteOrganizationalUnitOutput{}, e.DeleteUnit(in.OrganizationalUnitId)
}

func describeUnit(c *service.Call, in *orgapi.DescribeOrganizationalUnitInput) (*orgapi.DescribeOrganizationalUnitOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	u, err := o.DescribeUnit(in.OrganizationalUnitId)
	if err != nil {
		return nil, err
	}
	return &orgapi.DescribeOrganizationalUnitOutput{OrganizationalUnit: newUnit(c, o, u)}, nil
}

func listUnits(c *service.Call, in *orgapi.ListOrganizationalUnitsForParentInput) (*orgapi.ListOrganizationalUnitsForParentOutput, error) {
	o, err := currentParent(c, in.ParentId)
	if err != nil {
		return nil, err
	}
	units, next, err := pageBy(c, "units of "+in.ParentId, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.OrganizationalUnit] {
		return shaped(o.UnitsOf(in.ParentId, from), func(u *organization.Unit) orgapi.OrganizationalUnit { return *newUnit(c, o, u) })
	})
	return &orgapi.ListOrganizationalUnitsForParentOutput{OrganizationalUnits: units, NextToken: next}, err
}

// currentParent is [current] where the input names a root or a unit.
func currentParent(c *service.Call, parent string) (organization.Organization, error) {
	o, err := current(c)
	if err == nil {
		err = o.CheckParent(parent)
	}
	return o, err
}

const (
	accountChild = "ACCOUNT"
	unitChild    = "ORGANIZATIONAL_UNIT"
	rootParent   = "ROOT"
)

func listChildren(c *service.Call, in *orgapi.ListChildrenInput) (*orgapi.ListChildrenOutput, error) {
	o, err := currentParent(c, in.ParentId)
	if err != nil {
		return nil, err
	}
	children, next, err := pageBy(c, "children "+in.ChildType+" of "+in.ParentId, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.Child] {
		if in.ChildType == accountChild {
			return shaped(o.MembersOf(in.ParentId, from, c.Now), func(m *organization.Member) orgapi.Child {
				return orgapi.Child{Id: &m.Account, Type: new(accountChild)}
			})
		}
		return shaped(o.UnitsOf(in.ParentId, from), func(u *organization.Unit) orgapi.Child {
			return orgapi.Child{Id: &u.ID, Type: new(unitChild)}
		})
	})
	return &orgapi.ListChildrenOutput{Children: children, NextToken: next}, err
}

func listParents(c *service.Call, in *orgapi.ListParentsInput) (*orgapi.ListParentsOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	id, err := o.Parent(in.ChildId, c.Now)
	if err != nil {
		return nil, err
	}
	parent := orgapi.Parent{Id: &id, Type: new(unitChild)}
	if id == o.Facts().RootID {
		parent.Type = new(rootParent)
	}
	parents, next, err := pageBy(c, "parents of "+in.ChildId, in.NextToken, in.MaxResults, one(id, parent))
	return &orgapi.ListParentsOutput{Parents: parents, NextToken: next}, err
}

// one is a list of one item.
func one[V any](key string, v V) func(string) iter.Seq2[string, V] {
	return func(from string) iter.Seq2[string, V] {
		return func(yield func(string, V) bool) {
			if key >= from {
				yield(key, v)
			}
		}
	}
}

// shaped gives the items of a list their shape, each when it is needed.
func shaped[V, Shape any](all iter.Seq2[string, V], shape func(V) Shape) iter.Seq2[string, Shape] {
	return func(yield func(string, Shape) bool) {
		for key, v := range all {
			if !yield(key, shape(v)) {
				return
			}
		}
	}
}
