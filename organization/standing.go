package organization

import (
	"github.com/keyreeve/keyreeve/state"
)

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

// iamService is IAM, as trusted access and delegations name it.
const iamService = "iam.amazonaws.com"

// Of is the standing of an account.
func Of(w state.World, account string) Standing {
	o, ok := OfAccount(w, account)
	if !ok {
		return Standing{}
	}
	f := o.Facts()
	return Standing{
		OrganizationID: o.id, AllFeatures: f.AllFeatures, Management: f.Management == account,
		TrustsIAM: o.Trusts(iamService), Delegated: o.Delegated(account, iamService),
	}
}

// Trusts tells whether trusted access is enabled for a service.
func (o Organization) Trusts(service string) bool { return serviceAccess.Has(o.snapshot(), service) }

// Delegated tells whether a member account is a delegated administrator for a
// service.
func (o Organization) Delegated(account, service string) bool {
	return delegations.Has(o.snapshot(), state.Key(account, service))
}

// Changes is the aggregate in which central root access is kept for an account with
// a standing: its organization's, or its own, which is then not changed.
func (s Standing) Changes(account string) state.AggregateID {
	if s.OrganizationID == "" {
		return state.Account(account)
	}
	return state.Organization(s.OrganizationID)
}
