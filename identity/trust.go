package identity

import (
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// Trust is the trust policy of a role.
func (a Account) Trust(r *Role) *TrustPolicy {
	if t, ok := trustPolicies.Get(a.snapshot(), r.ID); ok {
		return t
	}
	// A role without one cannot be: nobody may assume it.
	return &TrustPolicy{Document: `{"Version":"2012-10-17","Statement":[]}`}
}

// TrustDocument is the trust policy of a role as it is shown: as it was written,
// but with the new ARN of who was renamed, and the unique id of who is gone.
func (a Account) TrustDocument(r *Role) string {
	t := a.Trust(r)
	return splicePins(t, a.stalePins(t))
}

// CompiledTrust is a role's trust policy in the form that decisions are made
// with.
func (a Account) CompiledTrust(r *Role) *eval.Policy {
	t := a.Trust(r)
	src := func() eval.Source { return eval.Source{ID: "trust policy of " + a.RoleARN(r), Type: "Resource Policy"} }
	if stale := a.stalePins(t); len(stale) > 0 {
		return compile(splicePins(t, stale), src())
	}
	return t.compiled.of(func() (string, eval.Source) { return t.Document, src() })
}

// TrustOf is the compiled trust policy of the role with an ARN, nil if there is no such
// role.
func (a Account) TrustOf(roleARN string) *eval.Policy {
	r, err := a.Role(roleARN[strings.LastIndexByte(roleARN, '/')+1:])
	if err != nil || !a.HasARN(r, roleARN) {
		return nil
	}
	return a.CompiledTrust(r)
}

// stalePins are the principals in a trust policy that are not called any more
// what they were, each with what to call it now: who was renamed has another ARN
// (IAM User Guide, "Renaming an IAM user": policies that name the user as the
// principal follow), and of who is gone only the unique id is left.
func (a Account) stalePins(t *TrustPolicy) map[string]string {
	var stale map[string]string
	for named, id := range t.Pins {
		now := a.pinned(named, id)
		if now == named {
			continue
		}
		if stale == nil {
			stale = map[string]string{}
		}
		stale[named] = now
	}
	return stale
}

// pinned is the ARN of the user or role with a unique id, which was named in
// some way when it was pinned; if it is gone, it is the id.
func (a Account) pinned(named, id string) string {
	if named != id && a.uniqueIDOf(named) == id {
		return named
	}
	owner := a
	if parsed, err := arn.Parse(named); err == nil {
		owner = In(a.world, a.Site, parsed.Account)
	}
	if u, ok := owner.UserByID(id); ok {
		return owner.UserARN(u)
	}
	if r, ok := owner.RoleByID(id); ok {
		return owner.RoleARN(r)
	}
	return id
}

func splicePins(t *TrustPolicy, stale map[string]string) string {
	if len(stale) == 0 {
		return t.Document
	}
	doc, err := policy.Parse(t.Document)
	if err != nil {
		return t.Document
	}
	var replacements []policy.Replacement
	for _, p := range doc.Principals() {
		if id, ok := stale[p.Value]; ok && p.Type == policy.AWS {
			replacements = append(replacements, policy.Replacement{Span: p.Span, Value: id})
		}
	}
	return policy.Splice(t.Document, replacements)
}

// trust checks a document as a trust policy and pins the users and roles that it
// names.
func (e Editor) trust(document string) (*TrustPolicy, error) {
	doc, err := policy.ParseAs(policy.Trust, document)
	if err != nil {
		return nil, Malformed(err)
	}
	limit := e.Quotas("AssumeRolePolicySizeQuota")
	if policy.Size(document) > limit {
		return nil, apierror.New(apierror.LimitExceeded, "Cannot exceed quota for ACLSizePerRole: %d", limit)
	}
	t := &TrustPolicy{Document: document}
	for _, p := range doc.Principals() {
		if p.Type != policy.AWS || !pinnable(p.Value) {
			continue
		}
		id := e.uniqueIDOf(p.Value)
		if id == "" {
			return nil, apierror.New(apierror.MalformedPolicyDocument, "%s", policy.InvalidPrincipal(p))
		}
		if t.Pins == nil {
			t.Pins = map[string]string{}
		}
		t.Pins[p.Value] = id
	}
	return t, nil
}

// pinnable tells whether a principal is the ARN of a user or a role, which has a
// unique id, or such an id itself.
func pinnable(principal string) bool {
	if isUniqueID(principal) {
		return true
	}
	a, err := arn.Parse(principal)
	return err == nil && a.Service == "iam" && (strings.HasPrefix(a.Resource, "user/") || strings.HasPrefix(a.Resource, "role/"))
}

// isUniqueID tells whether a principal is the unique id of a user or role, as a
// trust policy shows one that is gone.
func isUniqueID(principal string) bool {
	return strings.HasPrefix(principal, string(credential.UserID)) || strings.HasPrefix(principal, string(credential.RoleID))
}

// uniqueIDOf is the unique id of the user or role with an ARN, of this account
// or of another one, or "" if there is none. An id is itself, if it is one of
// this account.
func (a Account) uniqueIDOf(principal string) string {
	if isUniqueID(principal) {
		return a.ownID(principal)
	}
	parsed, err := arn.Parse(principal)
	if err != nil || parsed.Partition != a.Partition {
		return ""
	}
	owner := In(a.world, a.Site, parsed.Account)
	kind, rest, _ := strings.Cut(parsed.Resource, "/")
	name := rest[strings.LastIndexByte(rest, '/')+1:]
	switch kind {
	case "user":
		if u, ok := users.Get(owner.snapshot(), state.Fold(name)); ok && owner.UserARN(u) == principal {
			return u.ID
		}
	case "role":
		if r, ok := roles.Get(owner.snapshot(), state.Fold(name)); ok && owner.HasARN(r, principal) {
			return r.ID
		}
	}
	return ""
}

// ownID is a unique id if a user or role of the account has it, or "".
func (a Account) ownID(id string) string {
	_, isUser := a.UserByID(id)
	_, isRole := a.RoleByID(id)
	if isUser || isRole {
		return id
	}
	return ""
}
