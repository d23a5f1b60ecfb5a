package trails

import (
	"slices"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/identity"
)

const maxTags = 50

// checkTags refuses tags that nothing can have (API reference,
// "InvalidTagParameterException").
func checkTags(tags []identity.Tag) error {
	seen := map[string]bool{}
	for _, t := range tags {
		switch {
		case seen[t.Key]:
			return apierror.New(InvalidTag, "The tag key %s is specified more than once.", t.Key)
		case identity.ReservedTag(t):
			return apierror.New(InvalidTag, "Tag keys and values that begin with aws: are reserved.")
		}
		seen[t.Key] = true
	}
	if len(tags) > maxTags {
		return apierror.New(TagsLimit, "The number of tags has exceeded the permitted amount. The limit is %d.", maxTags)
	}
	return nil
}

// tagged finds the trail whose tags a call is about; one that is not there is
// ResourceNotFoundException.
func (e Editor) tagged(n Name, by func(*Trail) error) error {
	if _, ok := e.Find(n); !ok {
		return MissingResource(n.ARN(e.Site.Partition))
	}
	_, err := e.change(n, by)
	return err
}

// MissingResource is the error for tags of a trail that is not there.
func MissingResource(arn string) error {
	return apierror.New(ResourceNotFound, "The specified resource %s is not found.", arn)
}

// Tag puts tags on a trail, in the place of those with the same keys.
func (e Editor) Tag(n Name, tags []identity.Tag) error {
	return e.tagged(n, func(t *Trail) error {
		if err := checkTags(tags); err != nil {
			return err
		}
		all := slices.DeleteFunc(slices.Clone(t.Tags), func(o identity.Tag) bool {
			return slices.ContainsFunc(tags, func(n identity.Tag) bool { return n.Key == o.Key })
		})
		t.Tags = append(all, tags...)
		return checkTags(t.Tags)
	})
}

// Untag takes tags off a trail; those that it has not are no error.
func (e Editor) Untag(n Name, tagKeys []string) error {
	return e.tagged(n, func(t *Trail) error {
		t.Tags = slices.DeleteFunc(slices.Clone(t.Tags), func(o identity.Tag) bool { return slices.Contains(tagKeys, o.Key) })
		return nil
	})
}
