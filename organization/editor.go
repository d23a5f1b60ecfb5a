package organization

import (
	"io"
	"time"

	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// Env is what a rule depends on beside the world.
type Env struct {
	Now time.Time
	// Random gives the same bytes again each time that the rule is run.
	Random io.Reader
	// Quotas gives a limit of the management account by its name, such as
	// [deployment.MembersQuota].
	Quotas identity.Quotas
}

// Editor is an organization that a draft may change. Rules that make or join accounts
// change the deployment too, and the accounts.
type Editor struct {
	Organization
	Env
	Site  identity.Site
	draft *state.Draft
}

// Edit is the organization with an id as a draft may change it.
func Edit(draft *state.Draft, site identity.Site, id string, env Env) Editor {
	return Editor{Organization: In(draft, id), Env: env, Site: site, draft: draft}
}

func (e Editor) aggregate() state.AggregateID { return state.Organization(e.id) }

// deployment is the deployment as the draft may change it.
func (e Editor) deployment() deployment.Editor { return deployment.Edit(e.draft) }

// ARNs are the ARNs of what is the organization's.
func (e Editor) ARNs() ARNs { return e.Organization.ARNs(e.Site.Partition) }

// attachDefaults attaches AWS's own policies of the types that are enabled to a root,
// a unit or an account which has them not: each must have one policy of such a type at
// least, and a new one allows everything.
func (e Editor) attachDefaults(target string) {
	for policyType, id := range map[string]string{ServiceControl: FullAccess, ResourceControl: RCPFullAccess} {
		key := state.Key(target, id)
		if e.Enabled(policyType) && !attachments.Has(e.snapshot(), key) {
			attachments.Put(e.draft, e.aggregate(), key, &Attachment{PolicyID: id, Target: target, Type: policyType})
		}
	}
}

// forget takes away what belongs to a unit or an account that is in the organization
// no more: the attachments of policies to it and its tags.
func (e Editor) forget(target string) {
	var keys []string
	for key := range attachments.Below(e.snapshot(), target) {
		keys = append(keys, key)
	}
	for _, key := range keys {
		attachments.Delete(e.draft, e.aggregate(), key)
	}
	tags.Delete(e.draft, e.aggregate(), target)
}
