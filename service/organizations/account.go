package organizations

import (
	"iter"
	"slices"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func accountOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.CreateAccount, createAccountTargets, createAccount, changesOfCreateAccount),
		service.WriteElsewhere(orgapi.CreateGovCloudAccount, createGovCloudAccountTargets, createGovCloudAccount, changesOrganization),
		service.Read(orgapi.DescribeCreateAccountStatus, onAll[orgapi.DescribeCreateAccountStatusInput]("DescribeCreateAccountStatus"), describeCreateAccountStatus),
		service.Read(orgapi.ListCreateAccountStatus, onAll[orgapi.ListCreateAccountStatusInput]("ListCreateAccountStatus"), listCreateAccountStatus),
		service.Read(orgapi.DescribeAccount, onTheAccount("DescribeAccount", func(in *orgapi.DescribeAccountInput) string { return in.AccountId }), describeAccount),
		service.Read(orgapi.ListAccounts, onAll[orgapi.ListAccountsInput]("ListAccounts"), listAccounts),
		service.Read(orgapi.ListAccountsForParent, onUnit("ListAccountsForParent", func(in *orgapi.ListAccountsForParentInput) string { return in.ParentId }), listAccountsForParent),
		service.WriteElsewhere(orgapi.MoveAccount, moveAccountTargets, moveAccount, changesOrganization),
		service.WriteElsewhere(orgapi.CloseAccount, onTheAccount("CloseAccount", func(in *orgapi.CloseAccountInput) string { return in.AccountId }), closeAccount, changesMembers),
		service.WriteElsewhere(orgapi.RemoveAccountFromOrganization, onTheAccount("RemoveAccountFromOrganization", func(in *orgapi.RemoveAccountFromOrganizationInput) string { return in.AccountId }), removeAccount, changesMembers),
	}
}

// onTheAccount is for operations on an account that the input names.
func onTheAccount[In any](action string, id func(*In) string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) { return onAccount(c, action, id(in)), nil }
}

func createAccountTargets(c *service.Call, in *orgapi.CreateAccountInput) ([]authz.Target, error) {
	return creation(c, on(c, "CreateAccount", "*"), arns(c).Account("*"), tagsOf(in.Tags)), nil
}

func createGovCloudAccountTargets(c *service.Call, in *orgapi.CreateGovCloudAccountInput) ([]authz.Target, error) {
	return creation(c, on(c, "CreateGovCloudAccount", "*"), arns(c).Account("*"), tagsOf(in.Tags)), nil
}

// changesOfCreateAccount draws the number that createAccount will draw: randomness of a
// call is the same each time.
func changesOfCreateAccount(c *service.Call, in *orgapi.CreateAccountInput) []state.AggregateID {
	scope := changesMembers(c, in)
	if id, err := c.NewAccountID(); err == nil {
		scope = append(scope, state.Account(id))
	}
	return scope
}

// createAccount makes the account at once. It answers as AWS does, which goes on to
// work on it.
func createAccount(c *service.Call, in *orgapi.CreateAccountInput) (*orgapi.CreateAccountOutput, error) {
	id, err := c.NewAccountID()
	if err != nil {
		return nil, err
	}
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	made := organization.NewAccount{ID: id, Name: in.AccountName, Email: in.Email, Tags: tagsOf(in.Tags)}
	if in.RoleName != nil {
		made.RoleName = *in.RoleName
	}
	s, err := e.CreateAccount(made)
	if err != nil {
		return nil, err
	}
	return &orgapi.CreateAccountOutput{CreateAccountStatus: &orgapi.CreateAccountStatus{
		Id: &s.ID, AccountName: &s.AccountName, State: new(organization.InProgress), RequestedTimestamp: &s.Requested,
	}}, nil
}

func createGovCloudAccount(c *service.Call, _ *orgapi.CreateGovCloudAccountInput) (*orgapi.CreateGovCloudAccountOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return nil, e.CreateGovCloudAccount()
}

func newStatus(s *organization.CreateStatus) orgapi.CreateAccountStatus {
	return orgapi.CreateAccountStatus{
		Id: &s.ID, AccountName: &s.AccountName, State: &s.State, RequestedTimestamp: &s.Requested,
		CompletedTimestamp: service.Moment(s.Completed), AccountId: service.Optional(s.Account), FailureReason: service.Optional(s.Failure),
	}
}

func describeCreateAccountStatus(c *service.Call, in *orgapi.DescribeCreateAccountStatusInput) (*orgapi.DescribeCreateAccountStatusOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	s, err := o.CreateStatus(in.CreateAccountRequestId)
	if err != nil {
		return nil, err
	}
	return &orgapi.DescribeCreateAccountStatusOutput{CreateAccountStatus: new(newStatus(s))}, nil
}

func listCreateAccountStatus(c *service.Call, in *orgapi.ListCreateAccountStatusInput) (*orgapi.ListCreateAccountStatusOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	list := "create account statuses"
	for _, s := range in.States {
		list += " " + s
	}
	statuses, next, err := pageBy(c, list, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.CreateAccountStatus] {
		return shaped(only(o.CreateStatuses(from), func(s *organization.CreateStatus) bool {
			return len(in.States) == 0 || slices.Contains(in.States, s.State)
		}), newStatus)
	})
	return &orgapi.ListCreateAccountStatusOutput{CreateAccountStatuses: statuses, NextToken: next}, err
}

// only leaves out the items of a list that are not to be kept.
func only[V any](all iter.Seq2[string, V], keep func(V) bool) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for key, v := range all {
			if keep(v) && !yield(key, v) {
				return
			}
		}
	}
}

func describeAccount(c *service.Call, in *orgapi.DescribeAccountInput) (*orgapi.DescribeAccountOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	m, err := o.MemberAt(in.AccountId, c.Now)
	if err != nil {
		return nil, err
	}
	return &orgapi.DescribeAccountOutput{Account: new(newAccount(c, o, m))}, nil
}

func listAccounts(c *service.Call, in *orgapi.ListAccountsInput) (*orgapi.ListAccountsOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	accounts, next, err := pageBy(c, "accounts", in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.Account] {
		return shaped(o.Members(from, c.Now), func(m *organization.Member) orgapi.Account { return newAccount(c, o, m) })
	})
	return &orgapi.ListAccountsOutput{Accounts: accounts, NextToken: next}, err
}

func listAccountsForParent(c *service.Call, in *orgapi.ListAccountsForParentInput) (*orgapi.ListAccountsForParentOutput, error) {
	o, err := currentParent(c, in.ParentId)
	if err != nil {
		return nil, err
	}
	accounts, next, err := pageBy(c, "accounts of "+in.ParentId, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.Account] {
		return shaped(o.MembersOf(in.ParentId, from, c.Now), func(m *organization.Member) orgapi.Account { return newAccount(c, o, m) })
	})
	return &orgapi.ListAccountsForParentOutput{Accounts: accounts, NextToken: next}, err
}

// moveAccountTargets: the account, where it is and where it goes must all be allowed
// (AWS Organizations User Guide, "Moving accounts to an OU").
func moveAccountTargets(c *service.Call, in *orgapi.MoveAccountInput) ([]authz.Target, error) {
	return slices.Concat(onAccount(c, "MoveAccount", in.AccountId), onParent(c, "MoveAccount", in.SourceParentId),
		onParent(c, "MoveAccount", in.DestinationParentId)), nil
}

func moveAccount(c *service.Call, in *orgapi.MoveAccountInput) (*orgapi.MoveAccountOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	return &orgapi.MoveAccountOutput{}, e.MoveAccount(in.AccountId, in.SourceParentId, in.DestinationParentId)
}

const accountType = "AWS::Organizations::Account" // CloudFormation's name

func closeAccount(c *service.Call, in *orgapi.CloseAccountInput) (*orgapi.CloseAccountOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	c.Concern(in.AccountId, arns(c).Account(in.AccountId), accountType)
	return &orgapi.CloseAccountOutput{}, e.CloseAccount(in.AccountId)
}

func removeAccount(c *service.Call, in *orgapi.RemoveAccountFromOrganizationInput) (*orgapi.RemoveAccountFromOrganizationOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	c.Concern(in.AccountId, arns(c).Account(in.AccountId), accountType)
	return &orgapi.RemoveAccountFromOrganizationOutput{}, e.RemoveAccount(in.AccountId)
}
