package awsjson

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/api/trailapi"
)

var update = flag.Bool("update", false, "record testdata/recorded.txtar anew")

// recorded are calls that the Go SDK makes, with what we answer.
var recorded = []struct {
	op  *api.Operation
	in  any
	out api.Structure
}{
	{
		orgapi.CreatePolicy.Operation,
		&organizations.CreatePolicyInput{
			Name: new("deny \"all\""), Type: types.PolicyTypeServiceControlPolicy, Description: new(""),
			Content: new(`{"Version": "2012-10-17", "Statement": []}`), Tags: []types.Tag{{Key: new("team"), Value: new("red")}},
		},
		&orgapi.CreatePolicyOutput{Policy: &orgapi.Policy{
			PolicySummary: &orgapi.PolicySummary{Id: new("p-examplepolicyid"), Name: new("deny \"all\""), AwsManaged: new(false)},
			Content:       new(`{"Version": "2012-10-17", "Statement": []}`),
		}},
	},
	{
		orgapi.DescribeAccount.Operation,
		&organizations.DescribeAccountInput{AccountId: new("111122223333")},
		&orgapi.DescribeAccountOutput{Account: &orgapi.Account{
			Id: new("111122223333"), Email: new("alice@example.com"), Name: new("Ålice & Söhne"),
			Paths: []string{}, JoinedTimestamp: new(time.Unix(1777777777, 123_456_789)),
		}},
	},
	{
		orgapi.DeletePolicy.Operation, // has no output
		&organizations.DeletePolicyInput{PolicyId: new("p-examplepolicyid")},
		&orgapi.DeletePolicyOutput{},
	},
	{
		trailapi.LookupEvents.Operation,
		&cloudtrail.LookupEventsInput{
			StartTime: new(time.Unix(1777777777, 500_000_000)), MaxResults: new(int32(50)),
			LookupAttributes: []trailtypes.LookupAttribute{{AttributeKey: trailtypes.LookupAttributeKeyEventName, AttributeValue: new("CreateUser")}},
		},
		&trailapi.LookupEventsOutput{NextToken: new("more"), Events: []trailapi.Event{{
			EventId: new("01"), EventTime: new(time.Unix(1777777777, 0)), CloudTrailEvent: new(`{"eventName":"CreateUser"}`),
			Resources: []trailapi.Resource{{ResourceType: new("AWS::IAM::User"), ResourceName: new("alice")}},
		}}},
	},
	{
		trailapi.ListPublicKeys.Operation, // blobs
		&cloudtrail.ListPublicKeysInput{},
		&trailapi.ListPublicKeysOutput{PublicKeyList: []trailapi.PublicKey{{Value: []byte("\x00\x01\xff"), Fingerprint: new("ab"), ValidityStartTime: new(time.Unix(0, 0))}}},
	},
}

// TestRecorded compares what the SDK sends, what we understand and what we answer, byte
// by byte, with testdata/recorded.txtar. Run it with -update to record it anew, and
// read the difference.
func TestRecorded(t *testing.T) {
	const file = "testdata/recorded.txtar"
	got := &txtar.Archive{Comment: []byte("Calls of the AWS SDK for Go, recorded with: go test ./wire/awsjson -run TestRecorded -update\n\n")}
	add := func(op *api.Operation, kind string, data []byte) {
		got.Files = append(got.Files, txtar.File{Name: op.Name + "/" + kind, Data: append(data, '\n')})
	}
	for _, c := range recorded {
		client := sdk(c.op.Service, func(r *http.Request, body []byte) (int, []byte) {
			in, err := Decode(c.op, body)
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			tree, err := json.MarshalIndent(map[string]any{"in": api.Tree{Structure: in}, "out": api.Tree{Structure: c.out}}, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			answer := AppendResponse(nil, c.op, c.out)
			add(c.op, "request", []byte("X-Amz-Target: "+r.Header.Get("X-Amz-Target")+"\nContent-Type: "+r.Header.Get("Content-Type")+"\n\n"+string(body)))
			add(c.op, "audit.json", tree)
			add(c.op, "response", answer)
			return 200, answer
		})
		r := reflect.ValueOf(client).MethodByName(c.op.Name).Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(c.in)})
		if err, _ := r[1].Interface().(error); err != nil {
			t.Fatalf("%s: %v", c.op.Name, err)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
