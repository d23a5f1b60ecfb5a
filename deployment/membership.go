package deployment

import "github.com/keyreeve/keyreeve/state"

// Membership says in which organization an account is.
type Membership struct {
	Organization string `json:"organization"` // o-a1b2c3d4e5
}

var memberships = state.Define[Membership](state.DeploymentAggregate, "organization-membership", 1) // account number

// OrganizationOf is the id of the organization that an account is in, or "".
func (d Deployment) OrganizationOf(account string) string {
	if m, ok := memberships.Get(d.snapshot(), account); ok {
		return m.Organization
	}
	return ""
}

// Join puts an account into an organization.
func (e Editor) Join(account, organization string) {
	memberships.Put(e.draft, state.Deployment, account, &Membership{organization})
}

// Leave takes an account out of its organization.
func (e Editor) Leave(account string) { memberships.Delete(e.draft, state.Deployment, account) }

// The names of an organization's quotas.
const (
	MembersQuota = "AccountsPerOrganizationQuota"
	UnitsQuota   = "OrganizationalUnitsPerOrganizationQuota"
	// InvitationsQuota is how many invitations may be sent a day.
	InvitationsQuota = "InvitationsPerDayQuota"
	// CreatedDaysQuota is how many days an account must be old that was created in the
	// organization before it can leave it.
	CreatedDaysQuota = "CreatedAccountMinimumDaysQuota"
)

// TrailsQuota is the name of the quota of trails that an account sees in a region.
const TrailsQuota = "TrailsPerRegionQuota"
