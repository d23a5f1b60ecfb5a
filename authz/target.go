package authz

import (
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// Target is one thing that a caller must be allowed to do for an operation to
// go on: an action on a resource, with the condition keys that belong to it. An
// operation has one or more targets, all of which must be allowed.
type Target struct {
	Action   string // "iam:CreateUser", in AWS's spelling
	Resource string // an ARN, or "*" where the action has no resource
	// Account is the account that the resource belongs to.
	Account string
	Keys    []Key

	// Role says that the resource is a role that is to be assumed, which needs an
	// explicit allow in its trust policy. Trust is that policy; it is nil where
	// there is no such role, and then nobody may.
	Role  bool
	Trust *eval.Policy

	// Granted are the resource-based policies of the resource, where it has any that
	// count for this caller: those of an organization, for its members.
	Granted []*eval.Policy

	// MFA says that the request came with a code of the caller's MFA device, which
	// was found right: it counts for this decision as if the caller's session had
	// just begun with it.
	MFA bool
}

// Key is a condition key with its values.
type Key struct {
	Name   string
	Values []string
	// Multivalued keys may have any number of values, also none.
	Multivalued bool
}

// With is the target with more condition keys.
func (t Target) With(keys ...Key) Target {
	t.Keys = append(t.Keys[:len(t.Keys):len(t.Keys)], keys...)
	return t
}

// Value is a condition key with one value.
func Value(name, value string) Key { return Key{Name: name, Values: []string{value}} }

// Values is a multivalued condition key.
func Values(name string, values []string) Key {
	return Key{Name: name, Values: values, Multivalued: true}
}

// RequestTags are the keys of tags that are passed in a request: aws:RequestTag
// for each, and aws:TagKeys, which is absent where no tag is passed.
func RequestTags(tags []identity.Tag) []Key {
	if len(tags) == 0 {
		return nil
	}
	keys := make([]Key, 0, len(tags)+1)
	names := make([]string, len(tags))
	for i, t := range tags {
		keys = append(keys, Value("aws:RequestTag/"+t.Key, t.Value))
		names[i] = t.Key
	}
	return append(keys, Values("aws:TagKeys", names))
}

// TagKeys is the key of tag keys that are passed alone, to take tags off.
func TagKeys(names []string) []Key {
	if len(names) == 0 {
		return nil
	}
	return []Key{Values("aws:TagKeys", names)}
}

// ResourceTags are the keys of the tags that a resource has. Users and roles have
// them under iam:ResourceTag too.
func ResourceTags(tags []identity.Tag, alsoIAM bool) []Key {
	var keys []Key
	for _, t := range tags {
		keys = append(keys, Value("aws:ResourceTag/"+t.Key, t.Value))
		if alsoIAM {
			keys = append(keys, Value("iam:ResourceTag/"+t.Key, t.Value))
		}
	}
	return keys
}
