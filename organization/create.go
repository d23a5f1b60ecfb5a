package organization

import (
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// How accounts come into an organization.
const (
	Invited = "INVITED"
	Created = "CREATED"
)

// Create makes the organization, with an account as its management account. No type of
// policies is enabled in the root, whatever the features: so AWS answers ListRoots, as
// the acceptance tests of Terraform's provider for aws_organizations_organization show,
// though the Organizations API reference says that service control policies are.
func (e Editor) Create(management string, allFeatures bool) error {
	if e.deployment().OrganizationOf(management) != "" {
		return apierror.New(AlreadyInOrganization, "The AWS account is already a member of an organization.")
	}
	root, err := e.newID("r-", rootLetters)
	if err != nil {
		return err
	}
	facts.Put(e.draft, e.aggregate(), "", &Facts{ID: e.id, Management: management, RootID: root, AllFeatures: allFeatures, CreateDate: e.Now})
	return e.join(management, Invited, nil)
}

// setFacts puts changed facts.
func (e Editor) setFacts(change func(*Facts)) {
	next := e.Facts()
	change(&next)
	facts.Put(e.draft, e.aggregate(), "", &next)
}

// Delete ends the organization, in which no account but the management account may be.
// What belongs to it ends with it.
func (e Editor) Delete() error {
	e.purge()
	if members.Count(e.snapshot()) > 1 {
		return apierror.New(OrganizationNotEmpty, "To delete an organization you must first remove all member accounts (except the master).")
	}
	if e.transferring() {
		return violation("ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS", "You cannot delete organization due to an ongoing responsibility transfer process.")
	}
	for id := range handshakes.All(e.snapshot()) {
		e.deployment().ForgetHandshake(id)
	}
	for id := range transfers.All(e.snapshot()) {
		e.deployment().ForgetTransfer(id)
	}
	e.deployment().Leave(e.Facts().Management)
	for _, remove := range removers {
		remove(e)
	}
	return nil
}

// removers take away all entities of each kind.
var removers = []func(Editor){
	removeAll(facts), removeAll(units), removeAll(members), removeAll(createStatuses), removeAll(policies), removeAll(attachments),
	removeAll(tags), removeAll(serviceAccess), removeAll(delegations), removeAll(resourcePolicies), removeAll(rootAccess),
	removeAll(closures), removeAll(handshakes), removeAll(transfers),
}

func removeAll[V any](k *state.Kind[V]) func(Editor) {
	return func(e Editor) {
		for _, key := range keys(k.All(e.snapshot())) {
			k.Delete(e.draft, e.aggregate(), key)
		}
	}
}

// join makes an account a member, under the root. It gets the service-linked role that
// every account of an organization has.
func (e Editor) join(account, how string, list []identity.Tag) error {
	members.Put(e.draft, e.aggregate(), account, &Member{Account: account, Parent: e.Facts().RootID, Joined: how, JoinedDate: e.Now})
	e.deployment().Join(account, e.id)
	e.attachDefaults(account)
	if err := e.tagNew(account, list); err != nil {
		return err
	}
	return e.linkRole(account)
}

// ServicePrincipal is Organizations, as trust policies name it.
const ServicePrincipal = "organizations.amazonaws.com"

// ServiceLinkedRole is the role that every account of an organization has.
const ServiceLinkedRole = "AWSServiceRoleForOrganizations"

// linkRole makes the service-linked role in an account that has it not.
func (e Editor) linkRole(account string) error {
	a := e.account(account)
	if _, err := a.Role(ServiceLinkedRole); err == nil {
		return nil
	}
	_, err := a.CreateServiceLinkedRole(ServicePrincipal, nil, nil)
	return err
}

// account is an account as the draft may change it, with its own quotas.
func (e Editor) account(id string) identity.Editor {
	return identity.Edit(e.draft, e.Site, id, identity.Env{
		Now: e.Now, Random: e.Random, Quotas: func(name string) int { return e.deployment().QuotaOf(id, name) },
	})
}
