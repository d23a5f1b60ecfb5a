package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// storyOfEvents looks events up: newest first, page by page, by an attribute, in a region.
func storyOfEvents(t *testing.T, seen *calls) {
	w, ctx := start(t), context.Background()
	admin := w.As(w.Root)
	c := cloudtrail.New(admin.CloudTrail.Options(), func(o *cloudtrail.Options) { o.APIOptions = append(o.APIOptions, seen.note) })
	for i := range 7 {
		must[*iam.CreateUserOutput](t)(admin.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: new(fmt.Sprint("user", i))}))
	}
	w.makeOtherAccount(t)
	byName := []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyEventName, AttributeValue: new("CreateUser")}}
	look := func(c *cloudtrail.Client, in cloudtrail.LookupEventsInput) *cloudtrail.LookupEventsOutput {
		t.Helper()
		return must[*cloudtrail.LookupEventsOutput](t)(c.LookupEvents(ctx, &in))
	}
	all := look(c, cloudtrail.LookupEventsInput{LookupAttributes: byName}).Events
	if len(all) != 7 {
		t.Fatalf("%d events, want 7", len(all))
	}
	first := all[0]
	if *first.EventName != "CreateUser" || *first.EventSource != "iam.amazonaws.com" || *first.ReadOnly != "false" || *first.Username != "root" ||
		*first.AccessKeyId != admin.AccessKeyID || !strings.Contains(*first.CloudTrailEvent, `"userName":"user6"`) || time.Since(*first.EventTime).Abs() > time.Minute {
		t.Errorf("the newest event is %+v", first)
	}
	var paged []types.Event
	var token *string
	for {
		page := look(c, cloudtrail.LookupEventsInput{LookupAttributes: byName, MaxResults: new(int32(3)), NextToken: token})
		paged = append(paged, page.Events...)
		if token = page.NextToken; token == nil {
			break
		}
		must[*iam.CreateUserOutput](t)(admin.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: new(fmt.Sprint("later", len(paged)))}))
	}
	if diff := cmp.Diff(all, paged, cmpopts.IgnoreUnexported(types.Event{}, types.Resource{})); diff != "" {
		t.Errorf("page by page (-all +paged):\n%s", diff)
	}
	page := look(c, cloudtrail.LookupEventsInput{LookupAttributes: byName, MaxResults: new(int32(3))})

	if got := look(elsewhere(c, "eu-west-1"), cloudtrail.LookupEventsInput{}).Events; len(got) != 0 {
		t.Errorf("in Ireland: %+v", got)
	}
	other := w.As(w.rootOf(t, otherAccount)).CloudTrail
	if got := look(other, cloudtrail.LookupEventsInput{}).Events; len(got) != 0 {
		t.Errorf("another account sees %+v", got)
	}
	if got := look(c, cloudtrail.LookupEventsInput{EventCategory: types.EventCategoryInsight}).Events; len(got) != 0 {
		t.Errorf("insights: %+v", got)
	}
	if got := look(c, cloudtrail.LookupEventsInput{EndTime: aws.Time(time.Now().Add(-time.Hour))}).Events; len(got) != 0 {
		t.Errorf("before an hour ago: %+v", got)
	}
	for name, x := range map[string]struct {
		c    *cloudtrail.Client
		in   cloudtrail.LookupEventsInput
		want string
	}{
		"two attributes":            {c, cloudtrail.LookupEventsInput{LookupAttributes: append(byName, byName...)}, "InvalidLookupAttributesException"},
		"time that runs backwards":  {c, cloudtrail.LookupEventsInput{StartTime: aws.Time(time.Now()), EndTime: aws.Time(time.Now().Add(-time.Hour))}, "InvalidTimeRangeException"},
		"the token of another call": {c, cloudtrail.LookupEventsInput{NextToken: page.NextToken}, "InvalidNextTokenException"},
		"another account's token":   {other, cloudtrail.LookupEventsInput{LookupAttributes: byName, NextToken: page.NextToken}, "InvalidNextTokenException"},
		"a made-up token":           {c, cloudtrail.LookupEventsInput{NextToken: new("token")}, "InvalidNextTokenException"},
	} {
		if _, err := x.c.LookupEvents(ctx, &x.in); code(err) != x.want {
			t.Errorf("%s: %v, want %s", name, err, x.want)
		}
	}
}
