package organization

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// place is where an account is, as the model tells.
type place struct {
	organization, parent, joined string
	since                        time.Time
}

// machine is a deployment with some accounts, and a model of which of them is where.
type machine struct {
	world  map[state.AggregateID]*state.Snapshot
	site   identity.Site
	now    time.Time
	steps  byte
	places map[string]place     // account -> where it is
	closed map[string]time.Time // account -> since when
	made   int                  // organizations and accounts that were made, for their names
}

var library = identity.NewLibrary(catalog.Default())

func newMachine(t *rapid.T) *machine {
	m := &machine{
		world: map[state.AggregateID]*state.Snapshot{}, site: identity.Site{Partition: "aws", Library: library},
		now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC), places: map[string]place{}, closed: map[string]time.Time{},
	}
	d := state.NewDraft(m.source)
	for i := range 5 {
		id := fmt.Sprintf("%012d", 111111111111*(i+1))
		if _, err := deployment.Edit(d).CreateAccount(id, "old", m.now); err != nil {
			t.Fatal(err)
		}
		if err := deployment.Edit(d).SetEmail(id, "old"+id+"@example.com"); err != nil {
			t.Fatal(err)
		}
	}
	m.commit(d)
	for i, all := range []bool{true, false} { // most steps are about what happens in organizations
		m.makeOrganization(t, fmt.Sprintf("%012d", 111111111111*(i+1)), all)
	}
	return m
}

func (m *machine) source(id state.AggregateID) (*state.Snapshot, error) {
	if s, ok := m.world[id]; ok {
		return s, nil
	}
	return state.Empty(id), nil
}

func (m *machine) commit(d *state.Draft) {
	for _, w := range d.Commit().Writes {
		m.world[w.ID] = w.Next
	}
}

func (m *machine) draft() *state.Draft { return state.NewDraft(m.source) }

var smallQuotas = map[string]int{
	deployment.MembersQuota: 6, deployment.UnitsQuota: 9, deployment.InvitationsQuota: 3, deployment.CreatedDaysQuota: 7,
}

func (m *machine) editor(id string) Editor {
	return Edit(m.draft(), m.site, id, Env{
		Now: m.now, Random: rand.NewChaCha8([32]byte{m.steps}), Quotas: func(name string) int { return smallQuotas[name] },
	})
}

// run carries a rule out, twice, and tells what came of it: it must come to the same, and
// may fail only in ways that the API model has for the operation.
func (m *machine) run(t *rapid.T, op *api.Operation, id string, rule func(Editor) error) apierror.Code {
	t.Helper()
	m.steps++
	e, again := m.editor(id), m.editor(id)
	err, second := rule(e), rule(again)
	if fmt.Sprint(err) != fmt.Sprint(second) {
		t.Fatalf("%v; run again: %v", err, second)
	}
	if diff := cmp.Diff(dump(e.draft, id), dump(again.draft, id)); diff != "" {
		t.Fatalf("run again it changes other things (-first +again):\n%s", diff)
	}
	var refused *apierror.Error
	switch {
	case err == nil:
		m.commit(e.draft)
		return ""
	case !errors.As(err, &refused):
		t.Fatalf("internal: %v", err)
	case !slices.ContainsFunc(op.Errors, func(e *api.Error) bool { return e.Code == string(refused.Code) }):
		t.Fatalf("%s has no %s", op.Name, refused.Code)
	}
	return refused.Code
}

// dump is all that stands in an organization and in the deployment.
func dump(w state.World, id string) map[string]string {
	all := map[string]string{}
	s := w.Snapshot(state.Organization(id))
	dumpKind(all, s, facts)
	dumpKind(all, s, units)
	dumpKind(all, s, members)
	dumpKind(all, s, createStatuses)
	dumpKind(all, s, attachments)
	dumpKind(all, s, tags)
	dumpKind(all, s, closures)
	dumpKind(all, s, handshakes)
	dumpKind(all, s, transfers)
	for a := range deployment.In(w).Accounts() {
		all["account "+a.ID] = fmt.Sprint(*a, deployment.In(w).OrganizationOf(a.ID))
	}
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

func (m *machine) want(t *rapid.T, got, want apierror.Code) {
	t.Helper()
	if got != want {
		t.Fatalf("it came to %q, the model says %q", got, want)
	}
}

// The things of the world, in a fixed order, that actions are about.

func (m *machine) accounts() []string {
	var ids []string
	for a := range deployment.In(m.draft()).Accounts() {
		ids = append(ids, a.ID)
	}
	return ids
}

func (m *machine) account(t *rapid.T, label string) string {
	return rapid.SampledFrom(m.accounts()).Draw(t, label)
}

// organization draws an organization, or skips the step if there is none.
func (m *machine) organization(t *rapid.T) Organization {
	set := map[string]bool{}
	for _, p := range m.places {
		set[p.organization] = true
	}
	if len(set) == 0 {
		t.Skip("no organization")
	}
	return In(m.draft(), rapid.SampledFrom(slices.Sorted(maps.Keys(set))).Draw(t, "organization"))
}

func (m *machine) parent(t *rapid.T, o Organization, label string) string {
	root := o.Facts().RootID
	ids := append([]string{root, "ou-aaaa-aaaaaaaa"}, keys(units.All(o.snapshot()))...)
	for _, id := range slices.Clone(ids) { // the deepest ones more often
		for range len(o.Path(id)) {
			ids = append(ids, id)
		}
	}
	return rapid.SampledFrom(ids).Draw(t, label)
}

func (m *machine) handshake(t *rapid.T) (Organization, string) {
	o := m.organization(t)
	ids := keys(handshakes.All(o.snapshot()))
	if len(ids) == 0 {
		t.Skip("no handshake")
	}
	return o, rapid.SampledFrom(ids).Draw(t, "handshake")
}

// someMember draws an account, that of a member more often.
func (m *machine) someMember(t *rapid.T, o Organization) string {
	ids := m.accounts()
	for range 3 {
		ids = append(ids, keys(members.All(o.snapshot()))...)
	}
	return rapid.SampledFrom(ids).Draw(t, "account")
}

// in tells whether an account is in an organization, and there still to be seen.
func (m *machine) in(o Organization, account string) bool {
	return m.places[account].organization == o.id && !m.over(account)
}

func (m *machine) over(account string) bool {
	at, ok := m.closed[account]
	return ok && m.now.Sub(at) >= 90*day
}

func (m *machine) count(id string, keep func(account string, p place) bool) int {
	n := 0
	for account, p := range m.places {
		if p.organization == id && !m.over(account) && keep(account, p) {
			n++
		}
	}
	return n
}

func (m *machine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"": m.check,
		"a day": func(t *rapid.T) {
			m.now = m.now.Add(time.Duration(rapid.SampledFrom([]int{1, 1, 7, 16, 31, 91}).Draw(t, "days")) * day)
		},
		"create":      m.create,
		"delete":      m.delete,
		"create unit": m.createUnit,
		"rename unit": m.renameUnit,
		"delete unit": m.deleteUnit,
		"dig": func(t *rapid.T) {
			for range rapid.IntRange(2, 6).Draw(t, "units") {
				m.createUnit(t)
			}
		},
		"create account": m.createAccount,
		"move":           m.move,
		"remove":         m.remove,
		"close":          m.close,
		"invite":         m.invite,
		"accept":         m.accept,
		"decline":        m.decline,
		"cancel":         m.cancel,
		"enable":         m.enable,
		"ask transfer":   m.askTransfer,
		"end transfer":   m.endTransfer,
	}
}

func (m *machine) create(t *rapid.T) {
	account, all := m.account(t, "account"), rapid.Bool().Draw(t, "all features")
	if _, closed := m.closed[account]; closed {
		t.Skip("nobody can act for it")
	}
	m.makeOrganization(t, account, all)
}

func (m *machine) makeOrganization(t *rapid.T, account string, all bool) {
	m.made++
	id := fmt.Sprintf("o-%010d", m.made)
	got := m.run(t, orgapi.CreateOrganization.Operation, id, func(e Editor) error { return e.Create(account, all) })
	if m.places[account].organization != "" {
		m.want(t, got, AlreadyInOrganization)
		return
	}
	m.want(t, got, "")
	m.places[account] = place{id, In(m.draft(), id).Facts().RootID, Invited, m.now}
}

func (m *machine) delete(t *rapid.T) {
	o := m.organization(t)
	if rapid.IntRange(0, 4).Draw(t, "not so often") > 0 {
		t.Skip("otherwise nothing grows")
	}
	management := o.Facts().Management
	got := m.run(t, orgapi.DeleteOrganization.Operation, o.id, Editor.Delete)
	switch {
	case m.count(o.id, func(string, place) bool { return true }) > 1:
		m.want(t, got, OrganizationNotEmpty)
	case got == ConstraintViolation:
		if !m.editor(o.id).transferring() {
			t.Fatal("refused without a transfer")
		}
	default:
		m.want(t, got, "")
		for account, p := range m.places {
			if p.organization == o.id {
				delete(m.places, account)
			}
		}
		if left := dump(m.draft(), o.id); slices.ContainsFunc(slices.Collect(maps.Keys(left)), func(k string) bool { return k[:8] != "account " }) {
			t.Fatalf("left of the organization of %s: %v", management, left)
		}
	}
}

func (m *machine) createUnit(t *rapid.T) {
	o := m.organization(t)
	parent, name := m.parent(t, o, "parent"), rapid.SampledFrom([]string{"a", "b", "A"}).Draw(t, "name")
	want, path := apierror.Code(""), o.Path(parent)
	taken := false
	for _, u := range units.All(o.snapshot()) {
		taken = taken || u.Parent == parent && u.Name == name
	}
	switch {
	case path == nil:
		want = ParentNotFound
	case taken:
		want = DuplicateUnit
	case len(path)-1 >= 5, units.Count(o.snapshot()) >= 9:
		want = ConstraintViolation
	}
	m.want(t, m.run(t, orgapi.CreateOrganizationalUnit.Operation, o.id, func(e Editor) error {
		u, err := e.CreateUnit(parent, name, []identity.Tag{{Key: "k", Value: "v"}})
		if err == nil && (len(e.Path(u.ID)) != len(path)+1 || e.UnitPath(u.ID) == "") {
			return errors.New("the unit is not where it belongs")
		}
		return err
	}), want)
}

func (m *machine) renameUnit(t *rapid.T) {
	o := m.organization(t)
	id, name := m.parent(t, o, "unit"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name")
	want := apierror.Code("")
	u, ok := o.Unit(id)
	if !ok {
		want = UnitNotFound
	} else {
		for other, v := range units.All(o.snapshot()) {
			if other != id && v.Parent == u.Parent && v.Name == name {
				want = DuplicateUnit
			}
		}
	}
	m.want(t, m.run(t, orgapi.UpdateOrganizationalUnit.Operation, o.id, func(e Editor) error { _, err := e.RenameUnit(id, name); return err }), want)
}

func (m *machine) deleteUnit(t *rapid.T) {
	o := m.organization(t)
	id, want := m.parent(t, o, "unit"), apierror.Code("")
	used := m.count(o.id, func(_ string, p place) bool { return p.parent == id }) > 0
	for _, u := range units.All(o.snapshot()) {
		used = used || u.Parent == id
	}
	if _, ok := o.Unit(id); !ok {
		want = UnitNotFound
	} else if used {
		want = UnitNotEmpty
	}
	m.want(t, m.run(t, orgapi.DeleteOrganizationalUnit.Operation, o.id, func(e Editor) error { return e.DeleteUnit(id) }), want)
}

func (m *machine) createAccount(t *rapid.T) {
	o := m.organization(t)
	m.made++
	id := fmt.Sprintf("%012d", 900000000000+m.made)
	email := rapid.SampledFrom([]string{id + "@example.com", "OLD111111111111@example.com"}).Draw(t, "email")
	var s *CreateStatus
	full := m.count(o.id, func(string, place) bool { return true })+m.editor(o.id).openInvitations("") >= 6
	got := m.run(t, orgapi.CreateAccount.Operation, o.id, func(e Editor) (err error) {
		s, err = e.CreateAccount(NewAccount{ID: id, Name: "new", Email: email, Tags: []identity.Tag{{Key: "k", Value: "v"}}})
		return err
	})
	switch {
	case full:
		m.want(t, got, ConstraintViolation)
	case email[0] == 'O':
		m.want(t, got, "")
		if s.State != Failed || s.Account != "" {
			t.Fatalf("with an address that is taken: %+v", s)
		}
	default:
		m.want(t, got, "")
		m.places[id] = place{o.id, o.Facts().RootID, Created, m.now}
		a := identity.In(m.draft(), m.site, id)
		if _, err := a.Role(accessRole); err != nil || s.State != Succeeded {
			t.Fatalf("%+v, its role: %v", s, err)
		}
	}
}

func (m *machine) move(t *rapid.T) {
	o := m.organization(t)
	account := m.someMember(t, o)
	from, to := m.parent(t, o, "from"), m.parent(t, o, "to")
	if rapid.Bool().Draw(t, "from where it is") && m.in(o, account) {
		from = m.places[account].parent
	}
	want := apierror.Code("")
	switch {
	case !m.in(o, account):
		want = AccountNotFound
	case m.places[account].parent != from:
		want = SourceNotFound
	case o.Path(to) == nil:
		want = DestinationNotFound
	case from == to:
		want = DuplicateAccount
	}
	got := m.run(t, orgapi.MoveAccount.Operation, o.id, func(e Editor) error { return e.MoveAccount(account, from, to) })
	m.want(t, got, want)
	if got == "" {
		p := m.places[account]
		p.parent = to
		m.places[account] = p
	}
}

func (m *machine) remove(t *rapid.T) {
	o := m.organization(t)
	account := m.someMember(t, o)
	p, want := m.places[account], apierror.Code("")
	switch {
	case !m.in(o, account):
		want = AccountNotFound
	case account == o.Facts().Management:
		want = ManagementCannotLeave
	case p.joined == Created && m.now.Sub(p.since) < 7*day:
		want = ConstraintViolation
	}
	m.want(t, m.run(t, orgapi.RemoveAccountFromOrganization.Operation, o.id, func(e Editor) error { return e.RemoveAccount(account) }), want)
	if want == "" {
		delete(m.places, account)
	}
}

func (m *machine) close(t *rapid.T) {
	o := m.organization(t)
	account := m.someMember(t, o)
	_, closed := m.closed[account]
	want := apierror.Code("")
	switch {
	case !o.Facts().AllFeatures:
		want = ConstraintViolation
	case !m.in(o, account):
		want = AccountNotFound
	case account == o.Facts().Management:
		want = ConstraintViolation
	case closed:
		want = AccountAlreadyClosed
	}
	m.want(t, m.run(t, orgapi.CloseAccount.Operation, o.id, func(e Editor) error { return e.CloseAccount(account) }), want)
	if want == "" {
		m.closed[account] = m.now
	}
}

func (m *machine) invite(t *rapid.T) {
	o := m.organization(t)
	account := m.account(t, "account")
	to := Party{AccountParty, account}
	if rapid.Bool().Draw(t, "by e-mail") {
		a, _ := deployment.In(m.draft()).Account(account)
		to = Party{EmailParty, a.Email}
	}
	got := m.run(t, orgapi.InviteAccountToOrganization.Operation, o.id, func(e Editor) error {
		h, err := e.InviteAccount(to, "", nil)
		if err == nil && !h.pending(m.now) {
			return errors.New("it is not open")
		}
		return err
	})
	if m.places[account].organization != "" && !m.over(account) && got != HandshakeConstraint {
		t.Fatalf("a member of an organization was invited: %q", got)
	}
}

func (m *machine) accept(t *rapid.T) {
	o, id := m.handshake(t)
	account := m.account(t, "account")
	h, _ := handshakes.Get(o.snapshot(), id)
	if rapid.Bool().Draw(t, "by the right one") {
		if account = o.Facts().Management; h.To.ID != "" {
			account, _ = m.editor(o.id).accountOf(h.To)
		}
	}
	if _, closed := m.closed[account]; closed || account == "" {
		t.Skip("nobody can act for it")
	}
	was := h.StateAt(m.now)
	got := m.run(t, orgapi.AcceptHandshake.Operation, o.id, func(e Editor) error { _, err := e.AcceptHandshake(id, account); return err })
	if got != "" {
		return
	}
	if was != Open {
		t.Fatalf("accepted, though it was %s", was)
	}
	if h.Action == Invite {
		if p, ok := m.places[account]; ok && !m.over(account) {
			t.Fatalf("%s joined and was in %+v", account, p)
		}
		m.places[account] = place{o.id, o.Facts().RootID, Invited, m.now}
	}
}

func (m *machine) decline(t *rapid.T) {
	o, id := m.handshake(t)
	account := m.account(t, "account")
	h, _ := handshakes.Get(o.snapshot(), id)
	got := m.run(t, orgapi.DeclineHandshake.Operation, o.id, func(e Editor) error { _, err := e.DeclineHandshake(id, account); return err })
	if got == "" && (!sentTo(deployment.In(m.draft()), h, account) || h.StateAt(m.now) != Open) {
		t.Fatalf("%s declined %+v", account, h)
	}
}

func (m *machine) cancel(t *rapid.T) {
	o, id := m.handshake(t)
	account := rapid.SampledFrom([]string{o.Facts().Management, m.account(t, "account")}).Draw(t, "by")
	h, _ := handshakes.Get(o.snapshot(), id)
	got := m.run(t, orgapi.CancelHandshake.Operation, o.id, func(e Editor) error { _, err := e.CancelHandshake(id, account); return err })
	if got == "" && (account != o.Facts().Management || !h.pending(m.now)) {
		t.Fatalf("%s canceled %+v", account, h)
	}
}

func (m *machine) enable(t *rapid.T) {
	o := m.organization(t)
	pending := m.editor(o.id).enabling() != nil
	got := m.run(t, orgapi.EnableAllFeatures.Operation, o.id, func(e Editor) error { _, err := e.EnableAllFeatures(); return err })
	want := apierror.Code("")
	if o.Facts().AllFeatures || pending {
		want = HandshakeConstraint
	}
	m.want(t, got, want)
}

func (m *machine) askTransfer(t *rapid.T) {
	o := m.organization(t)
	account := m.account(t, "account")
	start := monthsEnd(m.now).Add(time.Millisecond)
	got := m.run(t, orgapi.InviteOrganizationToTransferResponsibility.Operation, o.id, func(e Editor) error {
		_, err := e.InviteToTransfer(Party{AccountParty, account}, "n", "", start, nil)
		return err
	})
	if got == "" && (!manages(m.draft(), account) || account == o.Facts().Management) {
		t.Fatalf("%s was asked", account)
	}
}

func (m *machine) endTransfer(t *rapid.T) {
	o := m.organization(t)
	ids := keys(transfers.All(o.snapshot()))
	if len(ids) == 0 {
		t.Skip("no transfer")
	}
	id := rapid.SampledFrom(ids).Draw(t, "transfer")
	before, _ := transfers.Get(o.snapshot(), id)
	by := rapid.SampledFrom([]string{before.Target, m.account(t, "account")}).Draw(t, "by")
	got := m.run(t, orgapi.TerminateResponsibilityTransfer.Operation, o.id, func(e Editor) error {
		_, err := e.TerminateTransfer(id, by, nil)
		return err
	})
	if got == "" && (before.Status != Accepted || by != before.Target && by != before.Source) {
		t.Fatalf("%s ended %+v", by, before)
	}
}

// check compares the world with the model, and with itself.
func (m *machine) check(t *rapid.T) {
	d := m.draft()
	dep := deployment.In(d)
	organizations := map[string]bool{}
	for account, p := range m.places {
		organizations[p.organization] = true
		o := In(d, p.organization)
		got, err := o.MemberAt(account, m.now)
		if m.over(account) {
			if err == nil {
				t.Fatalf("%s is a member still: %+v", account, got)
			}
			continue
		}
		if err != nil || got.Parent != p.parent || got.Joined != p.joined || dep.OrganizationOf(account) != p.organization {
			t.Fatalf("%s is at %+v (%v), in %s; want %+v", account, got, err, dep.OrganizationOf(account), p)
		}
		if _, err := identity.In(d, m.site, account).Role(ServiceLinkedRole); err != nil {
			t.Fatalf("%s: %v", account, err)
		}
	}
	for a := range dep.Accounts() {
		in := dep.OrganizationOf(a.ID)
		if _, ok := m.places[a.ID]; !ok && in != "" {
			t.Fatalf("%s is in %s, the model knows nothing of it", a.ID, in)
		}
		if at, ok := m.closed[a.ID]; ok != dep.Closed(a.ID) || ok && !a.Closed.Equal(at) {
			t.Fatalf("%s closed at %s, want %s", a.ID, a.Closed, at)
		}
	}
	for id := range organizations {
		m.checkOrganization(t, In(d, id))
	}
}

func (m *machine) checkOrganization(t *rapid.T, o Organization) {
	f, s := o.Facts(), o.snapshot()
	there := map[string]bool{f.RootID: true}
	names := map[string]bool{}
	for id, u := range units.All(s) {
		if path := o.Path(id); path == nil || path[0] != f.RootID || len(path) > 6 {
			t.Fatalf("unit %s has the path %v", id, path)
		}
		if key := u.Parent + "/" + u.Name; names[key] {
			t.Fatalf("two units are %s", key)
		} else {
			names[key] = true
		}
		there[id] = true
	}
	for account, member := range members.All(s) {
		if o.Path(account) == nil || member.Account != account || deployment.In(o.world).OrganizationOf(account) != o.id {
			t.Fatalf("member %+v: path %v, in %s", member, o.Path(account), deployment.In(o.world).OrganizationOf(account))
		}
		there[account] = true
	}
	if !there[f.Management] {
		t.Fatal("the management account is not there")
	}
	attached := map[string]bool{}
	for key, a := range attachments.All(s) {
		if !there[a.Target] || key != state.Key(a.Target, a.PolicyID) {
			t.Fatalf("%+v is attached to nothing", a)
		}
		attached[a.Target] = true
	}
	for id := range there {
		if attached[id] != o.Enabled(ServiceControl) {
			t.Fatalf("%s has an SCP: %t", id, attached[id])
		}
	}
	for id := range tags.All(s) {
		if !there[id] {
			t.Fatalf("%s has tags and is not there", id)
		}
	}
	if all := len(slices.Collect(first(o.Members("", m.now)))); all > 6 {
		t.Fatalf("%d members", all)
	}
	for id, h := range handshakes.All(s) {
		if at, ok := deployment.In(o.world).Handshake(id); !ok || at.Organization != o.id {
			t.Fatalf("the deployment does not know of %+v", h)
		}
		if parent, ok := handshakes.Get(s, h.Parent); h.Parent != "" && ok && parent.State == Accepted && h.State == Open {
			t.Fatalf("all features came without the consent of %+v", h)
		}
	}
}

func first[K, V any](all iter.Seq2[K, V]) iter.Seq[K] {
	return func(yield func(K) bool) {
		for k := range all {
			if !yield(k) {
				return
			}
		}
	}
}

// TestMachine: whatever is done in whatever order, each account is in one organization
// and one place at most, no unit is too deep, and nothing is left of what is gone.
func TestMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { t.Repeat(newMachine(t).actions()) })
}
