package identity

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// ManagedPolicy is a managed policy of either kind, as callers see it.
type ManagedPolicy struct {
	ARN, Name, Path, ID    string
	Description            *string
	CreateDate, UpdateDate time.Time
	DefaultVersion         string // "v3"
	Tags                   []Tag
	// AWS policies belong to no account and change with the catalog only.
	AWS bool

	customer  *Policy
	published catalog.ManagedPolicy
}

// ManagedPolicy finds a managed policy by its ARN: one of the account, or one of
// AWS. Policies of other accounts are not found.
func (a Account) ManagedPolicy(arn string) (ManagedPolicy, bool) {
	if own, ok := strings.CutPrefix(arn, a.arn("policy", "", "")); ok {
		p, ok := policies.Get(a.snapshot(), state.Fold(own[strings.LastIndexByte(own, '/')+1:]))
		if !ok || a.PolicyARN(p) != arn {
			return ManagedPolicy{}, false
		}
		return a.customerManaged(p), true
	}
	p, ok := a.Library.Policy(arn)
	if !ok {
		return ManagedPolicy{}, false
	}
	return a.awsManaged(p), true
}

// PolicyARN is the ARN of a customer managed policy.
func (a Account) PolicyARN(p *Policy) string { return a.arn("policy", p.Path, p.Name) }

// NewPolicyARN is the ARN that a policy of a path and a name would have.
func (a Account) NewPolicyARN(path *string, name string) string {
	return a.arn("policy", pathOr(path), name)
}

func (a Account) customerManaged(p *Policy) ManagedPolicy {
	return ManagedPolicy{
		ARN: a.PolicyARN(p), Name: p.Name, Path: p.Path, ID: p.ID, Description: p.Description,
		CreateDate: p.CreateDate, UpdateDate: p.UpdateDate, DefaultVersion: versionName(p.DefaultVersion),
		Tags: p.Tags, customer: p,
	}
}

func (a Account) awsManaged(p catalog.ManagedPolicy) ManagedPolicy {
	return ManagedPolicy{
		ARN: p.ARN, Name: p.Name, Path: p.Path, ID: p.ID,
		CreateDate: p.CreateDate, UpdateDate: p.UpdateDate, DefaultVersion: p.DefaultVersionID,
		AWS: true, published: p,
	}
}

// CustomerPolicies ranges over the account's own managed policies in order of
// names, from the one with key from on.
func (a Account) CustomerPolicies(from string) iter.Seq2[string, ManagedPolicy] {
	return func(yield func(string, ManagedPolicy) bool) {
		for key, p := range policies.From(a.snapshot(), from) {
			if !yield(key, a.customerManaged(p)) {
				return
			}
		}
	}
}

// AWSPolicies ranges over AWS's managed policies in the catalog's order.
func (a Account) AWSPolicies() iter.Seq[ManagedPolicy] {
	return func(yield func(ManagedPolicy) bool) {
		for p := range a.Library.Policies() {
			if !yield(a.awsManaged(p)) {
				return
			}
		}
	}
}

// AttachmentCount is to how many users, groups and roles a policy is attached.
func (a Account) AttachmentCount(arn string) int {
	return attachmentsByARN.CountAt(a.snapshot(), arn)
}

// BoundaryUsageCount is of how many users and roles a policy is the boundary.
func (a Account) BoundaryUsageCount(arn string) int {
	return usersByBoundary.CountAt(a.snapshot(), arn) + rolesByBoundary.CountAt(a.snapshot(), arn)
}

// Version is one document of a managed policy.
type Version struct {
	ID         string // "v1"
	Default    bool
	CreateDate time.Time
	Document   string
}

// Versions lists the versions of a managed policy, the newest first. Of a policy
// of AWS only the current version is known.
func (a Account) Versions(p ManagedPolicy) []Version {
	if p.AWS {
		return []Version{{p.DefaultVersion, true, p.UpdateDate, p.published.Document()}}
	}
	var versions []Version
	for _, v := range policyVersions.Below(a.snapshot(), p.ID) {
		versions = append([]Version{a.version(p.customer, v)}, versions...)
	}
	return versions
}

func (a Account) version(p *Policy, v *PolicyVersion) Version {
	return Version{versionName(v.Number), v.Number == p.DefaultVersion, v.CreateDate, v.Document}
}

// Version finds one version of a managed policy.
func (a Account) Version(p ManagedPolicy, id string) (Version, error) {
	for _, v := range a.Versions(p) {
		if v.ID == id {
			return v, nil
		}
	}
	return Version{}, noSuchVersion(p.ARN, id)
}

func noSuchVersion(arn, id string) error {
	return apierror.New(apierror.NoSuchEntity, "Policy %s version %s does not exist or is not attachable.", arn, id)
}

// compileManaged gives the compiled form of a policy's default version.
func (a Account) compileManaged(p ManagedPolicy) *eval.Policy {
	if p.AWS {
		return a.Library.compile(p.published)
	}
	v, ok := policyVersions.Get(a.snapshot(), versionKey(p.ID, p.customer.DefaultVersion))
	if !ok {
		return DenyAll(sourceOfManaged(p.ARN))
	}
	return v.compiled.of(func() (string, eval.Source) { return v.Document, sourceOfManaged(p.ARN) })
}

func versionName(n int) string { return "v" + strconv.Itoa(n) }

func versionKey(policyID string, n int) string {
	return state.Key(policyID, fmt.Sprintf("%010d", n))
}

// versionNumber reads "v12".
func versionNumber(id string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimPrefix(id, "v"))
	return n, err == nil && versionName(n) == id
}

// NewPolicy is what a customer managed policy is made of.
type NewPolicy struct {
	Name        string
	Path        *string
	Description *string
	Document    string
	Tags        []Tag
}

// CreatePolicy makes a customer managed policy with its first version.
func (e Editor) CreatePolicy(in NewPolicy) (ManagedPolicy, error) {
	var none ManagedPolicy
	path := pathOr(in.Path)
	if err := checkPath(path); err != nil {
		return none, err
	}
	if err := checkTags(in.Tags, asWritten); err != nil {
		return none, err
	}
	if err := e.checkManaged(in.Document); err != nil {
		return none, err
	}
	if policies.Has(e.snapshot(), state.Fold(in.Name)) {
		return none, apierror.New(apierror.EntityAlreadyExists, "A policy called %s already exists. Duplicate names are not allowed.", in.Name)
	}
	if err := e.within(policies.Count(e.snapshot()), "PoliciesQuota", "CustomerManagedPoliciesPerAccount"); err != nil {
		return none, err
	}
	id, err := e.newID(credential.PolicyID)
	if err != nil {
		return none, err
	}
	p := &Policy{
		Name: in.Name, Path: path, ID: id, CreateDate: e.Now, UpdateDate: e.Now,
		Description: in.Description, DefaultVersion: 1, LastVersion: 1, Tags: in.Tags,
	}
	e.putPolicy(p)
	e.putVersion(p, 1, in.Document)
	return e.customerManaged(p), nil
}

func (e Editor) putPolicy(p *Policy) { policies.Put(e.draft, e.aggregate, state.Fold(p.Name), p) }

func (e Editor) putVersion(p *Policy, n int, document string) *PolicyVersion {
	v := &PolicyVersion{Number: n, CreateDate: e.Now, Document: document}
	policyVersions.Put(e.draft, e.aggregate, versionKey(p.ID, n), v)
	return v
}

// checkManaged refuses a document that cannot be a managed policy.
func (e Editor) checkManaged(document string) error {
	if err := checkDocument(policy.ManagedPolicy, document); err != nil {
		return err
	}
	if limit := e.Quotas("PolicySizeQuota"); policy.Size(document) > limit {
		return apierror.New(apierror.LimitExceeded, "Cannot exceed quota for PolicySize: %d", limit)
	}
	return nil
}

// ownPolicy finds a policy that the account may change.
func (e Editor) ownPolicy(arn string) (*Policy, error) {
	if err := checkPolicyARN(arn); err != nil {
		return nil, err
	}
	p, ok := e.ManagedPolicy(arn)
	switch {
	case !ok:
		return nil, policyNotFound(arn)
	case p.AWS:
		return nil, apierror.New(apierror.AccessDenied, "%s is an AWS managed policy and cannot be changed.", arn)
	}
	return p.customer, nil
}

func policyNotFound(arn string) error {
	return apierror.New(apierror.NoSuchEntity, "Policy %s was not found.", arn)
}

// CreatePolicyVersion adds a version to a policy and makes it the default one if
// asked.
func (e Editor) CreatePolicyVersion(arn, document string, setDefault bool) (Version, error) {
	p, err := e.ownPolicy(arn)
	if err != nil {
		return Version{}, err
	}
	if err := e.checkManaged(document); err != nil {
		return Version{}, err
	}
	if limit := e.Quotas("VersionsPerPolicyQuota"); len(e.Versions(e.customerManaged(p))) >= limit {
		return Version{}, apierror.New(apierror.LimitExceeded, "A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", limit)
	}
	next := *p
	next.LastVersion++
	if setDefault {
		next.DefaultVersion = next.LastVersion
		next.UpdateDate = e.Now
	}
	e.putPolicy(&next)
	return e.version(&next, e.putVersion(&next, next.LastVersion, document)), nil
}

// SetDefaultPolicyVersion makes a version of a policy the one in force.
func (e Editor) SetDefaultPolicyVersion(arn, version string) error {
	p, n, err := e.ownVersion(arn, version)
	if err != nil {
		return err
	}
	next := *p
	next.DefaultVersion = n
	next.UpdateDate = e.Now
	e.putPolicy(&next)
	return nil
}

// DeletePolicyVersion removes a version that is not in force.
func (e Editor) DeletePolicyVersion(arn, version string) error {
	p, n, err := e.ownVersion(arn, version)
	if err != nil {
		return err
	}
	if n == p.DefaultVersion {
		return apierror.New(apierror.DeleteConflict, "Cannot delete the default version of a policy.")
	}
	policyVersions.Delete(e.draft, e.aggregate, versionKey(p.ID, n))
	return nil
}

func (e Editor) ownVersion(arn, version string) (*Policy, int, error) {
	p, err := e.ownPolicy(arn)
	if err != nil {
		return nil, 0, err
	}
	n, ok := versionNumber(version)
	if !ok || !policyVersions.Has(e.snapshot(), versionKey(p.ID, n)) {
		return nil, 0, noSuchVersion(arn, version)
	}
	return p, n, nil
}

// DeletePolicy removes a policy that nothing uses and of which only the default
// version is left.
func (e Editor) DeletePolicy(arn string) error {
	p, err := e.ownPolicy(arn)
	if err != nil {
		return err
	}
	if e.AttachmentCount(arn)+e.BoundaryUsageCount(arn) > 0 {
		return apierror.New(apierror.DeleteConflict, "Cannot delete a policy attached to entities.")
	}
	if len(e.Versions(e.customerManaged(p))) > 1 {
		return apierror.New(apierror.DeleteConflict, "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	policyVersions.Delete(e.draft, e.aggregate, versionKey(p.ID, p.DefaultVersion))
	policies.Delete(e.draft, e.aggregate, state.Fold(p.Name))
	return nil
}

// TagPolicy puts tags on a customer managed policy.
func (e Editor) TagPolicy(arn string, tags []Tag) error {
	return e.editPolicy(arn, func(p *Policy) (err error) {
		p.Tags, err = withTags(p.Tags, tags, asWritten)
		return err
	})
}

// UntagPolicy takes tags off a customer managed policy.
func (e Editor) UntagPolicy(arn string, keys []string) error {
	return e.editPolicy(arn, func(p *Policy) error {
		p.Tags = withoutTags(p.Tags, keys, asWritten)
		return nil
	})
}

func (e Editor) editPolicy(arn string, change func(*Policy) error) error {
	p, err := e.ownPolicy(arn)
	if err != nil {
		return err
	}
	next := *p
	if err := change(&next); err != nil {
		return err
	}
	e.putPolicy(&next)
	return nil
}

// ReadPolicy finds a managed policy for an operation that reads it.
func (a Account) ReadPolicy(arn string) (ManagedPolicy, error) {
	if err := checkPolicyARN(arn); err != nil {
		return ManagedPolicy{}, err
	}
	p, ok := a.ManagedPolicy(arn)
	if !ok {
		return p, policyNotFound(arn)
	}
	return p, nil
}
