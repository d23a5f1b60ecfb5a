package organization

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// Codes of errors about attachments.
const (
	duplicateAttachment apierror.Code = "DuplicatePolicyAttachmentException"
	policyNotAttached   apierror.Code = "PolicyNotAttachedException"
)

func targetNotFound() error {
	return apierror.New(TargetNotFound, "You specified a target that doesn't exist.")
}

// attached lists the attachments of policies of a type to a target, in the order in
// which they were made.
func (o Organization) attached(target, policyType string) []*Attachment {
	var list []*Attachment
	for _, a := range attachments.Below(o.snapshot(), target) {
		if a.Type == policyType {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *Attachment) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), strings.Compare(a.PolicyID, b.PolicyID))
	})
	return list
}

// Attached is a policy and its place in the order in which policies were attached.
type Attached struct {
	*Policy
	Order int
}

// AttachedPolicies lists the policies of a type that are attached to a root, a unit or
// an account itself, in the order in which they were attached.
func (o Organization) AttachedPolicies(target, policyType string) ([]Attached, error) {
	if _, err := typeNamed(policyType); err != nil {
		return nil, err
	}
	if !o.isTarget(target) {
		return nil, targetNotFound()
	}
	var list []Attached
	for _, a := range o.attached(target, policyType) {
		if p, err := o.Policy(a.PolicyID); err == nil {
			list = append(list, Attached{p, a.Order})
		}
	}
	return list, nil
}

// PolicyTargets lists the ids of what a policy is attached to.
func (o Organization) PolicyTargets(id string) ([]string, error) {
	if _, err := o.Policy(id); err != nil {
		return nil, err
	}
	var list []string
	for _, a := range targetsByPolicy.At(o.snapshot(), id) {
		list = append(list, a.Target)
	}
	slices.Sort(list)
	return list, nil
}

// AttachmentsOf ranges over the attachments of a policy, in order of what it is
// attached to, from the one with a key on.
func (o Organization) AttachmentsOf(policy, from string) iter.Seq2[string, *Attachment] {
	return targetsByPolicy.AtFrom(o.snapshot(), policy, from)
}

// AttachPolicy attaches a policy to a root, a unit or an account.
func (e Editor) AttachPolicy(id, target string) error {
	p, err := e.Policy(id)
	if err != nil {
		return err
	}
	t, err := typeNamed(p.Type)
	if err != nil {
		return err
	}
	key, there := state.Key(target, id), e.attached(target, p.Type)
	switch {
	case !e.isTarget(target):
		return targetNotFound()
	case !e.Enabled(p.Type):
		return apierror.New(typeNotEnabled, "This operation can be performed only for enabled policy types.")
	case attachments.Has(e.snapshot(), key):
		return apierror.New(duplicateAttachment, "The selected policy is already attached to the specified target.")
	case len(there) >= t.maxAttached:
		return violation("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "You have attached the maximum number of policies to the specified target.")
	}
	order := 1
	if len(there) > 0 {
		order = there[len(there)-1].Order + 1
	}
	attachments.Put(e.draft, e.aggregate(), key, &Attachment{PolicyID: id, Target: target, Type: p.Type, Order: order, Attached: e.Now})
	return nil
}

// DetachPolicy detaches a policy. Of the types that decide one must stay.
func (e Editor) DetachPolicy(id, target string) error {
	p, err := e.Policy(id)
	if err != nil {
		return err
	}
	t, err := typeNamed(p.Type)
	if err != nil {
		return err
	}
	key := state.Key(target, id)
	switch {
	case !e.isTarget(target):
		return targetNotFound()
	case !attachments.Has(e.snapshot(), key):
		return apierror.New(policyNotAttached, "The policy isn't attached to the specified target in the specified root.")
	case id == RCPFullAccess:
		return invalid("NON_DETACHABLE_POLICY", "You can't detach this AWS Managed Policy.")
	case t.minAttached > 0 && len(e.attached(target, p.Type)) <= t.minAttached:
		return violation("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.")
	}
	attachments.Delete(e.draft, e.aggregate(), key)
	return nil
}
