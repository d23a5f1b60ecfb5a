package iam

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

func organizationReportOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.GenerateOrganizationsAccessReport, accessReportTargets, generateOrganizationsAccessReport),
		service.Read(iamapi.GetOrganizationsAccessReport, onAccount[iamapi.GetOrganizationsAccessReportInput]("GetOrganizationsAccessReport"), getOrganizationsAccessReport),
	}
}

func accessReportTargets(c *service.Call, in *iamapi.GenerateOrganizationsAccessReportInput) ([]authz.Target, error) {
	var keys []authz.Key
	if in.OrganizationsPolicyId != nil {
		keys = append(keys, authz.Value("iam:OrganizationsPolicyId", *in.OrganizationsPolicyId))
	}
	return on(c, "GenerateOrganizationsAccessReport", c.Account().CollectionARN("access-report")+in.EntityPath, keys...), nil
}

// generateOrganizationsAccessReport is the management account's. AWS's answer to others
// is not documented.
func generateOrganizationsAccessReport(c *service.Call, in *iamapi.GenerateOrganizationsAccessReportInput) (*iamapi.GenerateOrganizationsAccessReportOutput, error) {
	o, ok := organization.OfAccount(c.World, c.Caller.Account)
	switch {
	case !ok:
		return nil, apierror.New(apierror.AccessDenied, "You must be signed in using the credentials of your organization's management account; your account is not a member of an organization.")
	case o.Facts().Management != c.Caller.Account:
		return nil, apierror.New(apierror.AccessDenied, "You must be signed in using the credentials of your organization's management account.")
	}
	services, err := o.AccessReport(c.Tools.Site.Library, in.EntityPath, service.Or(in.OrganizationsPolicyId, ""), c.Now, func(account string) map[string][]identity.Access {
		return c.Tools.Accesses(account, nil)
	})
	if err != nil {
		return nil, err
	}
	id, err := service.NewUUID(c.Random)
	if err != nil {
		return nil, err
	}
	c.Edit().NewOrganizationReport(id, in.EntityPath, services)
	return &iamapi.GenerateOrganizationsAccessReportOutput{JobId: &id}, nil
}

func getOrganizationsAccessReport(c *service.Call, in *iamapi.GetOrganizationsAccessReportInput) (*iamapi.GetOrganizationsAccessReportOutput, error) {
	r, err := c.Account().OrganizationReport(in.JobId)
	if err != nil {
		return nil, err
	}
	services, sortKey, idle := slices.Clone(r.Services), service.Or(in.SortKey, "SERVICE_NAMESPACE_ASCENDING"), 0
	for _, s := range services {
		if s.Last == nil {
			idle++
		}
	}
	slices.SortStableFunc(services, byReportKey(sortKey))
	page, err := service.PageAt(c, "access report "+r.ID+" "+sortKey, in.Marker, in.MaxItems, services)
	if err != nil {
		return nil, err
	}
	out := &iamapi.GetOrganizationsAccessReportOutput{
		JobStatus: "COMPLETED", JobCreationDate: r.CreateDate, JobCompletionDate: &r.CreateDate, IsTruncated: &page.Truncated, Marker: page.Marker,
		NumberOfServicesAccessible: new(int32(len(services))), NumberOfServicesNotAccessed: new(int32(idle)), AccessDetails: []iamapi.AccessDetail{},
	}
	for _, s := range page.Items {
		d := iamapi.AccessDetail{ServiceName: s.Namespace, ServiceNamespace: s.Namespace, TotalAuthenticatedEntities: new(int32(s.Entities))}
		if known, ok := c.Tools.Site.Library.Service(s.Namespace); ok {
			d.ServiceName = known.Name()
		}
		if s.Last != nil {
			d.Region, d.EntityPath, d.LastAuthenticatedTime = &s.Last.Region, &s.Last.EntityARN, &s.Last.Time
		}
		out.AccessDetails = append(out.AccessDetails, d)
	}
	return out, nil
}

// byReportKey orders services of a report, which come in order of their namespaces, by a
// sort key. Who was never used comes before all others.
func byReportKey(key string) func(x, y identity.AccessedService) int {
	order := func(x, y identity.AccessedService) int { return cmp.Compare(x.Namespace, y.Namespace) }
	if strings.HasPrefix(key, "LAST_AUTHENTICATED_TIME_") {
		order = func(x, y identity.AccessedService) int { return lastOf(x).Compare(lastOf(y)) }
	}
	if strings.HasSuffix(key, "_DESCENDING") {
		return func(x, y identity.AccessedService) int { return order(y, x) }
	}
	return order
}

func lastOf(s identity.AccessedService) time.Time {
	if s.Last == nil {
		return time.Time{}
	}
	return s.Last.Time
}
