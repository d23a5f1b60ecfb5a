package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/state"
)

// smallQuotas are low enough to be met by chance.
var smallQuotas = map[string]int{
	"UsersQuota": 3, "GroupsQuota": 2, "RolesQuota": 2, "PoliciesQuota": 2, "InstanceProfilesQuota": 2,
	"GroupsPerUserQuota": 1, "AccessKeysPerUserQuota": 2, "ServiceSpecificCredentialsPerUserQuota": 2, "VersionsPerPolicyQuota": 3, "AssumeRolePolicySizeQuota": 2048,
	"AttachedPoliciesPerUserQuota": 2, "AttachedPoliciesPerGroupQuota": 2, "AttachedPoliciesPerRoleQuota": 2,
	"UserPolicySizeQuota": 180, "GroupPolicySizeQuota": 180, "RolePolicySizeQuota": 180, "PolicySizeQuota": 6144,
}

const (
	someDocument = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	someTrust    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	awsPolicy    = "arn:aws:iam::aws:policy/ReadOnlyAccess"
)

// machine runs random rules over an account and, beside it, over a plain model
// that says which code each must come to and what must be there after it.
type machine struct {
	world   map[state.AggregateID]*state.Snapshot
	steps   byte
	library *Library

	users, groups, roles, policies, profiles map[string]*thing // by name in lower case

	devices map[string]*modelDevice // MFA devices by name in lower case

	reuse int // passwords that the password policy remembers; -1 if there is none
}

// thing is anything in the model that has a name.
type thing struct {
	name     string
	groups   map[*thing]bool
	attached map[string]bool // policy ARNs
	inline   map[string]bool // names in lower case
	keys     []string
	services []string        // ids of service-specific credentials
	devices  map[string]bool // names of MFA devices in lower case
	boundary string
	role     *thing       // of an instance profile
	versions map[int]bool // of a policy
	last     int
	inForce  int

	passwords []int // of a user, the one in use first
}

func newThing(name string) *thing {
	return &thing{name: name, groups: map[*thing]bool{}, attached: map[string]bool{}, inline: map[string]bool{}, devices: map[string]bool{}}
}

func newMachine() *machine {
	return &machine{
		world:   map[state.AggregateID]*state.Snapshot{},
		library: NewLibrary(catalog.Default()),
		users:   map[string]*thing{}, groups: map[string]*thing{}, roles: map[string]*thing{},
		policies: map[string]*thing{}, profiles: map[string]*thing{}, devices: map[string]*modelDevice{},
		reuse: -1,
	}
}

func (m *machine) source(id state.AggregateID) (*state.Snapshot, error) {
	if s, ok := m.world[id]; ok {
		return s, nil
	}
	return state.Empty(id), nil
}

// editor is the account at this step, over a draft of its own.
func (m *machine) editor() (Editor, *state.Draft) {
	draft := state.NewDraft(m.source)
	return Edit(draft, Site{Partition: "aws", Library: m.library}, "111122223333", Env{
		Now: time.Date(2026, 11, 25, 12, 0, int(m.steps), 0, time.UTC), Random: rand.NewChaCha8([32]byte{m.steps}),
		Quotas: func(name string) int { return smallQuotas[name] },
		Seal: func(secret []byte, belongsTo string) ([]byte, error) {
			return append([]byte(belongsTo), secret...), nil
		},
		Open: func(sealed []byte, belongsTo string) ([]byte, error) {
			return bytes.TrimPrefix(sealed, []byte(belongsTo)), nil
		},
	}), draft
}

// run carries a rule out twice and compares: a rule may be run again and must
// come to the same. Its code must be the one that the model tells, and one that
// fails must have changed nothing.
func (m *machine) run(t *rapid.T, want apierror.Code, rule func(Editor) error) bool {
	t.Helper()
	m.steps++
	before, _ := m.editor()
	e, draft := m.editor()
	again, _ := m.editor()
	err, second := rule(e), rule(again)
	if code := codeOf(err); code != want {
		t.Fatalf("it came to %q (%v), want %q", code, err, want)
	}
	if codeOf(second) != want {
		t.Fatalf("run again it came to %v", second)
	}
	if diff := cmp.Diff(dump(e.snapshot()), dump(again.snapshot())); diff != "" {
		t.Fatalf("run again it changes other things (-first +again):\n%s", diff)
	}
	if err != nil {
		if diff := cmp.Diff(dump(before.snapshot()), dump(e.snapshot())); diff != "" {
			t.Fatalf("it failed and changed (-before +after):\n%s", diff)
		}
		return false
	}
	for _, w := range draft.Commit().Writes {
		m.world[w.ID] = w.Next
	}
	return true
}

func codeOf(err error) apierror.Code {
	var e *apierror.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	}
	return apierror.Code("internal: " + err.Error())
}

// dump is all that stands in an account.
func dump(s *state.Snapshot) map[string]string {
	all := map[string]string{}
	dumpKind(all, s, users)
	dumpKind(all, s, groups)
	dumpKind(all, s, memberships)
	dumpKind(all, s, roles)
	dumpKind(all, s, trustPolicies)
	dumpKind(all, s, instanceProfiles)
	dumpKind(all, s, policies)
	dumpKind(all, s, policyVersions)
	dumpKind(all, s, inlinePolicies)
	dumpKind(all, s, attachments)
	dumpKind(all, s, accessKeys)
	dumpKind(all, s, accessKeySecrets)
	dumpKind(all, s, deletionTasks)
	dumpKind(all, s, facts)
	dumpCredentials(all, s)
	dumpFederation(all, s)
	dumpPasswords(all, s)
	return all
}

func dumpKind[V any](all map[string]string, s *state.Snapshot, kind *state.Kind[V]) {
	for key, v := range kind.All(s) {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		all[kind.Info().Name+" "+key] = string(text)
	}
}

func (m *machine) find(kind, name string) *thing { return m.kind(kind)[strings.ToLower(name)] }

func (m *machine) kind(kind string) map[string]*thing {
	switch kind {
	case "user":
		return m.users
	case "group":
		return m.groups
	case "role":
		return m.roles
	case "policy":
		return m.policies
	}
	return m.profiles
}

func policyARN(name string) string { return "arn:aws:iam::111122223333:policy/" + name }

// knownPolicy tells whether an ARN is one of a policy. Names in ARNs are exact.
func (m *machine) knownPolicy(arn string) bool {
	if arn == awsPolicy {
		return true
	}
	p := m.find("policy", strings.TrimPrefix(arn, policyARN("")))
	return p != nil && policyARN(p.name) == arn
}

// uses counts who has a policy attached, and whose boundary it is.
func (m *machine) uses(arn string) (attached, bounded int) {
	for _, kind := range []map[string]*thing{m.users, m.groups, m.roles} {
		for _, o := range kind {
			if o.attached[arn] {
				attached++
			}
			if o.boundary == arn {
				bounded++
			}
		}
	}
	return attached, bounded
}

// first is the first code that applies.
func first(cases ...any) apierror.Code {
	for i := 0; i < len(cases); i += 2 {
		if cases[i].(bool) {
			return cases[i+1].(apierror.Code)
		}
	}
	return ""
}

// check compares the account with the model, and looks for what may never be.
func (m *machine) check(t *rapid.T) {
	e, _ := m.editor()
	if diff := cmp.Diff(m.picture(), picture(e.Account)); diff != "" {
		t.Fatalf("the account is not as the model (-model +account):\n%s", diff)
	}
	for _, wrong := range append(orphans(e.Account), credentialOrphans(e.Account)...) {
		t.Error(wrong)
	}
}

// picture is the model in lines, as picture of an account.
func (m *machine) picture() []string {
	var lines []string
	for _, kind := range []string{"user", "group", "role"} {
		for key, o := range m.kind(kind) {
			lines = append(lines, fmt.Sprint(kind, " ", o.name, " at ", key, " attached ", slices.Sorted(maps.Keys(o.attached)),
				" inline ", slices.Sorted(maps.Keys(o.inline)), " boundary ", o.boundary))
			for g := range o.groups {
				lines = append(lines, "member "+o.name+" of "+g.name)
			}
			if kind == "user" {
				lines = append(lines, fmt.Sprint("keys of ", o.name, " ", slices.Sorted(slices.Values(o.keys))))
				lines = append(lines, fmt.Sprint("service credentials of ", o.name, " ", slices.Sorted(slices.Values(o.services))))
			}
		}
	}
	for _, p := range m.policies {
		attached, bounded := m.uses(policyARN(p.name))
		lines = append(lines, fmt.Sprint("policy ", p.name, " versions ", slices.Sorted(maps.Keys(p.versions)), " default ", p.inForce, " used ", attached, bounded))
	}
	for _, p := range m.profiles {
		role := "none"
		if p.role != nil {
			role = p.role.name
		}
		lines = append(lines, "profile "+p.name+" role "+role)
	}
	slices.Sort(lines)
	return lines
}

// picture is an account in lines, by what its readers tell.
func picture(a Account) []string {
	var lines []string
	owner := func(key string, o Owner) {
		attached, inline := []string{}, []string{}
		for _, p := range a.Attached(o) {
			attached = append(attached, p.ARN)
		}
		for _, p := range a.InlinePolicies(o) {
			inline = append(inline, state.Fold(p.Name))
		}
		slices.Sort(attached)
		lines = append(lines, fmt.Sprint(o.Type, " ", o.Name, " at ", key, " attached ", attached, " inline ", inline, " boundary ", o.Boundary))
	}
	for key, u := range a.Users("", "") {
		owner(key, userOwner(u))
		ids := []string{}
		for _, k := range a.AccessKeysOf(u.ID) {
			ids = append(ids, k.ID)
		}
		slices.Sort(ids)
		lines = append(lines, fmt.Sprint("keys of ", u.Name, " ", ids))
		lines = append(lines, servicesOf(a, u))
	}
	for key, g := range a.Groups("", "") {
		owner(key, groupOwner(g))
		for _, u := range a.Members(g) {
			lines = append(lines, "member "+u.Name+" of "+g.Name)
		}
	}
	for key, r := range a.Roles("", "") {
		owner(key, roleOwner(r))
	}
	for _, p := range a.CustomerPolicies("") {
		numbers, inForce := []int{}, 0
		for _, v := range a.Versions(p) {
			n, _ := versionNumber(v.ID)
			numbers = append(numbers, n)
			if v.Default {
				inForce = n
			}
		}
		slices.Sort(numbers)
		lines = append(lines, fmt.Sprint("policy ", p.Name, " versions ", numbers, " default ", inForce, " used ", a.AttachmentCount(p.ARN), a.BoundaryUsageCount(p.ARN)))
	}
	for _, p := range a.InstanceProfiles("", "") {
		role := "none"
		if r, ok := a.RoleByID(p.RoleID); ok {
			role = r.Name
		}
		lines = append(lines, "profile "+p.Name+" role "+role)
	}
	slices.Sort(lines)
	return lines
}

// orphans tells of entities that belong to nothing, and of names and indexes
// that do not fit.
func orphans(a Account) []string {
	var wrong []string
	s := a.snapshot()
	for key, mb := range memberships.All(s) {
		_, u := a.UserByID(mb.UserID)
		_, g := a.GroupByID(mb.GroupID)
		if !u || !g || key != state.Key(mb.UserID, mb.GroupID) {
			wrong = append(wrong, "membership "+key)
		}
	}
	for key, at := range attachments.All(s) {
		_, owner := a.ownerByID(at.OwnerID)
		_, p := a.ManagedPolicy(at.PolicyARN)
		if !owner || !p {
			wrong = append(wrong, "attachment "+key)
		}
	}
	for key, p := range inlinePolicies.All(s) {
		if _, ok := a.ownerByID(p.OwnerID); !ok {
			wrong = append(wrong, "inline policy "+key)
		}
	}
	for key, k := range accessKeys.All(s) {
		sealed, ok := a.AccessKeySecret(key)
		if _, user := a.UserByID(k.UserID); !user || !ok || !bytes.HasPrefix(sealed.Sealed, []byte(SecretOf(a.ID, key))) {
			wrong = append(wrong, "access key "+key)
		}
	}
	for key := range accessKeySecrets.All(s) {
		if _, ok := a.AccessKey(key); !ok {
			wrong = append(wrong, "secret "+key)
		}
	}
	wrong = append(wrong, wrongMFADevices(a)...)
	for key := range trustPolicies.All(s) {
		if _, ok := a.RoleByID(key); !ok {
			wrong = append(wrong, "trust policy "+key)
		}
	}
	if trustPolicies.Count(s) != roles.Count(s) {
		wrong = append(wrong, "a role without trust policy")
	}
	ids := map[string]bool{}
	for _, p := range policies.All(s) {
		ids[p.ID] = true
		if !policyVersions.Has(s, versionKey(p.ID, p.DefaultVersion)) {
			wrong = append(wrong, "policy "+p.Name+" without default version")
		}
	}
	for key := range policyVersions.All(s) {
		if !ids[state.KeyParts(key)[0]] {
			wrong = append(wrong, "policy version "+key)
		}
	}
	for key, p := range instanceProfiles.All(s) {
		if _, ok := a.RoleByID(p.RoleID); p.RoleID != "" && !ok || key != state.Fold(p.Name) {
			wrong = append(wrong, "instance profile "+key)
		}
	}
	return wrong
}

func TestRulesAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine()
		// Most rules need something to be there; so the walk begins at home.
		for _, kind := range []string{"user", "group", "role", "policy", "profile"} {
			m.create(t, kind, "ann")
			m.create(t, kind, "bob")
		}
		t.Repeat(m.actions())
	})
}
