package organization

import (
	"iter"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/deployment"
)

const day = 24 * time.Hour

// postClosure is how long an account that was closed is shown, and counted (AWS Account
// Management Reference Guide, "Close an AWS account").
const postClosure = 90 * day

// gone tells whether an account was closed so long ago that it is no member any more.
func (o Organization) gone(account string, now time.Time) bool {
	c, ok := closures.Get(o.snapshot(), account)
	return ok && now.Sub(c.Closed) >= postClosure
}

// MemberAt finds an account that is a member at a time.
func (o Organization) MemberAt(account string, now time.Time) (*Member, error) {
	if m, ok := o.Member(account); ok && !o.gone(account, now) {
		return m, nil
	}
	return nil, apierror.New(AccountNotFound, "You specified an account that doesn't exist.")
}

// Members ranges over the accounts that are members at a time, in order of their
// numbers, from one on.
func (o Organization) Members(from string, now time.Time) iter.Seq2[string, *Member] {
	return o.present(members.From(o.snapshot(), from), now)
}

// MembersOf ranges over the accounts right under a root or a unit.
func (o Organization) MembersOf(parent, from string, now time.Time) iter.Seq2[string, *Member] {
	return o.present(membersByParent.AtFrom(o.snapshot(), parent, from), now)
}

func (o Organization) present(all iter.Seq2[string, *Member], now time.Time) iter.Seq2[string, *Member] {
	return func(yield func(string, *Member) bool) {
		for account, m := range all {
			if !o.gone(account, now) && !yield(account, m) {
				return
			}
		}
	}
}

// purge takes out the accounts that are members no more since they were closed so long
// ago.
func (e Editor) purge() {
	for _, account := range keys(closures.All(e.snapshot())) {
		if e.gone(account, e.Now) {
			if members.Has(e.snapshot(), account) {
				e.takeOut(account)
			}
			closures.Delete(e.draft, e.aggregate(), account)
		}
	}
}

// MoveAccount moves an account from one root or unit to another one.
func (e Editor) MoveAccount(account, source, destination string) error {
	m, err := e.MemberAt(account, e.Now)
	switch {
	case err != nil:
		return err
	case !e.isParent(source) || m.Parent != source:
		return apierror.New(SourceNotFound, "You specified a source root or OU that doesn't exist.")
	case !e.isParent(destination):
		return apierror.New(DestinationNotFound, "You specified a destination root or OU that doesn't exist.")
	case source == destination:
		return apierror.New(DuplicateAccount, "That account is already present in the specified destination.")
	}
	next := *m
	next.Parent = destination
	members.Put(e.draft, e.aggregate(), account, &next)
	return nil
}

// RemoveAccount takes an account out of the organization: its own wish, or that of the
// management account. What keeps an account in AWS is asked here as far as it exists:
// there is no contact, no payment and no support plan.
func (e Editor) RemoveAccount(account string) error {
	m, err := e.MemberAt(account, e.Now)
	switch {
	case err != nil:
		return err
	case account == e.Facts().Management:
		return apierror.New(ManagementCannotLeave, "You can't remove a management account from an organization. If you want the management account to become a member account in another organization, you must first delete the current organization of the management account.")
	case e.Administers(account):
		return violation("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", "You attempted to remove an account from the organization that is designated as a delegated administrator for a service integrated with Organizations. You can complete this operation only after you remove this account as a delegated administrator.")
	case m.Joined == Created && e.Now.Sub(m.JoinedDate) < time.Duration(e.Quotas(createdDaysQuota))*day:
		return violation("WAIT_PERIOD_ACTIVE", "After you create an organization or account, there is a waiting period before you can remove it from the organization. If you get an error that indicates that a wait period is required, try again in a few days.")
	}
	e.takeOut(account)
	return nil
}

// takeOut ends that an account is a member, and what it was as one.
func (e Editor) takeOut(account string) {
	members.Delete(e.draft, e.aggregate(), account)
	e.forget(account)
	for _, key := range keys(delegations.Below(e.snapshot(), account)) {
		delegations.Delete(e.draft, e.aggregate(), key)
	}
	e.deployment().Leave(account)
	e.withdrawApproval(account)
}

// The names of quotas, which are the deployment's.
const (
	membersQuota     = deployment.MembersQuota
	unitsQuota       = deployment.UnitsQuota
	invitationsQuota = deployment.InvitationsQuota
	createdDaysQuota = deployment.CreatedDaysQuota
)
