package organization

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/identity"
)

// maxTags is how many tags a resource may have.
const maxTags = 50

// taggable refuses what cannot have tags: what is not there, and AWS's own policies.
func (o Organization) taggable(id string) error {
	switch {
	case Managed(id):
		return invalid("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified.")
	case strings.HasPrefix(id, "p-") && policies.Has(o.snapshot(), id):
		return nil
	case o.isTarget(id):
		return nil
	}
	if p, ok := resourcePolicies.Get(o.snapshot(), ""); ok && p.ID == id {
		return nil
	}
	return targetNotFound()
}

// ListTags lists the tags of a resource.
func (o Organization) ListTags(id string) ([]identity.Tag, error) {
	if Managed(id) {
		return nil, nil
	}
	if err := o.taggable(id); err != nil {
		return nil, err
	}
	return o.Tags(id), nil
}

// Tag puts tags on a resource; one whose key is there already takes its place. Keys
// are told apart by the case of their letters.
func (e Editor) Tag(id string, added []identity.Tag) error {
	if err := e.taggable(id); err != nil {
		return err
	}
	if err := e.checkNewTags(added); err != nil {
		return err
	}
	list := slices.Clone(e.Tags(id))
	for _, t := range added {
		i := slices.IndexFunc(list, func(o identity.Tag) bool { return o.Key == t.Key })
		if i < 0 {
			list = append(list, t)
		} else {
			list[i] = t
		}
	}
	if len(list) > maxTags {
		return violation("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource.")
	}
	tags.Put(e.draft, e.aggregate(), id, &Tags{Tags: list})
	return nil
}

// Untag takes the tags with some keys off a resource; keys that are not there are no
// error.
func (e Editor) Untag(id string, keys []string) error {
	if err := e.taggable(id); err != nil {
		return err
	}
	for _, key := range keys {
		if identity.ReservedTag(identity.Tag{Key: key}) {
			return invalid("INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys because they're reserved for AWS use. System tags don't count against your tags per resource limit.")
		}
	}
	list := slices.DeleteFunc(slices.Clone(e.Tags(id)), func(t identity.Tag) bool { return slices.Contains(keys, t.Key) })
	tags.Put(e.draft, e.aggregate(), id, &Tags{Tags: list})
	return nil
}
