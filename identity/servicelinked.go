package identity

import (
	"fmt"
	"iter"
	"slices"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// CreateServiceLinkedRole makes the role that a service works with. Its trust
// policy and its one attached policy come from the catalog.
func (e Editor) CreateServiceLinkedRole(service string, suffix, description *string) (*Role, error) {
	kind, ok := e.Library.ServiceLinkedRole(service)
	if !ok {
		return nil, apierror.New(apierror.InvalidInput, "Service %s is not known to have service-linked roles.", service)
	}
	name := kind.RoleName
	if suffix != nil && *suffix != "" {
		if !kind.CustomSuffix {
			return nil, apierror.New(apierror.InvalidInput, "Custom suffix is not allowed for %s", service)
		}
		name += "_" + *suffix
	}
	if roles.Has(e.snapshot(), state.Fold(name)) {
		return nil, apierror.New(apierror.InvalidInput, "Service role name %s has been taken in this account, please try a different suffix.", name)
	}
	r := &Role{
		Name: name, Path: "/aws-service-role/" + service + "/", Description: description,
		MaxSessionDuration: maxSessionDuration, ServiceName: service,
	}
	if err := e.addRole(r, &TrustPolicy{Document: serviceTrust(service)}); err != nil {
		return nil, err
	}
	// A policy that is not published any more cannot be attached: it would deny
	// everything (see [Account.CompiledPolicy]).
	if policyARN := kind.In(e.Partition).PolicyARN; !kind.PolicyWithdrawn {
		attachments.Put(e.draft, e.aggregate, state.Key(r.ID, policyARN), &Attachment{OwnerID: r.ID, PolicyARN: policyARN})
	}
	return r, nil
}

func serviceTrust(service string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":"sts:AssumeRole"}]}`, service)
}

// DeleteServiceLinkedRole removes a service-linked role. AWS asks the service
// first whether it still needs the role and answers later; here there is nobody
// to ask, and the task that is given back has succeeded.
func (e Editor) DeleteServiceLinkedRole(name, taskUUID string) (*DeletionTask, error) {
	r, err := e.Role(name)
	if err != nil {
		return nil, err
	}
	if r.ServiceName == "" {
		return nil, notFound("role", name)
	}
	// Not [Account.Attached], which leaves out what the catalog does not have any
	// more.
	for _, at := range slices.Collect(values(attachments.Below(e.snapshot(), r.ID))) {
		attachments.Delete(e.draft, e.aggregate, state.Key(r.ID, at.PolicyARN))
	}
	e.removeRole(r)
	t := &DeletionTask{
		ID:       fmt.Sprintf("task%s%s/%s", r.Path, r.Name, taskUUID),
		RoleName: r.Name, Status: "SUCCEEDED", CreateDate: e.Now,
	}
	deletionTasks.Put(e.draft, e.aggregate, t.ID, t)
	return t, nil
}

// DeletionTask finds the deletion of a service-linked role by its id.
func (a Account) DeletionTask(id string) (*DeletionTask, error) {
	if t, ok := deletionTasks.Get(a.snapshot(), id); ok {
		return t, nil
	}
	return nil, apierror.New(apierror.NoSuchEntity, "Deletion Task Id %s cannot be found.", id)
}

// values ranges over the second of each pair.
func values[K, V any](all iter.Seq2[K, V]) iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, v := range all {
			if !yield(v) {
				return
			}
		}
	}
}
