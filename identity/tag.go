package identity

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// Tag is a key and a value on a user, role, policy or instance profile.
type Tag struct {
	Key   string `json:"k"`
	Value string `json:"v"`
}

// maxTags is how many tags a resource may have.
const maxTags = 50

// tagKeys says when two tag keys are the same: on users and roles case does not
// count, on the other resources it does (IAM User Guide, "Tags for IAM
// resources").
type tagKeys func(string) string

func ignoringCase(key string) string { return state.Fold(key) }
func asWritten(key string) string    { return key }

// checkTags refuses tags that may not be put on a resource.
func checkTags(tags []Tag, same tagKeys) error {
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		if seen[same(t.Key)] {
			return apierror.New(apierror.InvalidInput, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[same(t.Key)] = true
		// IAM User Guide, "Rules for tagging in IAM and AWS STS": neither a key nor
		// a value may begin with it.
		if ReservedTag(t) {
			return apierror.New(apierror.InvalidInput, "Tag keys and values beginning with aws: are reserved for system use.")
		}
	}
	return within50(len(tags))
}

// ReservedTag tells whether a tag has the prefix that is AWS's own, in its key or
// in its value.
func ReservedTag(t Tag) bool {
	return strings.HasPrefix(state.Fold(t.Key), "aws:") || strings.HasPrefix(state.Fold(t.Value), "aws:")
}

func within50(n int) error {
	if n > maxTags {
		return apierror.New(apierror.LimitExceeded, "The number of tags has reached the maximum limit.")
	}
	return nil
}

// withTags is old with added put in: a tag whose key is there already takes its
// place.
func withTags(old, added []Tag, same tagKeys) ([]Tag, error) {
	if err := checkTags(added, same); err != nil {
		return nil, err
	}
	tags := slices.Clone(old)
	for _, t := range added {
		i := slices.IndexFunc(tags, func(o Tag) bool { return same(o.Key) == same(t.Key) })
		if i < 0 {
			tags = append(tags, t)
		} else {
			tags[i] = t
		}
	}
	return tags, within50(len(tags))
}

// withoutTags is old without the tags of some keys; keys that are not there are
// no error.
func withoutTags(old []Tag, keys []string, same tagKeys) []Tag {
	return slices.DeleteFunc(slices.Clone(old), func(t Tag) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return same(k) == same(t.Key) })
	})
}

// TagsOver is the tags of a role with those of a session put over them: a session
// tag takes the place of a role's tag of the same key, ignoring case.
func TagsOver(tags, over []Tag) []Tag {
	result := slices.Clone(over)
	for _, t := range tags {
		if !slices.ContainsFunc(over, func(o Tag) bool { return state.Fold(o.Key) == state.Fold(t.Key) }) {
			result = append(result, t)
		}
	}
	return result
}
