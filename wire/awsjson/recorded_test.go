package awsjson

import (
	"flag"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/wire/wiretest"
)

var update = flag.Bool("update", false, "record testdata/recorded.txtar anew")

// recorded are calls that the Go SDK makes, with what we answer.
var recorded = []wiretest.Call{
	{
		Op: orgapi.CreatePolicy.Operation,
		In: &organizations.CreatePolicyInput{
			Name: new("deny \"all\""), Type: types.PolicyTypeServiceControlPolicy, Description: new(""),
			Content: new(`{"Version": "2012-10-17", "Statement": []}`), Tags: []types.Tag{{Key: new("team"), Value: new("red")}},
		},
		Out: &orgapi.CreatePolicyOutput{Policy: &orgapi.Policy{
			PolicySummary: &orgapi.PolicySummary{Id: new("p-examplepolicyid"), Name: new("deny \"all\""), AwsManaged: new(false)},
			Content:       new(`{"Version": "2012-10-17", "Statement": []}`),
		}},
	},
	{
		Op: orgapi.DescribeAccount.Operation,
		In: &organizations.DescribeAccountInput{AccountId: new("111122223333")},
		Out: &orgapi.DescribeAccountOutput{Account: &orgapi.Account{
			Id: new("111122223333"), Email: new("alice@example.com"), Name: new("Ålice & Söhne"),
			Paths: []string{}, JoinedTimestamp: new(time.Unix(1777777777, 123_456_789)),
		}},
	},
	{
		Op:  orgapi.DeletePolicy.Operation, // has no output
		In:  &organizations.DeletePolicyInput{PolicyId: new("p-examplepolicyid")},
		Out: &orgapi.DeletePolicyOutput{},
	},
	{
		Op: trailapi.LookupEvents.Operation,
		In: &cloudtrail.LookupEventsInput{
			StartTime: new(time.Unix(1777777777, 500_000_000)), MaxResults: new(int32(50)),
			LookupAttributes: []trailtypes.LookupAttribute{{AttributeKey: trailtypes.LookupAttributeKeyEventName, AttributeValue: new("CreateUser")}},
		},
		Out: &trailapi.LookupEventsOutput{NextToken: new("more"), Events: []trailapi.Event{{
			EventId: new("01"), EventTime: new(time.Unix(1777777777, 0)), CloudTrailEvent: new(`{"eventName":"CreateUser"}`),
			Resources: []trailapi.Resource{{ResourceType: new("AWS::IAM::User"), ResourceName: new("alice")}},
		}}},
	},
	{
		Op:  trailapi.ListPublicKeys.Operation, // blobs
		In:  &cloudtrail.ListPublicKeysInput{},
		Out: &trailapi.ListPublicKeysOutput{PublicKeyList: []trailapi.PublicKey{{Value: []byte("\x00\x01\xff"), Fingerprint: new("ab"), ValidityStartTime: new(time.Unix(0, 0))}}},
	},
}

// TestRecorded compares what the SDK sends, what we understand and what we answer, byte
// by byte, with testdata/recorded.txtar. Run it with -update to record it anew, and
// read the difference.
func TestRecorded(t *testing.T) {
	wiretest.Recording{
		Package: "awsjson", Calls: recorded, Client: sdk,
		Serve: func(c wiretest.Call, r *http.Request, body []byte) (in api.Structure, request, answer []byte, err error) {
			in, err = Decode(c.Op, body)
			request = []byte("X-Amz-Target: " + r.Header.Get("X-Amz-Target") + "\nContent-Type: " + r.Header.Get("Content-Type") + "\n\n" + string(body))
			return in, request, AppendResponse(nil, c.Op, c.Out), err
		},
	}.Compare(t, *update)
}
