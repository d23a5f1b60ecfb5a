package awsquery

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
)

var update = flag.Bool("update", false, "record testdata/recorded.txtar anew")

// recorded are calls that the Go SDK makes, with what we answer.
var recorded = []struct {
	op  *api.Operation
	in  any
	out api.Structure
}{
	{
		iamapi.CreateRole.Operation,
		&iam.CreateRoleInput{
			RoleName: new("deploy"), Path: new("/ci/"), MaxSessionDuration: new(int32(3600)),
			AssumeRolePolicyDocument: new(`{"Version": "2012-10-17", "Statement": []}`),
			Tags:                     []types.Tag{{Key: new("team"), Value: new("red + blue")}, {Key: new("empty"), Value: new("")}},
		},
		&iamapi.CreateRoleOutput{Role: iamapi.Role{
			Path: "/ci/", RoleName: "deploy", RoleId: "AROAEXAMPLE", Arn: "arn:aws:iam::123456789012:role/ci/deploy",
			CreateDate: time.Unix(1777777777, 0), AssumeRolePolicyDocument: new("%7B%22a%22%7D"),
			Tags: []iamapi.Tag{{Key: "team", Value: "red + blue"}, {Key: "empty", Value: ""}},
		}},
	},
	{
		iamapi.UntagUser.Operation,
		&iam.UntagUserInput{UserName: new("alice"), TagKeys: []string{"a b", "c+d", "é"}},
		&iamapi.UntagUserOutput{},
	},
	{
		iamapi.TagUser.Operation, // the SDK sends an empty list as its bare name
		&iam.TagUserInput{UserName: new("alice"), Tags: []types.Tag{}},
		&iamapi.TagUserOutput{},
	},
	{
		iamapi.SimulateCustomPolicy.Operation,
		&iam.SimulateCustomPolicyInput{
			ActionNames: []string{"s3:GetObject"}, PolicyInputList: []string{"{}"},
			ContextEntries: []types.ContextEntry{{
				ContextKeyName: new("aws:TagKeys"), ContextKeyType: types.ContextKeyTypeEnumStringList, ContextKeyValues: []string{"x", "y"},
			}},
		},
		&iamapi.SimulateCustomPolicyOutput{IsTruncated: new(false), EvaluationResults: []iamapi.EvaluationResult{{
			EvalActionName: "s3:GetObject", EvalResourceName: new("*"), EvalDecision: iamapi.PolicyEvaluationDecisionTypeImplicitDeny,
			MatchedStatements: []iamapi.Statement{}, MissingContextValues: []string{},
			EvalDecisionDetails: map[string]string{"b": "allowed", "a": "implicitDeny"},
		}}},
	},
	{
		stsapi.AssumeRole.Operation,
		&sts.AssumeRoleInput{
			RoleArn: new("arn:aws:iam::123456789012:role/deploy"), RoleSessionName: new("alice@example.com"), DurationSeconds: new(int32(900)),
			PolicyArns:        []ststypes.PolicyDescriptorType{{Arn: new("arn:aws:iam::aws:policy/ReadOnlyAccess")}},
			TransitiveTagKeys: []string{"team"}, Tags: []ststypes.Tag{{Key: new("team"), Value: new("red")}},
		},
		&stsapi.AssumeRoleOutput{
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
	const file = "testdata/recorded.txtar"
	got := &txtar.Archive{Comment: []byte("Calls of the AWS SDK for Go, recorded with: go test ./wire/awsquery -run TestRecorded -update\n\n")}
	add := func(op *api.Operation, kind string, data []byte) {
		got.Files = append(got.Files, txtar.File{Name: op.Name + "/" + kind, Data: append(data, '\n')})
	}
	for _, c := range recorded {
		client := sdk(c.op.Service, func(body string) (int, []byte) {
			in, err := decode(body)
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			tree, err := json.MarshalIndent(map[string]any{"in": api.Tree{Structure: in}, "out": api.Tree{Structure: c.out}}, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			answer := AppendResponse(nil, c.op, c.out, "id")
			add(c.op, "request", []byte(body))
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
