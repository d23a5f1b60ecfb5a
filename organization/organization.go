package organization

import "github.com/keyreeve/keyreeve/state"

// Standing is where an account stands in an organization. The zero Standing is that
// of an account in none.
type Standing struct {
	// OrganizationID is "o-" and 10 to 32 letters or digits; empty if the account is
	// in no organization.
	OrganizationID string
	// AllFeatures says that the organization has all features enabled, not only
	// consolidated billing.
	AllFeatures bool
	// TrustsIAM says that trusted access is enabled for iam.amazonaws.com.
	TrustsIAM bool
	// Management says that the account is the management account, Delegated that it
	// is a delegated administrator for IAM.
	Management, Delegated bool
}

// Of is the standing of an account. No account is in an organization yet.
func Of(state.World, string) Standing { return Standing{} }

// Changes is the aggregate in which central root access is kept for an account with
// a standing: its organization's, or its own, which is then not changed.
func (s Standing) Changes(account string) state.AggregateID {
	if s.OrganizationID == "" {
		return state.Account(account)
	}
	return state.Organization(s.OrganizationID)
}
