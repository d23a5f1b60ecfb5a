package iam

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/policy/condition"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// rails are what an organization says of an account's principals and resources in a
// simulation. They are zero where there is no organization.
type rails struct {
	account, organization, path string
	scps, rcps                  [][]*eval.Policy
}

func railsOf(w state.World, account string) rails {
	o, ok := organization.OfAccount(w, account)
	if !ok {
		return rails{}
	}
	return rails{
		account, o.ID(), o.OrgPath(account),
		o.Controls(account, organization.ServiceControl), o.Controls(account, organization.ResourceControl),
	}
}

// all are the policies of all levels.
func (r *rails) all() []*eval.Policy {
	return slices.Concat(slices.Concat(r.scps...), slices.Concat(r.rcps...))
}

// detail tells whether the organization lets a request pass, where there is one.
func (r *rails) detail(allows bool) *iamapi.OrganizationsDecisionDetail {
	if r.organization == "" {
		return nil
	}
	return &iamapi.OrganizationsDecisionDetail{AllowedByOrganizations: &allows}
}

// knows tells whether a condition key need not be supplied.
func (r *rails) knows(key string) bool {
	return r.organization != "" && slices.ContainsFunc(knownKeys, func(k string) bool { return strings.EqualFold(k, key) })
}

var knownKeys = []string{
	"aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalIsAWSService", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths",
	"aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths",
}

// of are the levels that concern a request of one of the account's principals, and its
// context: what was supplied, over what the organization knows of the caller and of a
// resource in the account itself. RCPs of other accounts are not known here.
func (r *rails) of(request *eval.Request) (ctx *condition.Context, scps, rcps [][]*eval.Policy) {
	if r.organization == "" {
		return request.Context, nil, nil
	}
	known := new(condition.Context)
	known.Set("aws:PrincipalArn", request.Principal.ARN)
	known.Set("aws:PrincipalAccount", r.account)
	known.Set("aws:PrincipalIsAWSService", "false")
	known.Set("aws:PrincipalOrgID", r.organization)
	known.SetValues("aws:PrincipalOrgPaths", []string{r.path}, true)
	known.Set("aws:ResourceAccount", request.ResourceAccount)
	if request.ResourceAccount == r.account {
		known.Set("aws:ResourceOrgID", r.organization)
		known.SetValues("aws:ResourceOrgPaths", []string{r.path}, true)
		if organization.ResourceControlled(request.Action) {
			rcps = r.rcps
		}
	}
	supplied := *request.Context
	return supplied.Over(known), r.scps, rcps
}
