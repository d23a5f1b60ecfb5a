package organizations

import (
	"fmt"
	"iter"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

func effectiveOperations() []service.Operation {
	return []service.Operation{
		service.Read(orgapi.DescribeEffectivePolicy, describeEffectivePolicyTargets, describeEffectivePolicy),
		service.Read(orgapi.ListAccountsWithInvalidEffectivePolicy, listInvalidAccountsTargets, listInvalidAccounts),
		service.Read(orgapi.ListEffectivePolicyValidationErrors, listValidationErrorsTargets, listValidationErrors),
	}
}

// effectiveTarget is the account that is asked for: the caller's if none is named.
func effectiveTarget(c *service.Call, in *orgapi.DescribeEffectivePolicyInput) string {
	if in.TargetId != nil {
		return *in.TargetId
	}
	return c.Caller.Account
}

func describeEffectivePolicyTargets(c *service.Call, in *orgapi.DescribeEffectivePolicyInput) ([]authz.Target, error) {
	id := effectiveTarget(c, in)
	return onNamed(c, "DescribeEffectivePolicy", arns(c).Target(id), id, policyTypeKey(in.PolicyType)), nil
}

func describeEffectivePolicy(c *service.Call, in *orgapi.DescribeEffectivePolicyInput) (*orgapi.DescribeEffectivePolicyOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	e, err := o.EffectivePolicy(effectiveTarget(c, in), in.PolicyType)
	if err != nil {
		return nil, err
	}
	return &orgapi.DescribeEffectivePolicyOutput{EffectivePolicy: &orgapi.EffectivePolicy{
		PolicyContent: &e.Content, LastUpdatedTimestamp: service.Moment(e.Updated), TargetId: &e.Account, PolicyType: &e.Type,
	}}, nil
}

func listInvalidAccountsTargets(c *service.Call, in *orgapi.ListAccountsWithInvalidEffectivePolicyInput) ([]authz.Target, error) {
	return on(c, "ListAccountsWithInvalidEffectivePolicy", "*", policyTypeKey(in.PolicyType)), nil
}

func listInvalidAccounts(c *service.Call, in *orgapi.ListAccountsWithInvalidEffectivePolicyInput) (*orgapi.ListAccountsWithInvalidEffectivePolicyOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	invalid, err := o.InvalidAccounts(in.PolicyType, c.Now)
	if err != nil {
		return nil, err
	}
	list, next, err := pageBy(c, "invalid "+in.PolicyType, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.Account] {
		return shaped(keyed(invalid, from, func(m *organization.Member) string { return m.Account }), func(m *organization.Member) orgapi.Account {
			return newAccount(c, o, m)
		})
	})
	return &orgapi.ListAccountsWithInvalidEffectivePolicyOutput{Accounts: list, PolicyType: &in.PolicyType, NextToken: next}, err
}

func listValidationErrorsTargets(c *service.Call, in *orgapi.ListEffectivePolicyValidationErrorsInput) ([]authz.Target, error) {
	return onNamed(c, "ListEffectivePolicyValidationErrors", arns(c).Account(in.AccountId), in.AccountId, policyTypeKey(in.PolicyType)), nil
}

// listValidationErrors evaluates now, so that this is the time of the evaluation.
func listValidationErrors(c *service.Call, in *orgapi.ListEffectivePolicyValidationErrorsInput) (*orgapi.ListEffectivePolicyValidationErrorsOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	e, err := o.ValidationErrors(in.AccountId, in.PolicyType, c.Now)
	if err != nil {
		return nil, err
	}
	keys := make(map[string]orgapi.EffectivePolicyValidationError, len(e.Faults))
	names := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		names[i] = fmt.Sprintf("%06d", i)
		keys[names[i]] = orgapi.EffectivePolicyValidationError{
			ErrorCode: &f.Code, ErrorMessage: &f.Message, PathToError: &f.Path, ContributingPolicies: f.Policies,
		}
	}
	list, next, err := pageBy(c, "errors of "+in.AccountId+" "+in.PolicyType, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.EffectivePolicyValidationError] {
		return shaped(keyed(names, from, func(name string) string { return name }), func(name string) orgapi.EffectivePolicyValidationError { return keys[name] })
	})
	return &orgapi.ListEffectivePolicyValidationErrorsOutput{
		AccountId: &in.AccountId, PolicyType: &in.PolicyType, Path: new(o.OrgPath(in.AccountId) + in.AccountId + "/"),
		EvaluationTimestamp: &c.Now, EffectivePolicyValidationErrors: list, NextToken: next,
	}, err
}
