package iam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// sortedTags are tags in order of their keys.
func sortedTags(tags []identity.Tag) []identity.Tag {
	sorted := slices.Clone(tags)
	slices.SortFunc(sorted, func(x, y identity.Tag) int { return strings.Compare(tagOrder(x), tagOrder(y)) })
	return sorted
}

func tagOrder(t identity.Tag) string { return state.Fold(t.Key) + "\x00" + t.Key }

// ownerKey orders owners of policies by type and name.
func ownerKey(o identity.Owner) string { return o.Type + "/" + state.Fold(o.Name) }

// wantedOwners keeps owners of a type and under a path, each once and in order.
func wantedOwners(owners []identity.Owner, kind, pathPrefix string) []identity.Owner {
	wanted := slices.DeleteFunc(owners, func(o identity.Owner) bool {
		return kind != "" && o.Type != kind || !strings.HasPrefix(o.Path, pathPrefix)
	})
	slices.SortFunc(wanted, func(x, y identity.Owner) int { return strings.Compare(ownerKey(x), ownerKey(y)) })
	return slices.CompactFunc(wanted, func(x, y identity.Owner) bool { return x.ID == y.ID })
}

// numberedVersion is a version of a policy with the key of its place in a list
// in which the newest comes first.
type numberedVersion struct {
	identity.Version
	key string
}

func numbered(versions []identity.Version) []numberedVersion {
	list := make([]numberedVersion, len(versions))
	for i, v := range versions {
		var n int
		fmt.Sscanf(v.ID, "v%d", &n)
		list[i] = numberedVersion{v, fmt.Sprintf("%010d", 9999999999-n)}
	}
	return list
}
