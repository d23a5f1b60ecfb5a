package server_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// elsewhere is a client that signs for another region.
func elsewhere(c *cloudtrail.Client, region string) *cloudtrail.Client {
	return cloudtrail.New(c.Options(), func(o *cloudtrail.Options) { o.Region = region })
}

// trailClient is a client of root on a new server, whose calls are noted.
func trailClient(t *testing.T, seen *calls) *cloudtrail.Client {
	w := start(t)
	return cloudtrail.New(w.As(w.Root).CloudTrail.Options(), func(o *cloudtrail.Options) { o.APIOptions = append(o.APIOptions, seen.note) })
}

// storyOfTrails is the life of a trail: made, begun, changed, seen from elsewhere, ended.
func storyOfTrails(t *testing.T, seen *calls) {
	c, ctx := trailClient(t, seen), context.Background()
	const arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"
	made := must[*cloudtrail.CreateTrailOutput](t)(c.CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: new("audit"), S3BucketName: new("logs-of-us"), S3KeyPrefix: new("trails"), EnableLogFileValidation: new(true),
		TagsList: []types.Tag{{Key: new("team"), Value: new("security")}, {Key: new("empty")}},
	}))
	if *made.TrailARN != arn || *made.IsMultiRegionTrail || !*made.IncludeGlobalServiceEvents || !*made.LogFileValidationEnabled || *made.S3KeyPrefix != "trails" {
		t.Errorf("made as %+v", made)
	}
	status := func(c *cloudtrail.Client, name string) *cloudtrail.GetTrailStatusOutput {
		t.Helper()
		return must[*cloudtrail.GetTrailStatusOutput](t)(c.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &name}))
	}
	if s := status(c, "audit"); *s.IsLogging || s.StartLoggingTime != nil {
		t.Errorf("a new trail logs: %+v", s)
	}
	must[*cloudtrail.StartLoggingOutput](t)(c.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: new(arn)}))
	if s := status(c, arn); !*s.IsLogging || s.StartLoggingTime == nil || time.Since(*s.StartLoggingTime) > time.Minute || s.StopLoggingTime != nil {
		t.Errorf("begun: %+v", s)
	}
	must[*cloudtrail.StopLoggingOutput](t)(c.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: new("audit")}))
	if s := status(c, arn); *s.IsLogging || s.StopLoggingTime == nil {
		t.Errorf("ended: %+v", s)
	}

	ireland := elsewhere(c, "eu-west-1")
	described := func(c *cloudtrail.Client, in cloudtrail.DescribeTrailsInput) (names []string) {
		t.Helper()
		for _, s := range must[*cloudtrail.DescribeTrailsOutput](t)(c.DescribeTrails(ctx, &in)).TrailList {
			names = append(names, *s.TrailARN)
		}
		return names
	}
	for _, x := range []struct {
		name string
		got  []string
		want int
	}{
		{"at home", described(c, cloudtrail.DescribeTrailsInput{}), 1},
		{"elsewhere, of one region", described(ireland, cloudtrail.DescribeTrailsInput{}), 0},
		{"elsewhere, by name", described(ireland, cloudtrail.DescribeTrailsInput{TrailNameList: []string{"audit"}}), 0},
		{"elsewhere, by ARN", described(ireland, cloudtrail.DescribeTrailsInput{TrailNameList: []string{arn}}), 1},
	} {
		if len(x.got) != x.want {
			t.Errorf("%s: %v", x.name, x.got)
		}
	}
	must[*cloudtrail.UpdateTrailOutput](t)(c.UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: new("audit"), IsMultiRegionTrail: new(true), S3KeyPrefix: new("")}))
	if got := described(ireland, cloudtrail.DescribeTrailsInput{}); len(got) != 1 {
		t.Errorf("the shadow elsewhere: %v", got)
	}
	if got := described(ireland, cloudtrail.DescribeTrailsInput{IncludeShadowTrails: new(false)}); len(got) != 0 {
		t.Errorf("without shadows: %v", got)
	}
	trail := must[*cloudtrail.GetTrailOutput](t)(ireland.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: new(arn)})).Trail
	want := &types.Trail{
		Name: new("audit"), TrailARN: new(arn), HomeRegion: new("us-east-1"), S3BucketName: new("logs-of-us"), IncludeGlobalServiceEvents: new(true),
		IsMultiRegionTrail: new(true), LogFileValidationEnabled: new(true), IsOrganizationTrail: new(false), HasCustomEventSelectors: new(false), HasInsightSelectors: new(false),
	}
	if diff := cmp.Diff(want, trail, cmpopts.IgnoreUnexported(types.Trail{})); diff != "" {
		t.Errorf("changed to (-want +got):\n%s", diff)
	}
	if list := must[*cloudtrail.ListTrailsOutput](t)(ireland.ListTrails(ctx, &cloudtrail.ListTrailsInput{})).Trails; len(list) != 1 || *list[0].TrailARN != arn {
		t.Errorf("listed %+v", list)
	}
	must[*cloudtrail.DeleteTrailOutput](t)(c.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: new("audit")}))
	if _, err := c.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: new("audit")}); worded(err) != "TrailNotFoundException: Unknown trail: "+arn+" for the user: 111122223333" {
		t.Errorf("after it was deleted: %v", err)
	}
	if keys := must[*cloudtrail.ListPublicKeysOutput](t)(c.ListPublicKeys(ctx, &cloudtrail.ListPublicKeysInput{})).PublicKeyList; len(keys) != 0 {
		t.Errorf("nothing was signed, and there are keys: %v", keys)
	}
}

// storyOfTrailSettings is of event selectors and tags.
func storyOfTrailSettings(t *testing.T, seen *calls) {
	c, ctx := trailClient(t, seen), context.Background()
	arn := must[*cloudtrail.CreateTrailOutput](t)(c.CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: new("audit"), S3BucketName: new("logs"), TagsList: []types.Tag{{Key: new("a"), Value: new("1")}, {Key: new("b")}},
	})).TrailARN
	selectors := func() *cloudtrail.GetEventSelectorsOutput {
		t.Helper()
		return must[*cloudtrail.GetEventSelectorsOutput](t)(c.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: arn}))
	}
	ignore := cmpopts.IgnoreUnexported(types.EventSelector{}, types.AdvancedEventSelector{}, types.AdvancedFieldSelector{}, types.DataResource{}, types.Tag{})
	def := []types.EventSelector{{ReadWriteType: "All", IncludeManagementEvents: new(true), DataResources: []types.DataResource{}, ExcludeManagementEventSources: []string{}}}
	if diff := cmp.Diff(def, selectors().EventSelectors, ignore); diff != "" {
		t.Errorf("of a new trail (-want +got):\n%s", diff)
	}
	basic := []types.EventSelector{{
		ReadWriteType: "WriteOnly", IncludeManagementEvents: new(true), ExcludeManagementEventSources: []string{"kms.amazonaws.com"},
		DataResources: []types.DataResource{{Type: new("AWS::S3::Object"), Values: []string{"arn:aws:s3:::papers/"}}},
	}}
	must[*cloudtrail.PutEventSelectorsOutput](t)(c.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: arn, EventSelectors: basic}))
	if diff := cmp.Diff(basic, selectors().EventSelectors, ignore); diff != "" {
		t.Errorf("event selectors (-want +got):\n%s", diff)
	}
	advanced := []types.AdvancedEventSelector{{Name: new("changes"), FieldSelectors: []types.AdvancedFieldSelector{
		{Field: new("eventCategory"), Equals: []string{"Management"}}, {Field: new("readOnly"), Equals: []string{"false"}},
	}}}
	must[*cloudtrail.PutEventSelectorsOutput](t)(c.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: arn, AdvancedEventSelectors: advanced}))
	if s := selectors(); len(s.EventSelectors) != 0 || cmp.Diff(advanced, s.AdvancedEventSelectors, ignore) != "" {
		t.Errorf("advanced event selectors: %+v", s)
	}
	if tr := must[*cloudtrail.GetTrailOutput](t)(c.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: arn})).Trail; !*tr.HasCustomEventSelectors {
		t.Error("the trail does not tell of its selectors")
	}

	if _, err := c.GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: arn}); code(err) != "InsightNotEnabledException" {
		t.Errorf("Insights, which are not built: %v", err)
	}

	must[*cloudtrail.AddTagsOutput](t)(c.AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: arn, TagsList: []types.Tag{{Key: new("a"), Value: new("2")}, {Key: new("c"), Value: new("3")}}}))
	must[*cloudtrail.RemoveTagsOutput](t)(c.RemoveTags(ctx, &cloudtrail.RemoveTagsInput{ResourceId: arn, TagsList: []types.Tag{{Key: new("b")}, {Key: new("none")}}}))
	list := must[*cloudtrail.ListTagsOutput](t)(c.ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{*arn}})).ResourceTagList
	if len(list) != 1 || *list[0].ResourceId != *arn || cmp.Diff([]types.Tag{{Key: new("a"), Value: new("2")}, {Key: new("c"), Value: new("3")}}, list[0].TagsList, ignore) != "" {
		t.Errorf("tags: %+v", list)
	}
}

// TestRefusedTrails: each refusal has CloudTrail's code and tells what is wrong.
func TestRefusedTrails(t *testing.T) {
	w, ctx := start(t), context.Background()
	c := w.As(w.Root).CloudTrail
	create := func(change func(*cloudtrail.CreateTrailInput)) error {
		in := &cloudtrail.CreateTrailInput{Name: new("audit"), S3BucketName: new("logs")}
		change(in)
		_, err := c.CreateTrail(ctx, in)
		return err
	}
	named := func(name string) error {
		return create(func(in *cloudtrail.CreateTrailInput) { in.Name = &name })
	}
	if err := named("audit"); err != nil {
		t.Fatal(err)
	}
	put := func(s ...types.AdvancedFieldSelector) error {
		_, err := c.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: new("audit"), AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: s}}})
		return err
	}
	field := func(name string, equals ...string) types.AdvancedFieldSelector {
		return types.AdvancedFieldSelector{Field: &name, Equals: equals}
	}
	_, insights := c.GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: new("audit")})
	_, putInsights := c.PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{TrailName: new("audit"), InsightSelectors: []types.InsightSelector{}})
	_, home := elsewhere(c, "eu-west-1").StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: new("arn:aws:cloudtrail:us-east-1:111122223333:trail/audit")})
	_, malformed := c.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: new("arn:aws:cloudtrail:us-east-1:1:trail/audit")})
	_, store := c.AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: new("arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/x"), TagsList: []types.Tag{{Key: new("a")}}})
	_, absent := c.AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: new("arn:aws:cloudtrail:us-east-1:111122223333:trail/none"), TagsList: []types.Tag{{Key: new("a")}}})
	_, backwards := c.ListPublicKeys(ctx, &cloudtrail.ListPublicKeysInput{StartTime: aws.Time(time.Now()), EndTime: aws.Time(time.Now().Add(-time.Hour))})
	for _, x := range []struct {
		name string
		err  error
		want string
	}{
		{"a short name", named("ab"), "InvalidTrailNameException: Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters."},
		{"a name with a space", named("a b c"), "InvalidTrailNameException: Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_)."},
		{"a name that begins with a dash", named("-abc"), "InvalidTrailNameException: Trail name must starts with a letter or number."},
		{"an address", named("192.168.5.4"), "InvalidTrailNameException: Trail name must not be in IP address format."},
		{"the same name", named("audit"), "TrailAlreadyExistsException: Trail audit already exists for customer: 111122223333"},
		{"a bucket that is not there", create(func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = new("nowhere") }), "S3BucketDoesNotExistException: S3 bucket nowhere does not exist!"},
		{"a bucket that cannot be", create(func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = new("../logs") }), `InvalidS3BucketNameException: The bucket name "../logs" is not valid.`},
		{"a prefix that leads out", create(func(in *cloudtrail.CreateTrailInput) { in.Name, in.S3KeyPrefix = new("other"), new("a/../..") }), `InvalidS3PrefixException: The S3 prefix "a/../.." is not valid: it has neither slashes at its ends or side by side nor parts that are . or ..`},
		{"a prefix that looks like another account's", create(func(in *cloudtrail.CreateTrailInput) {
			in.Name, in.S3KeyPrefix = new("other"), new("AWSLogs/444455556666")
		}), `InvalidS3PrefixException: The S3 prefix "AWSLogs/444455556666" is not valid: AWSLogs is no part of it.`},
		{"multi-region without global events", create(func(in *cloudtrail.CreateTrailInput) {
			in.Name, in.IsMultiRegionTrail, in.IncludeGlobalServiceEvents = new("other"), new(true), new(false)
		}), "InvalidParameterCombinationException: Multi-Region trail must include global service events."},
		{"without an organization", create(func(in *cloudtrail.CreateTrailInput) { in.Name, in.IsOrganizationTrail = new("other"), new(true) }), "OrganizationsNotInUseException: This operation cannot be performed because your AWS account is not a member of an organization."},
		{"with encryption", create(func(in *cloudtrail.CreateTrailInput) { in.Name, in.KmsKeyId = new("other"), new("alias/key") }), "UnsupportedOperationException: KmsKeyId is not supported: this service delivers log files to buckets, unencrypted, and notifies nobody."},
		{"a tag twice", create(func(in *cloudtrail.CreateTrailInput) {
			in.Name, in.TagsList = new("other"), []types.Tag{{Key: new("a")}, {Key: new("a")}}
		}), "InvalidTagParameterException: The tag key a is specified more than once."},
		{"no category", put(field("readOnly", "true")), "InvalidEventSelectorsException: An advanced event selector must have a field selector for eventCategory with the operator Equals and one of the values Management, Data or NetworkActivity."},
		{"a field of another category", put(field("eventCategory", "Management"), field("resources.ARN", "x")), "InvalidEventSelectorsException: The field resources.ARN is not valid for the event category Management."},
		{"insights", insights, "InsightNotEnabledException: Trail arn:aws:cloudtrail:us-east-1:111122223333:trail/audit does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again."},
		{"to put insights", putInsights, "NotImplemented: The operation PutInsightSelectors of cloudtrail is not implemented."},
		{"from another region", home, "InvalidHomeRegionException: The operation can only be performed on the trail arn:aws:cloudtrail:us-east-1:111122223333:trail/audit in its home region, us-east-1."},
		{"a malformed ARN", malformed, "CloudTrailARNInvalidException: The ARN arn:aws:cloudtrail:us-east-1:1:trail/audit is not valid. The format of a trail ARN is: arn:aws:cloudtrail:us-east-2:123456789012:trail/MyTrail"},
		{"tags of an event data store", store, "ResourceTypeNotSupportedException: The resource arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/x is not of a type that is supported: only trails are."},
		{"tags of no trail", absent, "ResourceNotFoundException: The specified resource arn:aws:cloudtrail:us-east-1:111122223333:trail/none is not found."},
		{"time that runs backwards", backwards, "InvalidTimeRangeException: The start time occurs after the end time."},
	} {
		if got := worded(x.err); got != x.want {
			t.Errorf("%s: %s\nwant %s", x.name, got, x.want)
		}
	}
	for _, name := range []string{"t-2", "t-3", "t-4", "t-5"} {
		if err := named(name); err != nil {
			t.Fatal(err)
		}
	}
	if got := worded(named("t-6")); got != "MaximumNumberOfTrailsExceededException: User: 111122223333 already has 5 trails in us-east-1." {
		t.Errorf("one too many: %s", got)
	}
}

// TestOrganizationTrail: members see their organization's trail, and cannot touch it.
func TestOrganizationTrail(t *testing.T) {
	w, ctx := startOrganizations(t, nil), context.Background()
	boss := w.clients(w.Root)
	must[*organizations.CreateOrganizationOutput](t)(boss.Organizations.CreateOrganization(ctx, &organizations.CreateOrganizationInput{}))
	status := must[*organizations.CreateAccountOutput](t)(boss.Organizations.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: new("member"), Email: new("member@example.com")})).CreateAccountStatus
	done := must[*organizations.DescribeCreateAccountStatusOutput](t)(boss.Organizations.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: status.Id}))
	member := memberOf(t, w, boss, *done.CreateAccountStatus.AccountId)

	create := func(c *cloudtrail.Client) error {
		_, err := c.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: new("all"), S3BucketName: new("logs"), IsOrganizationTrail: new(true), IsMultiRegionTrail: new(true)})
		return err
	}
	if got := code(create(boss.CloudTrail)); got != "CloudTrailAccessNotEnabledException" {
		t.Errorf("before trust: %s", got)
	}
	must[*organizations.EnableAWSServiceAccessOutput](t)(boss.Organizations.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: new("cloudtrail.amazonaws.com")}))
	if got := code(create(member.CloudTrail)); got != "NotOrganizationMasterAccountException" {
		t.Errorf("by a member: %s", got)
	}
	if err := create(boss.CloudTrail); err != nil {
		t.Fatal(err)
	}
	list := must[*cloudtrail.DescribeTrailsOutput](t)(member.CloudTrail.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})).TrailList
	const arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/all"
	if len(list) != 1 || *list[0].TrailARN != arn || !*list[0].IsOrganizationTrail {
		t.Fatalf("a member sees %+v", list)
	}
	if _, err := member.CloudTrail.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: new(arn)}); code(err) != "NotOrganizationMasterAccountException" {
		t.Errorf("a member stops it: %v", err)
	}
	if _, err := member.CloudTrail.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: new("all")}); code(err) != "TrailNotFoundException" {
		t.Errorf("a member deletes its shadow by name: %v", err)
	}
}

// memberOf gives clients of a member account, by the role that was made with it.
func memberOf(t *testing.T, w *orgWorld, boss servertest.Clients, account string) servertest.Clients {
	t.Helper()
	admin := w.User(t, "boss", allow("*"))
	creds := w.sts(t, admin.Credentials, "AssumeRole", "RoleArn", "arn:aws:iam::"+account+":role/OrganizationAccountAccessRole", "RoleSessionName", "boss").want(t, "AssumeRole", "").credentials(t)
	return w.clients(creds)
}

// worded is code and message of a refused call.
func worded(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode() + ": " + e.ErrorMessage()
	}
	return code(err)
}
