package iam

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/policy/template"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func delegationOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(iamapi.CreateDelegationRequest, createDelegationTargets, createDelegationRequest, changesDeployment),
		service.WriteElsewhere(iamapi.AssociateDelegationRequest, onDelegation("AssociateDelegationRequest", func(in *iamapi.AssociateDelegationRequestInput) string { return in.DelegationRequestId }),
			func(c *service.Call, in *iamapi.AssociateDelegationRequestInput) (*iamapi.AssociateDelegationRequestOutput, error) {
				return &iamapi.AssociateDelegationRequestOutput{}, deployment.Edit(c.Draft).AssociateDelegation(in.DelegationRequestId, c.Caller.Account, c.Caller.ARN, c.Now)
			}, changesDeployment),
		service.WriteElsewhere(iamapi.UpdateDelegationRequest, onDelegation("UpdateDelegationRequest", func(in *iamapi.UpdateDelegationRequestInput) string { return in.DelegationRequestId }),
			func(c *service.Call, in *iamapi.UpdateDelegationRequestInput) (*iamapi.UpdateDelegationRequestOutput, error) {
				return &iamapi.UpdateDelegationRequestOutput{}, deployment.Edit(c.Draft).UpdateDelegation(in.DelegationRequestId, c.Caller.Account, in.Notes, c.Now)
			}, changesDeployment),
		service.WriteElsewhere(iamapi.AcceptDelegationRequest, onDelegation("AcceptDelegationRequest", func(in *iamapi.AcceptDelegationRequestInput) string { return in.DelegationRequestId }), acceptDelegationRequest, changesDeployment),
		service.WriteElsewhere(iamapi.RejectDelegationRequest, onDelegation("RejectDelegationRequest", func(in *iamapi.RejectDelegationRequestInput) string { return in.DelegationRequestId }),
			func(c *service.Call, in *iamapi.RejectDelegationRequestInput) (*iamapi.RejectDelegationRequestOutput, error) {
				return &iamapi.RejectDelegationRequestOutput{}, deployment.Edit(c.Draft).RejectDelegation(in.DelegationRequestId, c.Caller.Account, in.Notes, c.Now)
			}, changesDeployment),
		service.WriteElsewhere(iamapi.SendDelegationToken, onDelegation("SendDelegationToken", func(in *iamapi.SendDelegationTokenInput) string { return in.DelegationRequestId }),
			func(c *service.Call, in *iamapi.SendDelegationTokenInput) (*iamapi.SendDelegationTokenOutput, error) {
				return &iamapi.SendDelegationTokenOutput{}, deployment.Edit(c.Draft).SendDelegationToken(in.DelegationRequestId, c.Caller.Account, c.Caller.ARN, c.Now)
			}, changesDeployment),
		service.Read(iamapi.GetDelegationRequest, onDelegation("GetDelegationRequest", func(in *iamapi.GetDelegationRequestInput) string { return in.DelegationRequestId }), getDelegationRequest),
		service.Read(iamapi.ListDelegationRequests, listDelegationTargets, listDelegationRequests),
		service.Read(iamapi.GetHumanReadableSummary, onDelegation("GetHumanReadableSummary", func(in *iamapi.GetHumanReadableSummaryInput) string { return delegationOf(in.EntityArn) }), getHumanReadableSummary),
	}
}

// changesDeployment: delegation requests are between accounts, and therefore the
// deployment's.
func changesDeployment[In any](*service.Call, *In) []state.AggregateID {
	return []state.AggregateID{state.Deployment}
}

// onDelegation is for operations on one request, as the caller's account sees it.
func onDelegation[In any](action string, id func(*In) string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) {
		t := on(c, action, c.Account().CollectionARN("delegation-request")+id(in))
		if r, err := c.Deployment().Delegation(id(in), c.Caller.Account); err == nil && r.OwnerID != "" {
			t[0] = t[0].With(authz.Value("iam:DelegationRequestOwner", r.OwnerID))
		}
		return t, nil
	}
}

// createDelegationTargets asks for all requests of the account, as the new one has no
// id yet.
func createDelegationTargets(c *service.Call, in *iamapi.CreateDelegationRequestInput) ([]authz.Target, error) {
	keys := []authz.Key{
		authz.Value("iam:DelegationDuration", strconv.Itoa(int(in.SessionDuration))), authz.Value("iam:NotificationChannel", in.NotificationChannel),
	}
	if in.Permissions.PolicyTemplateArn != nil {
		keys = append(keys, authz.Value("iam:TemplateArn", *in.Permissions.PolicyTemplateArn))
	}
	return on(c, "CreateDelegationRequest", c.Account().CollectionARN("delegation-request")+"*", keys...), nil
}

func createDelegationRequest(c *service.Call, in *iamapi.CreateDelegationRequestInput) (*iamapi.CreateDelegationRequestOutput, error) {
	text, parameters, err := delegatedPolicy(c, in.Permissions)
	if err != nil {
		return nil, err
	}
	boundaries, err := deployment.Delegable(text)
	if err != nil {
		return nil, err
	}
	if err := checkChannel(c, in.NotificationChannel); err != nil {
		return nil, err
	}
	id, err := service.NewUUID(c.Random)
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateDelegationRequestOutput{DelegationRequestId: &id}, deployment.Edit(c.Draft).CreateDelegation(deployment.DelegationRequest{
		ID: id, Requestor: c.Caller.Account, Workflow: in.RequestorWorkflowId, OwnerAccount: service.Or(in.OwnerAccountId, ""),
		Description: in.Description, Message: in.RequestMessage, RedirectURL: in.RedirectUrl, Channel: in.NotificationChannel,
		TemplateARN: *in.Permissions.PolicyTemplateArn, Parameters: parameters, Policy: text, Boundaries: boundaries,
		SessionDuration: int(in.SessionDuration), OnlySendByOwner: service.Or(in.OnlySendByOwner, false),
	}, c.Quota(deployment.DelegationsQuota), c.Now)
}

// delegatedPolicy fills in the template that a request names. AWS has templates
// registered with it; here a template is a managed policy of the requestor's account,
// or one of AWS's.
func delegatedPolicy(c *service.Call, p iamapi.DelegationPermission) (string, []template.Parameter, error) {
	if p.PolicyTemplateArn == nil {
		return "", nil, apierror.New(apierror.InvalidInput, "A delegation request needs a policy template.")
	}
	a := c.Account()
	policy, ok := a.ManagedPolicy(*p.PolicyTemplateArn)
	if !ok {
		return "", nil, apierror.New(apierror.InvalidInput, "The policy template %s does not exist.", *p.PolicyTemplateArn)
	}
	var parameters []template.Parameter
	for _, q := range p.Parameters {
		parameters = append(parameters, template.Parameter{Name: service.Or(q.Name, ""), Values: q.Values, List: service.Or(q.Type, "string") == "stringList"})
	}
	for _, v := range a.Versions(policy) {
		if v.Default {
			text, err := template.Render(v.Document, parameters)
			if err != nil {
				return "", nil, apierror.New(apierror.InvalidInput, "The policy template cannot be filled in: %s.", err)
			}
			return text, parameters, nil
		}
	}
	return "", nil, apierror.New(apierror.InvalidInput, "The policy template %s has no document.", *p.PolicyTemplateArn)
}

// checkChannel refuses what is no SNS topic of the requestor's account. Nothing is sent
// to it: there is no SNS here.
func checkChannel(c *service.Call, channel string) error {
	topic, err := arn.Parse(channel)
	if err != nil || topic.Service != "sns" || topic.Account != c.Caller.Account || topic.Resource == "" {
		return apierror.New(apierror.InvalidInput, "The notification channel %s is not the ARN of an SNS topic of your account.", channel)
	}
	return nil
}

// acceptDelegationRequest records who accepts. Whoever has a session with less than
// the rights of its user or role cannot: these limits would be lost.
func acceptDelegationRequest(c *service.Call, in *iamapi.AcceptDelegationRequestInput) (*iamapi.AcceptDelegationRequestOutput, error) {
	by := deployment.Approver{ARN: c.Caller.ARN, UniqueID: c.Caller.UniqueID}
	switch c.Caller.Kind {
	case authn.Root:
		by.Kind = "root"
	case authn.User:
		by.Kind = "user"
	case authn.RoleSession:
		by.Kind, by.RoleARN, by.SessionName = "role", c.Caller.Session.RoleARN, c.Caller.Session.SessionName
	default:
		return nil, apierror.New(apierror.AccessDenied, "A delegation request is accepted by a user, a role or the root user.")
	}
	if s := c.Caller.Session; s != nil {
		if s.HasSessionPolicy() || s.Delegate != "" {
			return nil, apierror.New(apierror.AccessDenied, "A delegation request cannot be accepted with a session that is limited by a session policy.")
		}
		by.Tags, by.SourceIdentity = s.Tags, s.SourceIdentity
	}
	return &iamapi.AcceptDelegationRequestOutput{}, deployment.Edit(c.Draft).AcceptDelegation(in.DelegationRequestId, c.Caller.Account, by, c.Now)
}

// delegationOf is the id in the ARN of a request; what is no such ARN has no request.
func delegationOf(entityARN string) string {
	_, id, _ := strings.Cut(entityARN, ":delegation-request/")
	return id
}

func listDelegationTargets(c *service.Call, in *iamapi.ListDelegationRequestsInput) ([]authz.Target, error) {
	var keys []authz.Key
	if in.OwnerId != nil {
		keys = append(keys, authz.Value("iam:DelegationRequestOwner", *in.OwnerId))
	}
	return on(c, "ListDelegationRequests", "*", keys...), nil
}

func listDelegationRequests(c *service.Call, in *iamapi.ListDelegationRequestsInput) (*iamapi.ListDelegationRequestsOutput, error) {
	page, err := service.PageBy(c, "delegation requests "+service.Or(in.OwnerId, ""), in.Marker, in.MaxItems, func(from string) iter.Seq2[string, *deployment.DelegationRequest] {
		return only(c.Deployment().Delegations(c.Caller.Account, from), func(r *deployment.DelegationRequest) bool {
			return in.OwnerId == nil || r.OwnerID == *in.OwnerId
		})
	})
	if err != nil {
		return nil, err
	}
	return &iamapi.ListDelegationRequestsOutput{
		DelegationRequests: mapped(page.Items, func(r *deployment.DelegationRequest) iamapi.DelegationRequest { return delegationShape(c, r) }),
		IsTruncated:        &page.Truncated, Marker: page.Marker,
	}, nil
}

func getDelegationRequest(c *service.Call, in *iamapi.GetDelegationRequestInput) (*iamapi.GetDelegationRequestOutput, error) {
	r, err := c.Deployment().Delegation(in.DelegationRequestId, c.Caller.Account)
	if err != nil {
		return nil, err
	}
	out := &iamapi.GetDelegationRequestOutput{DelegationRequest: new(delegationShape(c, r))}
	if service.Or(in.DelegationPermissionCheck, false) {
		out.PermissionCheckStatus, out.PermissionCheckResult = new("COMPLETE"), new(covers(c, r.Policy))
	}
	return out, nil
}

func delegationShape(c *service.Call, r *deployment.DelegationRequest) iamapi.DelegationRequest {
	s := iamapi.DelegationRequest{
		DelegationRequestId: &r.ID, OwnerAccountId: some(r.OwnerAccount), OwnerId: some(r.OwnerID), Description: &r.Description, RequestMessage: r.Message,
		Permissions:      &iamapi.DelegationPermission{PolicyTemplateArn: &r.TemplateARN, Parameters: mapped(r.Parameters, parameterShape)},
		PermissionPolicy: &r.Policy, RolePermissionRestrictionArns: r.Boundaries, State: new(r.StateAt(c.Now)), ExpirationTime: new(r.Expires()),
		RequestorId: &r.Requestor, CreateDate: &r.Created, UpdatedTime: &r.Updated, SessionDuration: new(int32(r.SessionDuration)),
		RedirectUrl: r.RedirectURL, Notes: some(r.Notes), RejectionReason: some(r.Rejection), OnlySendByOwner: &r.OnlySendByOwner,
	}
	if r.Approver != nil {
		s.ApproverId = &r.Approver.ARN
	}
	if a, ok := c.Deployment().Account(r.Requestor); ok && a.Name != "" {
		name := []rune(a.Name)
		s.RequestorName = new(string(name[:min(30, len(name))]))
	}
	return s
}

func parameterShape(p template.Parameter) iamapi.PolicyParameter {
	kind := "string"
	if p.List {
		kind = "stringList"
	}
	return iamapi.PolicyParameter{Name: &p.Name, Values: slices.Clone(p.Values), Type: &kind}
}

// some is s, or nothing if it is empty.
func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// getHumanReadableSummary tells a request in sentences of English, which are put
// together from the request: there is no other language.
func getHumanReadableSummary(c *service.Call, in *iamapi.GetHumanReadableSummaryInput) (*iamapi.GetHumanReadableSummaryOutput, error) {
	r, err := c.Deployment().Delegation(delegationOf(in.EntityArn), c.Caller.Account)
	if err != nil {
		return nil, err
	}
	locale := service.Or(in.Locale, "en_US")
	if language, _, _ := strings.Cut(strings.ReplaceAll(locale, "-", "_"), "_"); !strings.EqualFold(language, "en") {
		return &iamapi.GetHumanReadableSummaryOutput{Locale: &locale, SummaryState: new("NOT_SUPPORTED")}, nil
	}
	text := fmt.Sprintf("Account %s asks to act in your account for %d minutes.\n%s", r.Requestor, r.SessionDuration/60, inSentences(r.Policy))
	return &iamapi.GetHumanReadableSummaryOutput{Locale: &locale, SummaryState: new("AVAILABLE"), SummaryContent: &text}, nil
}
