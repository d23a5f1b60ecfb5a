package cloudtrail

import (
	"time"

	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/trails"
)

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
		tags = append(tags, identity.Tag{Key: t.Key, Value: service.Or(t.Value, "")})
	}
	return tags
}

func shapeOf(c *service.Call, s trails.Seen) trailapi.Trail {
	return trailapi.Trail{
		Name: &s.Name, TrailARN: new(s.ARN(c.Tools.Site.Partition)), HomeRegion: &s.Region,
		S3BucketName: &s.Bucket, S3KeyPrefix: service.Optional(s.Prefix),
		IncludeGlobalServiceEvents: &s.GlobalEvents, IsMultiRegionTrail: &s.MultiRegion,
		LogFileValidationEnabled: &s.Validation, IsOrganizationTrail: &s.Organization,
		HasCustomEventSelectors: new(s.Selectors.Custom()), HasInsightSelectors: new(false),
	}
}
