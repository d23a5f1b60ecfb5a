package cloudtrail

import (
	"time"

	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/trails"
)

// or is what an optional member says, or else.
func or[T any](v *T, otherwise T) T {
	if v == nil {
		return otherwise
	}
	return *v
}

// optional is nil for what is empty, which is then left out.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// moment is a time in an answer, or nil for none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// text is a time in an answer that has texts for times, empty for none.
func text(t time.Time) *string {
	if t.IsZero() {
		return new("")
	}
	return new(t.UTC().Format(time.RFC3339))
}

// tagsOf are the tags in an input. A tag without a value has an empty one.
func tagsOf(list []trailapi.Tag) []identity.Tag {
	var tags []identity.Tag
	for _, t := range list {
		tags = append(tags, identity.Tag{Key: t.Key, Value: or(t.Value, "")})
	}
	return tags
}

func shapeOf(c *service.Call, s trails.Seen) trailapi.Trail {
	return trailapi.Trail{
		Name: &s.Name, TrailARN: new(s.ARN(c.Tools.Site.Partition)), HomeRegion: &s.Region,
		S3BucketName: &s.Bucket, S3KeyPrefix: optional(s.Prefix),
		IncludeGlobalServiceEvents: &s.GlobalEvents, IsMultiRegionTrail: &s.MultiRegion,
		LogFileValidationEnabled: &s.Validation, IsOrganizationTrail: &s.Organization,
		HasCustomEventSelectors: new(s.Selectors.Custom()), HasInsightSelectors: new(false),
	}
}
