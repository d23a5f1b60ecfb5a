package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/wire/awsjson"
	"github.com/keyreeve/keyreeve/wire/awsquery"
	"github.com/keyreeve/keyreeve/wire/constraint"
)

// candidates are strings of which one satisfies the constraints of every string
// of the models. named are those of members whose text has a meaning.
var (
	candidates = []string{
		"somebody", "/team/", "123456", "arn:aws:iam::111122223333:policy/kept", "111122223333", "o-abcdefghij/r-abcd", "o-abcdefghij",
		"p-abcdefgh1", "https://example.com/back", "v1", "AKIAIOSFODNN7EXAMPLE", "ABCDEFGHIJKLMNOPQRSTUV12", "arn-of-something", "ES384", "9b3c1c5e-6a5d-4a38-8a4b-0d1f2a3b4c5d",
		"r-abcd", "ou-abcd-abcdefgh", "h-abcdefgh", "car-abcdefgh", "rp-abcd", "rt-abcdefgh", "alice@example.com",
		strings.Repeat("0123456789", 4), strings.Repeat("01:", 15) + "01a", strings.Repeat("long ", 300),
	}
	named = map[string]string{
		"PolicyDocument": allow("s3:*"), "AssumeRolePolicyDocument": trustAccount, "PolicyInputList": allow("s3:*"),
		"ActionNames": "s3:GetObject", "PolicySourceArn": "arn:aws:iam::111122223333:user/kept", "RoleArn": "arn:aws:iam::111122223333:role/kept",
		"PermissionsBoundary": "arn:aws:iam::111122223333:policy/kept", "AWSServiceName": "ecs.amazonaws.com",
		"TargetPrincipal": "444455556666", "arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy", "EntityArn": "arn:aws:iam::111122223333:delegation-request/none-of-this-id",
		"EntityPath": "o-a1b2c3d4e5/r-f6g7h8i9j0", "NotificationChannel": "arn:aws:sns:eu-central-1:111122223333:updates",
	}
)

// minimal is the smallest call that the API model takes as valid, in the protocol of its
// service; credentials are to be added.
func minimal(t testing.TB, op *api.Operation) signedCall {
	t.Helper()
	v := valueOf(t, op.Name, op.Input)
	if err := constraint.Check(v, constraint.StyleOf(op.Service)); err != nil {
		t.Fatalf("the input that was made for %s is not valid: %v", op.Name, err)
	}
	in := op.NewInput()
	in.Decode(v)
	if op.Service.Protocol == "json" {
		return jsonCall(op.Service, op.Name, string(awsjson.AppendRequest(nil, in)))
	}
	return signedCall{scope: op.Service.SigningName, body: string(awsquery.AppendRequest(nil, op, in))}
}

// jsonCall is a call of a service that speaks JSON.
func jsonCall(s *api.Service, action, body string) signedCall {
	return signedCall{scope: s.SigningName, body: body, header: map[string]string{
		"Content-Type": awsjson.ContentType, "X-Amz-Target": s.TargetPrefix + "." + action,
	}}
}

// by is the call with credentials.
func (c signedCall) by(creds aws.Credentials) signedCall {
	c.creds = creds
	return c
}

// spelled is how a service calls an error that is common to all services.
func spelled(s *api.Service, code string) string {
	if s.Protocol != "json" || code == "" {
		return code
	}
	return string(apierror.Of(awsjson.Named(apierror.New(apierror.Code(code), ""))).Code)
}

// valueOf makes the smallest valid value of a shape, which is that of the member
// name.
func valueOf(t testing.TB, name string, s *api.Shape) *api.Value {
	v := &api.Value{Shape: s}
	switch s.Type {
	case api.StructureType:
		v.Members = make([]*api.Value, len(s.Members))
		for i, m := range s.Members {
			if m.Required {
				v.Members[i] = valueOf(t, m.Name, m.Shape)
				if m.Shape.Type == api.StructureType && !slices.ContainsFunc(v.Members[i].Members, func(v *api.Value) bool { return v != nil }) {
					// On the wire, a structure that has no member is not there.
					first := m.Shape.Members[0]
					v.Members[i].Members[0] = valueOf(t, first.Name, first.Shape)
				}
			}
		}
	case api.ListType:
		v.Items = []*api.Value{valueOf(t, name, s.Element.Shape)}
	case api.StringType:
		v.String = textOf(t, name, s)
	case api.IntegerType, api.LongType:
		v.Integer = 1
		if s.Min != nil {
			v.Integer = *s.Min
		}
	case api.BooleanType:
		v.Bool = true
	case api.BlobType:
		v.Blob = []byte("blob")
	case api.TimestampType:
		v.Time = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	default:
		t.Fatalf("no value of the type %d for %s", s.Type, name)
	}
	return v
}

func textOf(t testing.TB, name string, s *api.Shape) string {
	of := candidates
	if s.Enum != nil {
		of = s.Enum
	} else if text, ok := named[name]; ok {
		of = []string{text}
	}
	holder := &api.Shape{Type: api.StructureType, Members: []*api.Member{{Name: "X", Shape: s}}}
	for _, text := range of {
		v := &api.Value{Shape: holder, Members: []*api.Value{{Shape: s, String: text}}}
		if constraint.Check(v, constraint.Style{}) == nil {
			return text
		}
	}
	t.Fatalf("no text for %s (%s)", name, s.Name)
	return ""
}
