package server_test

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// storyOfLastAccessed: a user who has used IAM, once in vain, and a group that it is
// in. The reports tell when, by which policies it might, and who else.
func storyOfLastAccessed(t *testing.T, ctx context.Context, s *servertest.Server, c *iam.Client) {
	must[*iam.CreateGroupOutput](t)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("Readers")}))
	must[*iam.AttachGroupPolicyOutput](t)(c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: new("Readers"), PolicyArn: new("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")}))
	reader := s.User(t, "reader", allow("iam:Get*"))
	for _, name := range []string{"reader", "idle"} {
		if name == "idle" {
			must[*iam.CreateUserOutput](t)(c.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))
		}
		must[*iam.AddUserToGroupOutput](t)(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: new("Readers"), UserName: &name}))
	}
	must[*iam.GetUserOutput](t)(reader.IAM.GetUser(ctx, &iam.GetUserInput{}))
	if _, err := reader.IAM.ListUsers(ctx, &iam.ListUsersInput{}); code(err) != "AccessDenied" {
		t.Errorf("ListUsers: %v, want AccessDenied", err)
	}

	arn := "arn:aws:iam::111122223333:user/reader"
	grants := must[*iam.ListPoliciesGrantingServiceAccessOutput](t)(c.ListPoliciesGrantingServiceAccess(ctx, &iam.ListPoliciesGrantingServiceAccessInput{
		Arn: &arn, ServiceNamespaces: []string{"s3", "iam", "ec2"},
	})).PoliciesGrantingServiceAccess
	if len(grants) != 3 || len(grants[0].Policies) != 0 || len(grants[1].Policies) != 1 || len(grants[2].Policies) != 1 {
		t.Fatalf("grants %+v, want none of ec2, one of iam, one of s3", grants)
	}
	if p := grants[1].Policies[0]; p.PolicyType != types.PolicyTypeInline || p.PolicyArn != nil || p.EntityType != types.PolicyOwnerEntityTypeUser || *p.EntityName != "reader" {
		t.Errorf("inline policy %+v", p)
	}
	if p := grants[2].Policies[0]; p.PolicyType != types.PolicyTypeManaged || *p.PolicyArn != "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" || p.EntityName != nil {
		t.Errorf("managed policy %+v", p)
	}

	report := func(arn string, g types.AccessAdvisorUsageGranularityType) (string, map[string]types.ServiceLastAccessed) {
		job := must[*iam.GenerateServiceLastAccessedDetailsOutput](t)(c.GenerateServiceLastAccessedDetails(ctx, &iam.GenerateServiceLastAccessedDetailsInput{Arn: &arn, Granularity: g})).JobId
		services, order := map[string]types.ServiceLastAccessed{}, []string{}
		in := &iam.GetServiceLastAccessedDetailsInput{JobId: job, MaxItems: new(int32(2))}
		for {
			out := must[*iam.GetServiceLastAccessedDetailsOutput](t)(c.GetServiceLastAccessedDetails(ctx, in))
			if out.JobStatus != types.JobStatusTypeCompleted || out.JobType != g && g != "" {
				t.Fatalf("job %s of type %s", out.JobStatus, out.JobType)
			}
			for _, s := range out.ServicesLastAccessed {
				services[*s.ServiceNamespace], order = s, append(order, *s.ServiceNamespace)
			}
			if in.Marker = out.Marker; !out.IsTruncated {
				break
			}
		}
		if !slices.IsSorted(order) || len(order) != len(services) {
			t.Errorf("services %v are not in order, each once", order)
		}
		return *job, services
	}
	_, services := report(arn, types.AccessAdvisorUsageGranularityTypeActionLevel)
	used, s3 := services["iam"], services["s3"]
	if used.LastAuthenticated == nil || *used.LastAuthenticatedEntity != arn || *used.TotalAuthenticatedEntities != 1 || *used.LastAuthenticatedRegion != "us-east-1" {
		t.Errorf("iam %+v", used)
	}
	if *s3.ServiceName != "Amazon S3" || s3.LastAuthenticated != nil || *s3.TotalAuthenticatedEntities != 0 || s3.TrackedActionsLastAccessed != nil {
		t.Errorf("s3 %+v, want no use", s3)
	}
	if _, ok := services["ec2"]; ok || len(services) > 10 {
		t.Errorf("%d services, want those of the policies alone", len(services))
	}
	for _, a := range used.TrackedActionsLastAccessed {
		if accessed := a.LastAccessedTime != nil; accessed != (*a.ActionName == "GetUser") {
			t.Errorf("%s accessed %t", *a.ActionName, accessed)
		}
		if *a.ActionName == "ListUsers" {
			t.Error("an action that no policy allows is listed")
		}
	}

	job, services := report("arn:aws:iam::111122223333:group/Readers", "")
	if _, ok := services["iam"]; ok || services["s3"].ServiceNamespace == nil {
		t.Errorf("the group's services are %v", services)
	}
	entities := must[*iam.GetServiceLastAccessedDetailsWithEntitiesOutput](t)(c.GetServiceLastAccessedDetailsWithEntities(ctx, &iam.GetServiceLastAccessedDetailsWithEntitiesInput{
		JobId: &job, ServiceNamespace: new("iam"),
	})).EntityDetailsList
	if len(entities) != 2 || *entities[0].EntityInfo.Name != "reader" || entities[0].LastAuthenticated == nil || entities[1].LastAuthenticated != nil {
		t.Errorf("entities %+v, want the reader, who has used it, and the idle one", entities)
	}
	_, services = report("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", types.AccessAdvisorUsageGranularityTypeServiceLevel)
	if *services["s3"].TotalAuthenticatedEntities != 0 {
		t.Errorf("the policy's services are %v", services)
	}

	for _, unknown := range []string{"arn:aws:iam::111122223333:user/nobody", "arn:aws:iam::444455556666:user/reader", "arn:aws:iam::111122223333:root/xxx"} {
		if _, err := c.GenerateServiceLastAccessedDetails(ctx, &iam.GenerateServiceLastAccessedDetailsInput{Arn: &unknown}); code(err) != "NoSuchEntity" {
			t.Errorf("a report on %s: %v, want NoSuchEntity", unknown, err)
		}
	}
	if _, err := c.GetServiceLastAccessedDetails(ctx, &iam.GetServiceLastAccessedDetailsInput{JobId: new("00000000-0000-0000-0000-000000000000")}); code(err) != "NoSuchEntity" {
		t.Errorf("a job that is not there: %v, want NoSuchEntity", err)
	}
}
