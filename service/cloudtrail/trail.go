package cloudtrail

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/trails"
)

func trailOperations() []service.Operation {
	return []service.Operation{
		service.PreparedElsewhere(trailapi.CreateTrail, createTrailTargets, bucketOfCreate, createTrail, changesTrails),
		service.WritePrepared(trailapi.UpdateTrail, onTrail("UpdateTrail", func(in *trailapi.UpdateTrailInput) string { return in.Name }), bucketOfUpdate, updateTrail),
		service.Write(trailapi.DeleteTrail, onTrail("DeleteTrail", func(in *trailapi.DeleteTrailInput) string { return in.Name }), deleteTrail, state.Deployment),
		service.Read(trailapi.GetTrail, onTrail("GetTrail", func(in *trailapi.GetTrailInput) string { return in.Name }), getTrail),
		service.Read(trailapi.DescribeTrails, onAll[trailapi.DescribeTrailsInput]("DescribeTrails"), describeTrails),
		service.Read(trailapi.ListTrails, onAll[trailapi.ListTrailsInput]("ListTrails"), listTrails),
	}
}

// changesTrails: the deployment knows which accounts have trails.
func changesTrails[In any](c *service.Call, _ *In) []state.AggregateID {
	return []state.AggregateID{state.Account(c.Caller.Account), state.Deployment}
}

// createTrailTargets: with tags, also to put them on the trail.
func createTrailTargets(c *service.Call, in *trailapi.CreateTrailInput) ([]authz.Target, error) {
	n := trails.Name{Account: c.Caller.Account, Region: region(c), Name: in.Name}
	keys := authz.RequestTags(tagsOf(in.TagsList))
	targets := on(c, "CreateTrail", n.ARN(c.Tools.Site.Partition), keys...)
	if keys != nil {
		targets = append(targets, on(c, "AddTags", n.ARN(c.Tools.Site.Partition), keys...)...)
	}
	return targets, nil
}

// bucketOfCreate asks for the bucket: a trail that could not be delivered is refused.
func bucketOfCreate(c *service.Call, in *trailapi.CreateTrailInput) (struct{}, error) {
	return struct{}{}, bucketThere(c, in.S3BucketName)
}

func bucketOfUpdate(c *service.Call, in *trailapi.UpdateTrailInput) (struct{}, error) {
	if in.S3BucketName == nil {
		return struct{}{}, nil
	}
	return struct{}{}, bucketThere(c, *in.S3BucketName)
}

func bucketThere(c *service.Call, bucket string) error {
	if err := trails.CheckBucket(bucket); err != nil {
		return err
	}
	if c.Tools.Buckets == nil {
		return trails.MissingBucket(bucket)
	}
	return c.Tools.Buckets.Check(c.Context, c.Caller.Account, bucket)
}

// unsupported refuses settings by which nothing would be done here.
func unsupported(topic, key, logGroup, logRole *string) error {
	for _, setting := range []struct {
		name  string
		value *string
	}{{"CloudWatchLogsLogGroupArn", logGroup}, {"CloudWatchLogsRoleArn", logRole}, {"KmsKeyId", key}, {"SnsTopicName", topic}} {
		if service.Or(setting.value, "") != "" {
			return apierror.New(trails.Unsupported, "%s is not supported: this service delivers log files to buckets, unencrypted, and notifies nobody.", setting.name)
		}
	}
	return nil
}

// written is a trail as the call answers that has made or changed it.
func written(c *service.Call, t *trails.Trail) *trailapi.CreateTrailOutput {
	v := shapeOf(c, trails.Seen{Trail: t, Owner: c.Caller.Account})
	return &trailapi.CreateTrailOutput{
		Name: v.Name, TrailARN: v.TrailARN, S3BucketName: v.S3BucketName, S3KeyPrefix: v.S3KeyPrefix,
		IncludeGlobalServiceEvents: v.IncludeGlobalServiceEvents, IsMultiRegionTrail: v.IsMultiRegionTrail,
		LogFileValidationEnabled: v.LogFileValidationEnabled, IsOrganizationTrail: v.IsOrganizationTrail,
	}
}

func createTrail(c *service.Call, in *trailapi.CreateTrailInput, _ struct{}) (*trailapi.CreateTrailOutput, error) {
	if err := unsupported(in.SnsTopicName, in.KmsKeyId, in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn); err != nil {
		return nil, err
	}
	t, err := edit(c).Create(trails.Trail{
		Name: in.Name, Bucket: in.S3BucketName, Prefix: service.Or(in.S3KeyPrefix, ""), Tags: tagsOf(in.TagsList),
		GlobalEvents: service.Or(in.IncludeGlobalServiceEvents, true), MultiRegion: service.Or(in.IsMultiRegionTrail, false),
		Validation: service.Or(in.EnableLogFileValidation, false), Organization: service.Or(in.IsOrganizationTrail, false),
	})
	if err != nil {
		return nil, err
	}
	return written(c, t), nil
}

func updateTrail(c *service.Call, in *trailapi.UpdateTrailInput, _ struct{}) (*trailapi.UpdateTrailOutput, error) {
	n, err := named(c, in.Name)
	if err != nil {
		return nil, err
	}
	if err := unsupported(in.SnsTopicName, in.KmsKeyId, in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn); err != nil {
		return nil, err
	}
	t, err := edit(c).Update(n, func(t *trails.Trail) {
		t.Bucket, t.Prefix = service.Or(in.S3BucketName, t.Bucket), service.Or(in.S3KeyPrefix, t.Prefix)
		t.GlobalEvents, t.MultiRegion = service.Or(in.IncludeGlobalServiceEvents, t.GlobalEvents), service.Or(in.IsMultiRegionTrail, t.MultiRegion)
		t.Validation, t.Organization = service.Or(in.EnableLogFileValidation, t.Validation), service.Or(in.IsOrganizationTrail, t.Organization)
	})
	if err != nil {
		return nil, err
	}
	return (*trailapi.UpdateTrailOutput)(written(c, t)), nil
}

func deleteTrail(c *service.Call, in *trailapi.DeleteTrailInput) (*trailapi.DeleteTrailOutput, error) {
	n, err := named(c, in.Name)
	if err != nil {
		return nil, err
	}
	return &trailapi.DeleteTrailOutput{}, edit(c).Delete(n)
}

func getTrail(c *service.Call, in *trailapi.GetTrailInput) (*trailapi.GetTrailOutput, error) {
	s, err := seen(c, in.Name)
	if err != nil {
		return nil, err
	}
	return &trailapi.GetTrailOutput{Trail: new(shapeOf(c, s))}, nil
}

// seen is the trail that a text means, if the caller's account sees it.
func seen(c *service.Call, text string) (trails.Seen, error) {
	n, err := named(c, text)
	if err != nil {
		return trails.Seen{}, err
	}
	return here(c).Get(n)
}

// describeTrails: without names, the trails of the region, and shadows unless they are
// not asked for. Names of trails that are not there are left out.
func describeTrails(c *service.Call, in *trailapi.DescribeTrailsInput) (*trailapi.DescribeTrailsOutput, error) {
	shadows := service.Or(in.IncludeShadowTrails, true)
	list := []trailapi.Trail{}
	if len(in.TrailNameList) == 0 {
		for _, s := range here(c).At(region(c)) {
			if shadows || s.Region == region(c) && s.Owner == c.Caller.Account {
				list = append(list, shapeOf(c, s))
			}
		}
		return &trailapi.DescribeTrailsOutput{TrailList: list}, nil
	}
	for _, name := range in.TrailNameList {
		n, err := named(c, name)
		if err != nil {
			return nil, err
		}
		if s, ok := here(c).Find(n); ok {
			list = append(list, shapeOf(c, s))
		}
	}
	return &trailapi.DescribeTrailsOutput{TrailList: list}, nil
}

// listTrails lists the trails of all regions.
func listTrails(c *service.Call, in *trailapi.ListTrailsInput) (*trailapi.ListTrailsOutput, error) {
	arn := func(s trails.Seen) string { return s.ARN(c.Tools.Site.Partition) }
	all := here(c).All()
	slices.SortFunc(all, func(a, b trails.Seen) int { return strings.Compare(arn(a), arn(b)) })
	page, err := service.PageOf(c, "trails", in.NextToken, nil, all, arn)
	if err != nil {
		return nil, apierror.New(trails.InvalidNextToken, "The token %s is not valid.", *in.NextToken).Because(err)
	}
	out := &trailapi.ListTrailsOutput{Trails: []trailapi.TrailInfo{}, NextToken: page.Marker}
	for _, s := range page.Items {
		out.Trails = append(out.Trails, trailapi.TrailInfo{Name: &s.Name, HomeRegion: &s.Region, TrailARN: new(arn(s))})
	}
	return out, nil
}
