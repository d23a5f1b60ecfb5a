package iam

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func lastAccessedOperations() []service.Operation {
	return []service.Operation{
		service.Read(iamapi.ListPoliciesGrantingServiceAccess, func(c *service.Call, in *iamapi.ListPoliciesGrantingServiceAccessInput) ([]authz.Target, error) {
			return on(c, "ListPoliciesGrantingServiceAccess", in.Arn), nil
		}, listPoliciesGrantingServiceAccess),
		service.Write(iamapi.GenerateServiceLastAccessedDetails, func(c *service.Call, in *iamapi.GenerateServiceLastAccessedDetailsInput) ([]authz.Target, error) {
			return on(c, "GenerateServiceLastAccessedDetails", in.Arn), nil
		}, generateServiceLastAccessedDetails),
		service.Read(iamapi.GetServiceLastAccessedDetails,
			onAccount[iamapi.GetServiceLastAccessedDetailsInput]("GetServiceLastAccessedDetails"), getServiceLastAccessedDetails),
		service.Read(iamapi.GetServiceLastAccessedDetailsWithEntities,
			onAccount[iamapi.GetServiceLastAccessedDetailsWithEntitiesInput]("GetServiceLastAccessedDetailsWithEntities"), getServiceLastAccessedDetailsWithEntities),
	}
}

func listPoliciesGrantingServiceAccess(c *service.Call, in *iamapi.ListPoliciesGrantingServiceAccessInput) (*iamapi.ListPoliciesGrantingServiceAccessOutput, error) {
	a := c.Account()
	o, err := a.OwnerByARN(in.Arn)
	if err != nil {
		return nil, err
	}
	namespaces := slices.Compact(slices.Sorted(slices.Values(in.ServiceNamespaces)))
	page, err := service.PageOf(c, "policies granting "+o.ID+" "+strings.Join(namespaces, " "), in.Marker, nil, namespaces, func(s string) string { return s })
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListPoliciesGrantingServiceAccessOutput{
		IsTruncated: &page.Truncated, Marker: page.Marker, PoliciesGrantingServiceAccess: []iamapi.ListPoliciesGrantingServiceAccessEntry{},
	}
	for _, namespace := range page.Items {
		entry := iamapi.ListPoliciesGrantingServiceAccessEntry{ServiceNamespace: &namespace, Policies: []iamapi.PolicyGrantingServiceAccess{}}
		for _, g := range a.Grants(o, namespace) {
			entry.Policies = append(entry.Policies, grantShape(g))
		}
		out.PoliciesGrantingServiceAccess = append(out.PoliciesGrantingServiceAccess, entry)
	}
	return out, nil
}

// grantShape is a policy that grants something. Only inline policies tell whose they
// are, and only managed ones have an ARN.
func grantShape(g identity.Grant) iamapi.PolicyGrantingServiceAccess {
	if !g.Inline {
		return iamapi.PolicyGrantingServiceAccess{PolicyName: g.Name, PolicyType: "MANAGED", PolicyArn: &g.ARN}
	}
	return iamapi.PolicyGrantingServiceAccess{
		PolicyName: g.Name, PolicyType: "INLINE", EntityType: new(strings.ToUpper(g.OwnerOf.Type)), EntityName: &g.OwnerOf.Name,
	}
}

func generateServiceLastAccessedDetails(c *service.Call, in *iamapi.GenerateServiceLastAccessedDetailsInput) (*iamapi.GenerateServiceLastAccessedDetailsOutput, error) {
	id, err := service.NewUUID(c.Random)
	if err != nil {
		return nil, err
	}
	r, err := c.Edit().NewAccessReport(id, in.Arn, service.Or(in.Granularity, "SERVICE_LEVEL") == "ACTION_LEVEL", accesses(c))
	if err != nil {
		return nil, err
	}
	return &iamapi.GenerateServiceLastAccessedDetailsOutput{JobId: &r.ID}, nil
}

// accesses are the last accesses that the server knows of.
func accesses(c *service.Call) identity.Accesses {
	return func(ids []string) map[string][]identity.Access { return c.Tools.Accesses(c.Caller.Account, ids) }
}

func getServiceLastAccessedDetails(c *service.Call, in *iamapi.GetServiceLastAccessedDetailsInput) (*iamapi.GetServiceLastAccessedDetailsOutput, error) {
	r, err := c.Account().AccessReport(in.JobId)
	if err != nil {
		return nil, err
	}
	page, err := service.PageOf(c, "accessed services "+r.ID, in.Marker, in.MaxItems, r.Services, func(s identity.AccessedService) string { return s.Namespace })
	if err != nil {
		return nil, err
	}
	out := &iamapi.GetServiceLastAccessedDetailsOutput{
		JobStatus: "COMPLETED", JobType: new("SERVICE_LEVEL"), JobCreationDate: r.CreateDate, JobCompletionDate: r.CreateDate,
		IsTruncated: &page.Truncated, Marker: page.Marker, ServicesLastAccessed: []iamapi.ServiceLastAccessed{},
	}
	if r.ActionLevel {
		out.JobType = new("ACTION_LEVEL")
	}
	for _, s := range page.Items {
		out.ServicesLastAccessed = append(out.ServicesLastAccessed, accessedShape(c, s))
	}
	return out, nil
}

func accessedShape(c *service.Call, s identity.AccessedService) iamapi.ServiceLastAccessed {
	shape := iamapi.ServiceLastAccessed{ServiceName: s.Namespace, ServiceNamespace: s.Namespace, TotalAuthenticatedEntities: new(int32(s.Entities))}
	if known, ok := c.Tools.Site.Library.Service(s.Namespace); ok {
		shape.ServiceName = known.Name()
	}
	if l := s.Last; l != nil {
		shape.LastAuthenticated, shape.LastAuthenticatedEntity, shape.LastAuthenticatedRegion = &l.Time, &l.EntityARN, &l.Region
	}
	for _, a := range s.Actions {
		action := iamapi.TrackedActionLastAccessed{ActionName: &a.Name}
		if l := a.Last; l != nil {
			action.LastAccessedTime, action.LastAccessedEntity, action.LastAccessedRegion = &l.Time, &l.EntityARN, &l.Region
		}
		shape.TrackedActionsLastAccessed = append(shape.TrackedActionsLastAccessed, action)
	}
	return shape
}

func getServiceLastAccessedDetailsWithEntities(c *service.Call, in *iamapi.GetServiceLastAccessedDetailsWithEntitiesInput) (*iamapi.GetServiceLastAccessedDetailsWithEntitiesOutput, error) {
	a := c.Account()
	r, err := a.AccessReport(in.JobId)
	if err != nil {
		return nil, err
	}
	entities, err := a.AccessingEntities(r, in.ServiceNamespace, c.Now, accesses(c))
	if err != nil {
		return nil, err
	}
	page, err := service.PageAt(c, "accessing entities "+r.ID+" "+in.ServiceNamespace, in.Marker, in.MaxItems, entities)
	if err != nil {
		return nil, err
	}
	out := &iamapi.GetServiceLastAccessedDetailsWithEntitiesOutput{
		JobStatus: "COMPLETED", JobCreationDate: r.CreateDate, JobCompletionDate: r.CreateDate,
		IsTruncated: &page.Truncated, Marker: page.Marker, EntityDetailsList: []iamapi.EntityDetails{},
	}
	for _, e := range page.Items {
		details := iamapi.EntityDetails{EntityInfo: iamapi.EntityInfo{
			Arn: e.ARN, Name: e.Name, Type: strings.ToUpper(e.Type), Id: e.ID, Path: &e.Path,
		}}
		if e.Last != nil {
			details.LastAuthenticated = &e.Last.Time
		}
		out.EntityDetailsList = append(out.EntityDetailsList, details)
	}
	return out, nil
}
