package organization

import (
	"iter"
	"regexp"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// What handshakes are about.
const (
	Invite             = "INVITE"
	EnableAllFeatures  = "ENABLE_ALL_FEATURES"
	ApproveAllFeatures = "APPROVE_ALL_FEATURES"
	TransferAction     = "TRANSFER_RESPONSIBILITY"
)

// The states of a handshake (Organizations API reference, Handshake). Requested is that
// of one that waits for the answers of others, before its originator can complete it.
const (
	Requested = "REQUESTED"
	Open      = "OPEN"
	Canceled  = "CANCELED"
	Accepted  = "ACCEPTED"
	Declined  = "DECLINED"
	Expired   = "EXPIRED"
)

// The types of the parties of a handshake.
const (
	AccountParty      = "ACCOUNT"
	EmailParty        = "EMAIL"
	OrganizationParty = "ORGANIZATION"
)

// Party is who takes part in a handshake.
type Party struct {
	Type string `json:"type"`
	ID   string `json:"id"` // an account number, an e-mail address, or an organization's id
}

// Handshake is a secured exchange between an organization and an account, by which an
// invitation, or the wish to enable all features, becomes true.
type Handshake struct {
	ID     string `json:"id"` // "h-" and 8 to 32 letters or digits
	Action string `json:"action"`
	State  string `json:"state"` // but for Expired, which follows from the time
	// To is whom it was sent to; it is zero for one that the organization has with
	// itself, to enable all features.
	To        Party     `json:"to,omitzero"`
	Requested time.Time `json:"requested"`
	Expires   time.Time `json:"expires"`
	Ended     time.Time `json:"ended,omitzero"` // when it was accepted, declined or canceled
	Notes     string    `json:"notes,omitempty"`
	Parent    string    `json:"parent,omitempty"` // of an approval: the id of what is approved
	// What the organization was when it was sent.
	AllFeatures     bool   `json:"allFeatures,omitempty"`
	ManagementName  string `json:"managementName,omitempty"`
	ManagementEmail string `json:"managementEmail,omitempty"`
	// Tags are put on the account that joins.
	Tags []identity.Tag `json:"tags,omitempty"`
	// Transfer is the id of the responsibility transfer that it is about.
	Transfer string `json:"transfer,omitempty"`
}

// How long handshakes are open, and how long they are kept then (Organizations API
// reference, InviteAccountToOrganization and ListHandshakesForAccount; user guide,
// "Enabling all features").
const (
	openFor         = 15 * day
	featuresOpenFor = 90 * day
	endedFor        = 30 * day
)

// StateAt is the state of the handshake at a time.
func (h *Handshake) StateAt(now time.Time) string {
	if h.Ended.IsZero() && !now.Before(h.Expires) {
		return Expired
	}
	return h.State
}

// pending tells whether something may still come of the handshake.
func (h *Handshake) pending(now time.Time) bool {
	s := h.StateAt(now)
	return s == Open || s == Requested
}

// gone tells whether the handshake is not shown any more.
func (h *Handshake) gone(now time.Time) bool {
	end := h.Ended
	if end.IsZero() {
		end = h.Expires
	}
	return now.Sub(end) >= endedFor
}

func noHandshake() error {
	return apierror.New(HandshakeNotFound, "You specified a handshake that doesn't exist.")
}

// HandshakeOf finds a handshake as an account may see it: an account of the
// organization that has sent it, and the one that it was sent to. To others it does not
// exist.
func HandshakeOf(w state.World, id, account string, now time.Time) (Organization, *Handshake, error) {
	d := deployment.In(w)
	at, ok := d.Handshake(id)
	if !ok {
		return Organization{}, nil, noHandshake()
	}
	o := In(w, at.Organization)
	h, ok := handshakes.Get(o.snapshot(), id)
	if !ok || h.gone(now) || d.OrganizationOf(account) != o.id && !sentTo(d, h, account) {
		return Organization{}, nil, noHandshake()
	}
	return o, h, nil
}

// sentTo tells whether a handshake was sent to an account, by its number or by the
// e-mail address of its root user.
func sentTo(d deployment.Deployment, h *Handshake, account string) bool {
	if h.To.Type == EmailParty {
		a, ok := d.AccountOfEmail(h.To.ID)
		return ok && a.ID == account
	}
	return h.To.ID == account
}

// Handshakes ranges over the handshakes of the organization that are shown at a time,
// in order of their ids, from one on.
func (o Organization) Handshakes(from string, now time.Time) iter.Seq2[string, *Handshake] {
	return func(yield func(string, *Handshake) bool) {
		for id, h := range handshakes.From(o.snapshot(), from) {
			if !h.gone(now) && !yield(id, h) {
				return
			}
		}
	}
}

// send opens a handshake.
func (e Editor) send(h Handshake, lasts time.Duration) (*Handshake, error) {
	e.sweep()
	id, err := e.newID("h-", handshakeLetters)
	if err != nil {
		return nil, err
	}
	f := e.Facts()
	h.ID, h.Requested, h.Expires, h.AllFeatures = id, e.Now, e.Now.Add(lasts), f.AllFeatures
	if a, ok := e.deployment().Account(f.Management); ok {
		h.ManagementName, h.ManagementEmail = a.Name, a.Email
	}
	if h.State == "" {
		h.State = Open
	}
	handshakes.Put(e.draft, e.aggregate(), id, &h)
	e.deployment().PutHandshake(deployment.Handshake{ID: id, Organization: e.id, To: h.To.ID})
	return &h, nil
}

// sweep forgets the handshakes that are not shown any more.
func (e Editor) sweep() {
	for _, id := range keys(handshakes.All(e.snapshot())) {
		if h, ok := handshakes.Get(e.snapshot(), id); ok && h.gone(e.Now) {
			handshakes.Delete(e.draft, e.aggregate(), id)
			e.deployment().ForgetHandshake(id)
		}
	}
}

// end brings a handshake into a state.
func (e Editor) end(h *Handshake, to string) *Handshake {
	next := *h
	next.State = to
	if to != Open && to != Requested {
		next.Ended = e.Now
	}
	handshakes.Put(e.draft, e.aggregate(), h.ID, &next)
	return &next
}

var (
	accountNumber = regexp.MustCompile(`^\d{12}$`)
	emailAddress  = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
)

// CheckParty refuses a party that no account can be.
func CheckParty(p Party) error {
	switch {
	case p.Type == AccountParty && !accountNumber.MatchString(p.ID):
		return invalid("INVALID_PATTERN_TARGET_ID", "You provided a target ID that doesn't match the required pattern.")
	case p.Type == EmailParty && !emailAddress.MatchString(p.ID):
		return invalid("INVALID_EMAIL_ADDRESS_TARGET", "You specified an invalid email address for the invited account owner.")
	case p.Type != AccountParty && p.Type != EmailParty:
		return invalid("INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of entity (account, organization, or email) as a party.")
	}
	return nil
}

// accountOf is the account that a party is; one that is not known by its e-mail address
// may come to be later.
func (e Editor) accountOf(p Party) (string, error) {
	if p.Type == EmailParty {
		if a, ok := e.deployment().AccountOfEmail(p.ID); ok {
			return a.ID, nil
		}
		return "", nil
	}
	if _, ok := e.deployment().Account(p.ID); !ok {
		return "", invalid("INVALID_PATTERN_TARGET_ID", "You specified an account that doesn't exist.")
	}
	return p.ID, nil
}

// openInvitations counts the invitations that are open, but for one.
func (e Editor) openInvitations(but string) int {
	n := 0
	for id, h := range handshakes.All(e.snapshot()) {
		if h.Action == Invite && id != but && h.pending(e.Now) {
			n++
		}
	}
	return n
}

// InviteAccount invites an account to join.
func (e Editor) InviteAccount(to Party, notes string, list []identity.Tag) (*Handshake, error) {
	e.purge()
	if err := CheckParty(to); err != nil {
		return nil, err
	}
	if err := e.checkNewTags(list); err != nil {
		return nil, err
	}
	account, err := e.accountOf(to)
	switch {
	case err != nil:
		return nil, err
	case account != "" && e.deployment().OrganizationOf(account) != "":
		return nil, alreadyMember()
	case e.enabling() != nil:
		return nil, handshakeViolation("INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES", "You can't issue new invitations to join an organization while it's in the process of enabling all features. You can resume inviting accounts after you finalize the process when all accounts have agreed to the change.")
	}
	if err := e.mayInvite(Invite, to, account); err != nil {
		return nil, err
	}
	if members.Count(e.snapshot())+e.openInvitations("") >= e.Quotas(membersQuota) {
		return nil, tooManyAccounts()
	}
	return e.send(Handshake{Action: Invite, To: to, Notes: notes, Tags: list}, openFor)
}

// mayInvite refuses what was sent to the same account and is open still, and more than
// may be sent in a day: as many as the quota says, or as the organization may have
// accounts. What was accepted does not count (AWS Organizations User Guide, "Quotas and
// service limits").
func (e Editor) mayInvite(action string, to Party, account string) error {
	today := 0
	for _, h := range handshakes.All(e.snapshot()) {
		if h.Action != action {
			continue
		}
		if h.pending(e.Now) && (state.Fold(h.To.ID) == state.Fold(to.ID) || account != "" && sentTo(e.deployment().Deployment, h, account)) {
			return apierror.New(DuplicateHandshake, "A handshake with the same action and target already exists.")
		}
		if h.State != Accepted && e.Now.Sub(h.Requested) < day {
			today++
		}
	}
	if today >= max(e.Quotas(invitationsQuota), e.Quotas(membersQuota)) {
		return handshakeViolation("HANDSHAKE_RATE_LIMIT_EXCEEDED", "You attempted to exceed the number of handshakes that you can send in one day.")
	}
	return nil
}

func alreadyMember() error {
	return handshakeViolation("ALREADY_IN_AN_ORGANIZATION", "The handshake request is invalid because the invited account is already a member of an organization.")
}

func tooManyAccounts() error {
	return handshakeViolation("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts.")
}

// may finds a handshake that an account wants to bring into a state, and refuses what
// is over. It must have been sent to the account, or by its organization, if sender is
// set.
func (e Editor) may(id, account, to string, sender bool) (*Handshake, error) {
	_, h, err := HandshakeOf(e.draft, id, account, e.Now)
	if err != nil {
		return nil, err
	}
	own := h.Action == EnableAllFeatures || sender
	switch {
	case own && account != e.Facts().Management, !own && !sentTo(e.deployment().Deployment, h, account):
		return nil, Denied()
	case h.StateAt(e.Now) == to:
		return nil, apierror.New(HandshakeAlreadyInState, "The specified handshake is already in the requested state.")
	case !h.pending(e.Now), to == Accepted && h.StateAt(e.Now) != Open:
		return nil, apierror.New(InvalidHandshakeMove, "You can't perform the operation on the handshake in its current state. For example, you can't cancel a handshake that was already accepted or accept a handshake that was already declined.")
	}
	return h, nil
}

// AcceptHandshake answers a handshake with yes, and does what it is about. The last
// word on all features is the management account's.
func (e Editor) AcceptHandshake(id, account string) (*Handshake, error) {
	e.purge()
	h, err := e.may(id, account, Accepted, false)
	if err != nil {
		return nil, err
	}
	switch h.Action {
	case Invite:
		err = e.acceptInvitation(h, account)
	case EnableAllFeatures:
		e.setFacts(func(f *Facts) { f.AllFeatures = true })
	case TransferAction:
		err = e.acceptTransfer(h, account)
	}
	if err != nil {
		return nil, err
	}
	h = e.end(h, Accepted)
	e.settle()
	return h, nil
}

func (e Editor) acceptInvitation(h *Handshake, account string) error {
	if e.deployment().OrganizationOf(account) != "" {
		return alreadyMember()
	}
	if members.Count(e.snapshot())+e.openInvitations(h.ID) >= e.Quotas(membersQuota) {
		return tooManyAccounts()
	}
	if err := e.join(account, Invited, h.Tags); err != nil {
		return err
	}
	if parent := e.enabling(); parent != nil { // it was invited before that began
		return e.askApproval(parent, account)
	}
	return nil
}

// DeclineHandshake answers a handshake with no.
func (e Editor) DeclineHandshake(id, account string) (*Handshake, error) {
	h, err := e.may(id, account, Declined, false)
	switch {
	case err != nil:
		return nil, err
	case h.Action == EnableAllFeatures:
		return nil, Denied() // it was sent to nobody
	}
	e.endTransfer(h, Declined)
	return e.end(h, Declined), nil
}

// CancelHandshake takes back a handshake that the account's organization has sent.
func (e Editor) CancelHandshake(id, account string) (*Handshake, error) {
	h, err := e.may(id, account, Canceled, true)
	if err != nil {
		return nil, err
	}
	if h.Action == EnableAllFeatures {
		for _, child := range e.approvals(h.ID) {
			if child.pending(e.Now) {
				e.end(child, Canceled)
			}
		}
	}
	e.endTransfer(h, Canceled)
	return e.end(h, Canceled), nil
}

// EnableAllFeatures begins that the organization gets all features: every account that
// was invited into it has to agree, before the management account can complete it.
func (e Editor) EnableAllFeatures() (*Handshake, error) {
	e.purge()
	switch {
	case e.Facts().AllFeatures:
		return nil, handshakeViolation("ORGANIZATION_ALREADY_HAS_ALL_FEATURES", "The handshake request is invalid because the organization has already enabled all features.")
	case e.enabling() != nil:
		return nil, handshakeViolation("ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION", "The handshake request is invalid because the organization has already started the process to enable all features.")
	}
	parent, err := e.send(Handshake{Action: EnableAllFeatures, State: Requested}, featuresOpenFor)
	if err != nil {
		return nil, err
	}
	for account, m := range members.All(e.snapshot()) {
		if m.Joined == Invited && account != e.Facts().Management {
			if err := e.askApproval(parent, account); err != nil {
				return nil, err
			}
		}
	}
	e.settle()
	parent, _ = handshakes.Get(e.snapshot(), parent.ID)
	return parent, nil
}

// enabling is the handshake by which all features are being enabled, or nil.
func (e Editor) enabling() *Handshake {
	for _, h := range handshakes.All(e.snapshot()) {
		if h.Action == EnableAllFeatures && h.pending(e.Now) {
			return h
		}
	}
	return nil
}

func (e Editor) askApproval(parent *Handshake, account string) error {
	_, err := e.send(Handshake{Action: ApproveAllFeatures, To: Party{AccountParty, account}, Parent: parent.ID}, parent.Expires.Sub(e.Now))
	return err
}

// approvals are the handshakes by which invited accounts agree to all features.
func (e Editor) approvals(parent string) []*Handshake {
	var list []*Handshake
	for _, h := range handshakes.All(e.snapshot()) {
		if h.Parent == parent {
			list = append(list, h)
		}
	}
	return list
}

// settle finds out whether all have agreed to all features, so that the management
// account may complete it.
func (e Editor) settle() {
	parent := e.enabling()
	if parent == nil {
		return
	}
	to := Open
	for _, child := range e.approvals(parent.ID) {
		if s := child.StateAt(e.Now); s != Accepted && s != Canceled {
			to = Requested
		}
	}
	if to != parent.State {
		e.end(parent, to)
	}
}

// withdrawApproval takes back what an account was asked that is no member any more.
func (e Editor) withdrawApproval(account string) {
	parent := e.enabling()
	if parent == nil {
		return
	}
	for _, child := range e.approvals(parent.ID) {
		if s := child.StateAt(e.Now); child.To.ID == account && s != Accepted && s != Canceled {
			e.end(child, Canceled)
		}
	}
	e.settle()
}
