package awsquery

import (
	"flag"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/wire/wiretest"
)

var update = flag.Bool("update", false, "record testdata/recorded.txtar anew")

// recorded are calls that the Go SDK makes, with what we answer.
var recorded = []wiretest.Call{
	{
		Op: iamapi.CreateRole.Operation,
		In: &iam.CreateRoleInput{
			RoleName: new("deploy"), Path: new("/ci/"), MaxSessionDuration: new(int32(3600)),
			AssumeRolePolicyDocument: new(`{"Version": "2012-10-17", "Statement": []}`),
			Tags:                     []types.Tag{{Key: new("team"), Value: new("red + blue")}, {Key: new("empty"), Value: new("")}},
		},
		Out: &iamapi.CreateRoleOutput{Role: iamapi.Role{
			Path: "/ci/", RoleName: "deploy", RoleId: "AROAEXAMPLE", Arn: "arn:aws:iam::123456789012:role/ci/deploy",
			CreateDate: time.Unix(1777777777, 0), AssumeRolePolicyDocument: new("%7B%22a%22%7D"),
			Tags: []iamapi.Tag{{Key: "team", Value: "red + blue"}, {Key: "empty", Value: ""}},
		}},
	},
	{
		Op:  iamapi.UntagUser.Operation,
		In:  &iam.UntagUserInput{UserName: new("alice"), TagKeys: []string{"a b", "c+d", "é"}},
		Out: &iamapi.UntagUserOutput{},
	},
	{
		Op:  iamapi.TagUser.Operation, // the SDK sends an empty list as its bare name
		In:  &iam.TagUserInput{UserName: new("alice"), Tags: []types.Tag{}},
		Out: &iamapi.TagUserOutput{},
	},
	{
		Op: iamapi.SimulateCustomPolicy.Operation,
		In: &iam.SimulateCustomPolicyInput{
			ActionNames: []string{"s3:GetObject"}, PolicyInputList: []string{"{}"},
			ContextEntries: []types.ContextEntry{{
				ContextKeyName: new("aws:TagKeys"), ContextKeyType: types.ContextKeyTypeEnumStringList, ContextKeyValues: []string{"x", "y"},
			}},
		},
		Out: &iamapi.SimulateCustomPolicyOutput{IsTruncated: new(false), EvaluationResults: []iamapi.EvaluationResult{{
			EvalActionName: "s3:GetObject", EvalResourceName: new("*"), EvalDecision: iamapi.PolicyEvaluationDecisionTypeImplicitDeny,
			MatchedStatements: []iamapi.Statement{}, MissingContextValues: []string{},
			EvalDecisionDetails: map[string]string{"b": "allowed", "a": "implicitDeny"},
		}}},
	},
	{
		Op: stsapi.AssumeRole.Operation,
		In: &sts.AssumeRoleInput{
			RoleArn: new("arn:aws:iam::123456789012:role/deploy"), RoleSessionName: new("alice@example.com"), DurationSeconds: new(int32(900)),
			PolicyArns:        []ststypes.PolicyDescriptorType{{Arn: new("arn:aws:iam::aws:policy/ReadOnlyAccess")}},
			TransitiveTagKeys: []string{"team"}, Tags: []ststypes.Tag{{Key: new("team"), Value: new("red")}},
		},
		Out: &stsapi.AssumeRoleOutput{
			Credentials:      &stsapi.Credentials{AccessKeyId: "ASIAEXAMPLE", SecretAccessKey: "a/b+c=", SessionToken: "token", Expiration: time.Unix(1777777777, 0)},
			AssumedRoleUser:  &stsapi.AssumedRoleUser{AssumedRoleId: "AROAEXAMPLE:alice@example.com", Arn: "arn:aws:sts::123456789012:assumed-role/deploy/alice@example.com"},
			PackedPolicySize: new(int32(1)),
		},
	},
}

// TestRecorded compares what the SDK sends, what we understand and what we answer, byte
// by byte, with testdata/recorded.txtar. Run it with -update to record it anew, and
// read the difference.
func TestRecorded(t *testing.T) {
	wiretest.Recording{
		Package: "awsquery", Calls: recorded, Client: sdk,
		Serve: func(c wiretest.Call, _ *http.Request, body []byte) (in api.Structure, request, answer []byte, err error) {
			in, err = decode(string(body))
			return in, body, AppendResponse(nil, c.Op, c.Out, "id"), err
		},
	}.Compare(t, *update)
}
