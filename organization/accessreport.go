package organization

import (
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// entityAt finds what is at a path such as "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/111122223333",
// which must be its whole path, and gives its id.
func (o Organization) entityAt(entityPath string) (id string, err error) {
	steps := strings.Split(strings.TrimSuffix(entityPath, "/"), "/")
	id = steps[len(steps)-1]
	if _, unit := o.Unit(id); len(steps) > 1 && steps[0] == o.id && (unit || id == o.Facts().RootID || o.isMember(id)) && slices.Equal(steps[1:], o.Path(id)) {
		return id, nil
	}
	return "", apierror.New(apierror.InvalidInput, "%s is not the path of a root, an organizational unit or an account of the organization.", entityPath)
}

func (o Organization) isMember(id string) bool {
	_, ok := o.Member(id)
	return ok
}

// AccessReport finds out which services the SCPs of something of the organization let
// its accounts use, and which accounts have tried to use them last. Policy limits it to
// what one SCP allows, if it is not empty; else what is looked at are the SCPs of each
// level from the root down to it (IAM User Guide, "Refine permissions in AWS using last
// accessed information").
//
// Accesses gives the last accesses of all users and roles of an account.
func (o Organization) AccessReport(library *identity.Library, entityPath, policy string, now time.Time, accesses func(account string) map[string][]identity.Access) ([]identity.AccessedService, error) {
	id, err := o.entityAt(entityPath)
	if err != nil {
		return nil, err
	}
	var levels [][]*eval.Policy
	switch {
	case policy != "":
		p, err := o.Policy(policy)
		if err != nil || p.Type != ServiceControl {
			return nil, apierror.New(apierror.NoSuchEntity, "There is no service control policy with the id %s.", policy)
		}
		levels = [][]*eval.Policy{{o.compiled(policy)}}
	case o.Enabled(ServiceControl):
		levels = o.levels(o.Path(id), ServiceControl)
	}
	used := map[string]map[string][]identity.Access{}
	for account, m := range o.Members("", now) {
		if path := o.Path(account); id == account || slices.Contains(path, id) {
			used[o.OrgPath(account)+m.Account] = accesses(account)
		}
	}
	return identity.AccessedByPaths(library, levels, used, now), nil
}
