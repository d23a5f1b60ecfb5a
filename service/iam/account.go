package iam

import (
	"iter"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func accountOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreateAccountAlias, onAccount[iamapi.CreateAccountAliasInput]("CreateAccountAlias"), createAccountAlias, state.Deployment),
		service.Write(iamapi.DeleteAccountAlias, onAccount[iamapi.DeleteAccountAliasInput]("DeleteAccountAlias"), deleteAccountAlias, state.Deployment),
		service.Read(iamapi.ListAccountAliases, onAccount[iamapi.ListAccountAliasesInput]("ListAccountAliases"), listAccountAliases),
		service.Write(iamapi.SetSecurityTokenServicePreferences, onAccount[iamapi.SetSecurityTokenServicePreferencesInput]("SetSecurityTokenServicePreferences"), setSecurityTokenServicePreferences),
		service.Read(iamapi.GetAccountSummary, onAccount[iamapi.GetAccountSummaryInput]("GetAccountSummary"), getAccountSummary),
		service.Read(iamapi.GetAccountAuthorizationDetails, onAccount[iamapi.GetAccountAuthorizationDetailsInput]("GetAccountAuthorizationDetails"), getAccountAuthorizationDetails),
	}
}

func createAccountAlias(c *service.Call, in *iamapi.CreateAccountAliasInput) (*iamapi.CreateAccountAliasOutput, error) {
	return &iamapi.CreateAccountAliasOutput{}, deployment.Edit(c.Draft).SetAlias(c.Caller.Account, in.AccountAlias)
}

func deleteAccountAlias(c *service.Call, in *iamapi.DeleteAccountAliasInput) (*iamapi.DeleteAccountAliasOutput, error) {
	return &iamapi.DeleteAccountAliasOutput{}, deployment.Edit(c.Draft).DeleteAlias(c.Caller.Account, in.AccountAlias)
}

func listAccountAliases(c *service.Call, in *iamapi.ListAccountAliasesInput) (*iamapi.ListAccountAliasesOutput, error) {
	aliases := []string{}
	if alias := c.Deployment().Alias(c.Caller.Account); alias != "" {
		aliases = append(aliases, alias)
	}
	page, err := service.PageOf(c, "account aliases", in.Marker, in.MaxItems, aliases, state.Fold)
	if err != nil {
		return nil, err
	}
	return &iamapi.ListAccountAliasesOutput{AccountAliases: page.Items, IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}

func setSecurityTokenServicePreferences(c *service.Call, in *iamapi.SetSecurityTokenServicePreferencesInput) (*iamapi.SetSecurityTokenServicePreferencesOutput, error) {
	version := 1
	if in.GlobalEndpointTokenVersion == "v2Token" {
		version = 2
	}
	c.Edit().SetGlobalTokens(version)
	return &iamapi.SetSecurityTokenServicePreferencesOutput{}, nil
}

// summaryQuotas are the quotas that GetAccountSummary shows.
var summaryQuotas = []string{
	"AccessKeysPerUserQuota", "AssumeRolePolicySizeQuota", "AttachedPoliciesPerGroupQuota",
	"AttachedPoliciesPerRoleQuota", "AttachedPoliciesPerUserQuota",
	"GroupPolicySizeQuota", "GroupsPerUserQuota", "GroupsQuota", "InstanceProfilesQuota", "PoliciesQuota",
	"PolicySizeQuota", "PolicyVersionsInUseQuota", "RolePolicySizeQuota", "RolesQuota",
	"ServerCertificatesQuota", "SigningCertificatesPerUserQuota", "UserPolicySizeQuota", "UsersQuota",
	"VersionsPerPolicyQuota",
}

func getAccountSummary(c *service.Call, _ *iamapi.GetAccountSummaryInput) (*iamapi.GetAccountSummaryOutput, error) {
	summary := map[string]int32{}
	for _, name := range summaryQuotas {
		summary[name] = int32(c.Quota(name))
	}
	for name, count := range c.Account().Counts() {
		summary[name] = int32(count)
	}
	return &iamapi.GetAccountSummaryOutput{SummaryMap: summary}, nil
}

// detail is one entry of GetAccountAuthorizationDetails: it adds itself to the
// list of its type.
type detail func(*iamapi.GetAccountAuthorizationDetailsOutput)

// getAccountAuthorizationDetails pages over users, groups, roles and managed
// policies together, in this order.
func getAccountAuthorizationDetails(c *service.Call, in *iamapi.GetAccountAuthorizationDetailsInput) (*iamapi.GetAccountAuthorizationDetailsOutput, error) {
	a := c.Account()
	filter := slices.Sorted(slices.Values(in.Filter))
	wants := func(kind string) bool { return len(filter) == 0 || slices.Contains(filter, kind) }
	page, err := service.PageBy(c, "authorization details "+strings.Join(filter, ","), in.Marker, in.MaxItems,
		func(from string) iter.Seq2[string, detail] {
			return inSections(from,
				section{"User", wants, users(a)}, section{"Group", wants, groups(a)}, section{"Role", wants, roles(c, a)},
				section{"LocalManagedPolicy", wants, localPolicies(a)}, section{"AWSManagedPolicy", wants, usedAWSPolicies(a)})
		})
	if err != nil {
		return nil, err
	}
	out := &iamapi.GetAccountAuthorizationDetailsOutput{
		UserDetailList: []iamapi.UserDetail{}, GroupDetailList: []iamapi.GroupDetail{},
		RoleDetailList: []iamapi.RoleDetail{}, Policies: []iamapi.ManagedPolicyDetail{},
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}
	for _, d := range page.Items {
		d(out)
	}
	return out, nil
}

// section is a part of a list that is paged as one.
type section struct {
	name  string
	wants func(name string) bool
	items func(from string) iter.Seq2[string, detail]
}

// inSections ranges over the sections one after the other; the key of an item
// begins with the number of its section.
func inSections(from string, sections ...section) iter.Seq2[string, detail] {
	return func(yield func(string, detail) bool) {
		for i, s := range sections {
			number := string(rune('0' + i))
			if !s.wants(s.name) || from != "" && number < from[:1] {
				continue
			}
			start := ""
			if rest, ok := strings.CutPrefix(from, number); ok {
				start = rest
			}
			for key, d := range s.items(start) {
				if !yield(number+key, d) {
					return
				}
			}
		}
	}
}

// details turns a range over entities into one over details.
func details[V any](all iter.Seq2[string, V], show func(V) detail) iter.Seq2[string, detail] {
	return func(yield func(string, detail) bool) {
		for key, v := range all {
			if !yield(key, show(v)) {
				return
			}
		}
	}
}

func inlineDetails(a identity.Account, o identity.Owner) []iamapi.PolicyDetail {
	return mapped(a.InlinePolicies(o), func(p *identity.InlinePolicy) iamapi.PolicyDetail {
		return iamapi.PolicyDetail{PolicyName: &p.Name, PolicyDocument: new(encoded(p.Document))}
	})
}

func users(a identity.Account) func(string) iter.Seq2[string, detail] {
	return func(from string) iter.Seq2[string, detail] {
		return details(a.Users("", from), func(u *identity.User) detail {
			return func(out *iamapi.GetAccountAuthorizationDetailsOutput) {
				o := identity.UserAsOwner(u)
				out.UserDetailList = append(out.UserDetailList, iamapi.UserDetail{
					Path: &u.Path, UserName: &u.Name, UserId: &u.ID, Arn: new(a.UserARN(u)), CreateDate: &u.CreateDate,
					UserPolicyList:          inlineDetails(a, o),
					GroupList:               mapped(a.GroupsOf(u), func(g *identity.Group) string { return g.Name }),
					AttachedManagedPolicies: attachedShapes(a.Attached(o)),
					PermissionsBoundary:     boundaryShape(u.BoundaryARN), Tags: allTags(u.Tags),
				})
			}
		})
	}
}

func groups(a identity.Account) func(string) iter.Seq2[string, detail] {
	return func(from string) iter.Seq2[string, detail] {
		return details(a.Groups("", from), func(g *identity.Group) detail {
			return func(out *iamapi.GetAccountAuthorizationDetailsOutput) {
				o := identity.GroupAsOwner(g)
				out.GroupDetailList = append(out.GroupDetailList, iamapi.GroupDetail{
					Path: &g.Path, GroupName: &g.Name, GroupId: &g.ID, Arn: new(a.GroupARN(g)), CreateDate: &g.CreateDate,
					GroupPolicyList: inlineDetails(a, o), AttachedManagedPolicies: attachedShapes(a.Attached(o)),
				})
			}
		})
	}
}

func roles(c *service.Call, a identity.Account) func(string) iter.Seq2[string, detail] {
	return func(from string) iter.Seq2[string, detail] {
		return details(a.Roles("", from), func(r *identity.Role) detail {
			return func(out *iamapi.GetAccountAuthorizationDetailsOutput) {
				o := identity.RoleAsOwner(r)
				out.RoleDetailList = append(out.RoleDetailList, iamapi.RoleDetail{
					Path: &r.Path, RoleName: &r.Name, RoleId: &r.ID, Arn: new(a.RoleARN(r)), CreateDate: &r.CreateDate,
					AssumeRolePolicyDocument: new(encoded(a.TrustDocument(r))),
					InstanceProfileList:      mapped(a.InstanceProfilesOf(r), listedInstanceProfile(a)),
					RolePolicyList:           inlineDetails(a, o), AttachedManagedPolicies: attachedShapes(a.Attached(o)),
					PermissionsBoundary: boundaryShape(r.BoundaryARN), Tags: allTags(r.Tags), RoleLastUsed: roleLastUsed(c, a, r),
				})
			}
		})
	}
}

func localPolicies(a identity.Account) func(string) iter.Seq2[string, detail] {
	return func(from string) iter.Seq2[string, detail] {
		return details(a.CustomerPolicies(from), policyDetail(a))
	}
}

// usedAWSPolicies are AWS's policies that the account uses: the others are not
// part of its authorization.
func usedAWSPolicies(a identity.Account) func(string) iter.Seq2[string, detail] {
	return func(from string) iter.Seq2[string, detail] {
		return details(only(policiesOf(a, "AWS", from), func(p identity.ManagedPolicy) bool {
			return a.AttachmentCount(p.ARN)+a.BoundaryUsageCount(p.ARN) > 0
		}), policyDetail(a))
	}
}

func policyDetail(a identity.Account) func(identity.ManagedPolicy) detail {
	return func(p identity.ManagedPolicy) detail {
		return func(out *iamapi.GetAccountAuthorizationDetailsOutput) {
			s := listedPolicy(a, p)
			out.Policies = append(out.Policies, iamapi.ManagedPolicyDetail{
				PolicyName: s.PolicyName, PolicyId: s.PolicyId, Arn: s.Arn, Path: s.Path, DefaultVersionId: s.DefaultVersionId,
				AttachmentCount: s.AttachmentCount, PermissionsBoundaryUsageCount: s.PermissionsBoundaryUsageCount,
				IsAttachable: s.IsAttachable, Description: p.Description, CreateDate: s.CreateDate, UpdateDate: s.UpdateDate,
				PolicyVersionList: mapped(a.Versions(p), func(v identity.Version) iamapi.PolicyVersion { return versionShape(v, true) }),
			})
		}
	}
}
