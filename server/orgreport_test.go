package server_test

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// TestOrganizationsAccessReport: which services the SCPs of something let its accounts
// use, and which accounts have tried to.
func TestOrganizationsAccessReport(t *testing.T) {
	w := railed(t)
	ctx := context.Background()
	eve, bob := w.userOf(t, w.first, "eve"), w.userOf(t, w.second, "bob")
	noS3 := w.scp(t, `{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}`, w.unit)
	some := w.scp(t, `{"Effect": "Allow", "Action": ["iam:*", "sqs:*"], "Resource": "*"}`)
	must[*sts.GetCallerIdentityOutput](t)(eve.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	wantError(t, "bob", listUsers(bob), "")
	root, unit := w.id+"/"+w.rootID, w.id+"/"+w.rootID+"/"+w.unit
	generate := func(c *iam.Client, path string, policy *string) (*string, error) {
		out, err := c.GenerateOrganizationsAccessReport(ctx, &iam.GenerateOrganizationsAccessReportInput{EntityPath: &path, OrganizationsPolicyId: policy})
		if err != nil {
			return nil, err
		}
		return out.JobId, nil
	}
	report := func(path string, policy *string, key iamtypes.SortKeyType) map[string]iamtypes.AccessDetail {
		t.Helper()
		in := &iam.GetOrganizationsAccessReportInput{JobId: must[*string](t)(generate(w.admin.IAM, path, policy)), SortKey: key, MaxItems: new(int32(100))}
		found, order, idle := map[string]iamtypes.AccessDetail{}, []string{}, 0
		for {
			out := must[*iam.GetOrganizationsAccessReportOutput](t)(w.admin.IAM.GetOrganizationsAccessReport(ctx, in))
			for _, d := range out.AccessDetails {
				found[*d.ServiceNamespace] = d
				order = append(order, *d.ServiceNamespace)
				if d.LastAuthenticatedTime == nil {
					idle++
				}
			}
			if in.Marker = out.Marker; !out.IsTruncated {
				if out.JobStatus != iamtypes.JobStatusTypeCompleted || int(*out.NumberOfServicesAccessible) != len(found) || int(*out.NumberOfServicesNotAccessed) != idle {
					t.Errorf("%s: %d services, %d idle, %+v", path, len(found), idle, out)
				}
				break
			}
		}
		switch key {
		case iamtypes.SortKeyTypeServiceNamespaceAscending:
			if !slices.IsSorted(order) {
				t.Errorf("%s: not in order: %v", path, order)
			}
		case iamtypes.SortKeyTypeLastAuthenticatedTimeDescending:
			if found[order[0]].LastAuthenticatedTime == nil {
				t.Errorf("%s: first is %s, which nobody used", path, order[0])
			}
		}
		return found
	}
	all := report(root, nil, iamtypes.SortKeyTypeLastAuthenticatedTimeDescending)
	accounts := []string{root + "/" + w.first, unit + "/" + w.second, root + "/111122223333"}
	if d := all["iam"]; *d.TotalAuthenticatedEntities != 2 || !slices.Contains(accounts, *d.EntityPath) || *d.Region != "us-east-1" || d.LastAuthenticatedTime == nil {
		t.Errorf("iam, of all: %s, %d", *d.EntityPath, *d.TotalAuthenticatedEntities)
	}
	if d := all["s3"]; d.ServiceName == nil || *d.TotalAuthenticatedEntities != 0 || d.EntityPath != nil || d.LastAuthenticatedTime != nil {
		t.Errorf("s3, of all: %+v", d)
	}
	below := report(unit+"/", nil, iamtypes.SortKeyTypeServiceNamespaceAscending)
	if _, ok := below["s3"]; ok || *below["iam"].TotalAuthenticatedEntities != 1 || len(below) != len(all)-1 {
		t.Errorf("of the unit: s3 %t, iam %+v, %d of %d services", ok, below["iam"], len(below), len(all))
	}
	account := report(root+"/"+w.first, nil, iamtypes.SortKeyTypeServiceNamespaceAscending)
	if d := account["iam"]; *d.TotalAuthenticatedEntities != 1 || *d.EntityPath != root+"/"+w.first || len(account) != len(all) {
		t.Errorf("of an account: %+v", d)
	}
	if of := report(root, &some, iamtypes.SortKeyTypeServiceNamespaceAscending); len(of) != 2 || of["sqs"].ServiceName == nil {
		t.Errorf("of a policy: %v", of)
	}
	for name, try := range map[string]struct {
		c      *iam.Client
		path   string
		policy *string
		want   string
	}{
		"no such unit":                 {w.admin.IAM, root + "/ou-aaaa-aaaaaaaa", nil, "InvalidInput"},
		"an account that is elsewhere": {w.admin.IAM, root + "/" + w.second, nil, "InvalidInput"},
		"another organization":         {w.admin.IAM, "o-aaaaaaaaaa/" + w.rootID, nil, "InvalidInput"},
		"no such policy":               {w.admin.IAM, root, new("p-aaaaaaaa"), "NoSuchEntity"},
		"a member":                     {eve.IAM, root, &noS3, "AccessDenied"},
	} {
		if _, err := generate(try.c, try.path, try.policy); code(err) != try.want {
			t.Errorf("%s: %v, want %s", name, err, try.want)
		}
	}
	id := must[*string](t)(generate(w.admin.IAM, root, nil))
	if _, err := w.admin.IAM.GetServiceLastAccessedDetails(ctx, &iam.GetServiceLastAccessedDetailsInput{JobId: id}); code(err) != "NoSuchEntity" {
		t.Errorf("as a report of a user: %v", err)
	}
	if _, err := eve.IAM.GetOrganizationsAccessReport(ctx, &iam.GetOrganizationsAccessReportInput{JobId: id}); code(err) != "NoSuchEntity" {
		t.Errorf("in another account: %v", err)
	}
}
