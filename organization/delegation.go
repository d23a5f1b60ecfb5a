package organization

import (
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// Codes of errors about delegated administrators.
const (
	alreadyRegistered apierror.Code = "AccountAlreadyRegisteredException"
	notRegistered     apierror.Code = "AccountNotRegisteredException"
)

// administratorLimits are how many delegated administrators a service may have, where
// its documentation says so.
var administratorLimits = map[string]int{
	"access-analyzer.amazonaws.com": 1, "cloudtrail.amazonaws.com": 3, "config-multiaccountsetup.amazonaws.com": 3,
	"config.amazonaws.com": 3, "detective.amazonaws.com": 1, "fms.amazonaws.com": 10, "guardduty.amazonaws.com": 1,
	"inspector2.amazonaws.com": 1, "macie.amazonaws.com": 1, "member.org.stacksets.cloudformation.amazonaws.com": 5,
	"securityhub.amazonaws.com": 1, "sso.amazonaws.com": 1,
}

// mayAdminister refuses accounts that cannot administer a service for the organization.
func (e Editor) mayAdminister(account, service string) error {
	if err := recognized(service); err != nil {
		return err
	}
	if err := e.allFeatures(); err != nil {
		return err
	}
	if account == e.Facts().Management {
		return violation("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", "You cannot register master account/yourself as delegated administrator for your organization.")
	}
	_, err := e.MemberAt(account, e.Now)
	return err
}

// RegisterAdministrator lets a member account administer a service for the
// organization, and read what the organization is made of.
func (e Editor) RegisterAdministrator(account, service string) error {
	if err := e.mayAdminister(account, service); err != nil {
		return err
	}
	limit, limited := administratorLimits[service]
	switch n := len(e.Administrators(service)); {
	case e.deployment().Closed(account):
		return violation("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR", "You cannot register a suspended account as a delegated administrator.")
	case e.Delegated(account, service):
		return apierror.New(alreadyRegistered, "The provided account is already a delegated administrator for your organization.")
	case !e.Trusts(service):
		return violation("SERVICE_ACCESS_NOT_ENABLED", "You attempted to register a delegated administrator before you enabled service access. Call the EnableAWSServiceAccess API first.")
	case limited && limit == 1 && n > 0:
		return violation("DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE", "You attempted to register an AWS account as a delegated administrator for an AWS service that already has a delegated administrator. To complete this operation, you must first deregister any existing delegated administrators for this service.")
	case limited && n >= limit:
		return violation("MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED", "You attempted to register more delegated administrators than allowed for the service principal.")
	}
	delegations.Put(e.draft, e.aggregate(), state.Key(account, service), &Delegation{Account: account, ServicePrincipal: service, Enabled: e.Now})
	return nil
}

// DeregisterAdministrator takes the administration of a service away from a member
// account.
func (e Editor) DeregisterAdministrator(account, service string) error {
	if err := e.mayAdminister(account, service); err != nil {
		return err
	}
	if !e.Delegated(account, service) {
		return apierror.New(notRegistered, "The provided account is not a registered delegated administrator for your organization.")
	}
	delegations.Delete(e.draft, e.aggregate(), state.Key(account, service))
	return nil
}

// An Administrator is an account that administers services, and since when it does
// the first of them.
type Administrator struct {
	Account string
	Enabled time.Time
}

// Administrators lists the delegated administrators of a service, or of all if it is
// "", in order of their account numbers.
func (o Organization) Administrators(service string) []Administrator {
	var list []Administrator
	for _, d := range delegations.All(o.snapshot()) {
		if service != "" && d.ServicePrincipal != service {
			continue
		}
		if last := len(list) - 1; last >= 0 && list[last].Account == d.Account {
			if d.Enabled.Before(list[last].Enabled) {
				list[last].Enabled = d.Enabled
			}
			continue
		}
		list = append(list, Administrator{d.Account, d.Enabled})
	}
	return list
}

// CheckService refuses what is not the principal of a service that works with
// organizations.
func CheckService(service string) error { return recognized(service) }

// DelegatedServices lists the services that a member account administers, in order of
// their names.
func (o Organization) DelegatedServices(account string, now time.Time) ([]*Delegation, error) {
	if _, err := o.MemberAt(account, now); err != nil {
		return nil, err
	}
	var list []*Delegation
	for _, d := range delegations.Below(o.snapshot(), account) {
		list = append(list, d)
	}
	if list == nil {
		return nil, apierror.New(notRegistered, "The provided account is not a registered delegated administrator for your organization.")
	}
	slices.SortFunc(list, func(a, b *Delegation) int { return strings.Compare(a.ServicePrincipal, b.ServicePrincipal) })
	return list, nil
}
