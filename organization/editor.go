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
	for _, key := range keys(attachments.Below(e.snapshot(), target)) {
		attachments.Delete(e.draft, e.aggregate(), key)
	}
	tags.Delete(e.draft, e.aggregate(), target)
}

// tagNew puts tags on something new.
func (e Editor) tagNew(id string, list []identity.Tag) error {
	if err := e.checkNewTags(list); err != nil {
		return err
	}
	if len(list) > 0 {
		tags.Put(e.draft, e.aggregate(), id, &Tags{Tags: list})
	}
	return nil
}

// checkNewTags refuses tags that nothing can have.
func (e Editor) checkNewTags(list []identity.Tag) error {
	seen := map[string]bool{}
	for _, t := range list {
		switch {
		case seen[t.Key]:
			return invalid("DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags attached to the same entity.")
		case identity.ReservedTag(t):
			return invalid("INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys because they're reserved for AWS use. System tags don't count against your tags per resource limit.")
		}
		seen[t.Key] = true
	}
	if len(list) > 50 {
		return violation("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource.")
	}
	return nil
}
