package organization

import (
	"iter"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// Billing is the one type of responsibility that can be transferred.
const Billing = "BILLING"

// Withdrawn is the status of a transfer that was ended. The others are those of
// handshakes.
const Withdrawn = "WITHDRAWN"

// Transfer is a responsibility, such as that for the bills, that the management account
// of one organization (the source) gives to that of another one (the target), which has
// asked for it and keeps it. There are no bills here: what is kept is who has agreed to
// what, from when to when.
type Transfer struct {
	ID     string `json:"id"` // "rt-" and 8 to 32 letters or digits
	Name   string `json:"name"`
	Type   string `json:"type"`   // Billing
	Status string `json:"status"` // but for Expired, which follows from the handshake
	// Source is the account that was asked; it is empty as long as nobody has the
	// e-mail address that was asked.
	Source    string    `json:"source,omitempty"`
	Target    string    `json:"target"` // the account that has asked
	Start     time.Time `json:"start"`
	End       time.Time `json:"end,omitzero"`
	Handshake string    `json:"handshake"`
	Expires   time.Time `json:"expires"` // as long as it is requested
}

// StatusAt is the status of the transfer at a time.
func (t *Transfer) StatusAt(now time.Time) string {
	if t.Status == Requested && !now.Before(t.Expires) {
		return Expired
	}
	return t.Status
}

// active tells whether the transfer is asked for, or agreed to and not over.
func (t *Transfer) active(now time.Time) bool {
	switch t.StatusAt(now) {
	case Requested, Accepted:
		return true
	case Withdrawn:
		return now.Before(t.End)
	}
	return false
}

// InviteToTransfer asks the management account of another organization for a
// responsibility.
func (e Editor) InviteToTransfer(to Party, name, notes string, start time.Time, list []identity.Tag) (*Handshake, error) {
	if err := CheckParty(to); err != nil {
		return nil, err
	}
	if err := e.checkStart(start); err != nil {
		return nil, err
	}
	source, err := e.accountOf(to)
	if err != nil {
		return nil, err
	}
	if err := e.maySource(source); err != nil {
		return nil, err
	}
	if err := e.mayInvite(TransferAction, to, source); err != nil {
		return nil, err
	}
	id, err := e.newID("rt-", transferLetters)
	if err != nil {
		return nil, err
	}
	h, err := e.send(Handshake{Action: TransferAction, To: to, Notes: notes, Transfer: id}, openFor)
	if err != nil {
		return nil, err
	}
	e.putTransfer(&Transfer{
		ID: id, Name: name, Type: Billing, Status: Requested, Source: source, Target: e.Facts().Management,
		Start: start, Handshake: h.ID, Expires: h.Expires,
	})
	return h, e.tagNew(id, list)
}

func (e Editor) putTransfer(t *Transfer) {
	transfers.Put(e.draft, e.aggregate(), t.ID, t)
	if t.Source != "" {
		e.deployment().PutTransfer(deployment.Handshake{ID: t.ID, Organization: e.id, To: t.Source})
	}
}

// checkStart refuses a time at which no responsibility can begin: it does at the
// beginning of a month to come.
func (e Editor) checkStart(start time.Time) error {
	start = start.UTC()
	switch {
	case !start.Equal(start.Truncate(day)):
		return invalid("START_DATE_NOT_BEGINNING_OF_DAY", "You provided an invalid start date. The start date must be the beginning of the day (00:00:00.000).")
	case start.Day() != 1:
		return invalid("START_DATE_NOT_BEGINNING_OF_MONTH", "You provided an invalid start date. The start date must be the first day of the month.")
	case !start.After(e.Now):
		return invalid("START_DATE_TOO_EARLY", "You provided an invalid start date. The start date is too early.")
	}
	return nil
}

// maySource refuses an account that is no other organization's management account, and
// one that has given its responsibility away.
func (e Editor) maySource(source string) error {
	switch {
	case source == "":
		return nil
	case source == e.Facts().Management:
		return handshakeViolation("SOURCE_AND_TARGET_CANNOT_MATCH", "An account can't accept a transfer handshake if it is also the sender of the handshake.")
	case !manages(e.draft, source):
		return invalid("TARGET_NOT_SUPPORTED", "You can't perform the specified operation on that target entity.")
	}
	for _, at := range e.deployment().TransfersFrom(source) {
		if t, ok := transfers.Get(In(e.draft, at.Organization).snapshot(), at.ID); ok && t.Status != Requested && t.active(e.Now) {
			return handshakeViolation("RESPONSIBILITY_TRANSFER_ALREADY_EXISTS", "You cannot perform this operation with the current transfer.")
		}
	}
	return nil
}

// manages tells whether an account is the management account of an organization.
func manages(w state.World, account string) bool {
	o, ok := OfAccount(w, account)
	return ok && o.Facts().Management == account
}

// acceptTransfer gives the responsibility of an account, which has been asked for it.
func (e Editor) acceptTransfer(h *Handshake, account string) error {
	t, ok := transfers.Get(e.snapshot(), h.Transfer)
	if !ok || !manages(e.draft, account) {
		return Denied()
	}
	if err := e.maySource(account); err != nil {
		return err
	}
	next := *t
	next.Status, next.Source = Accepted, account
	e.putTransfer(&next)
	return nil
}

// endTransfer ends the transfer that a handshake was about.
func (e Editor) endTransfer(h *Handshake, to string) {
	if t, ok := transfers.Get(e.snapshot(), h.Transfer); ok {
		next := *t
		next.Status = to
		e.putTransfer(&next)
	}
}

// transferring tells whether the organization has a part in a transfer that is not over.
func (e Editor) transferring() bool {
	for _, t := range transfers.All(e.snapshot()) {
		if t.active(e.Now) {
			return true
		}
	}
	for range Outbound(e.draft, e.Facts().Management, "", func(t *Transfer) bool { return t.active(e.Now) }) {
		return true
	}
	return false
}

// TransferOf finds a transfer as the management account of its source or of its target
// may see it, and the organization that keeps it. To others it does not exist.
func TransferOf(w state.World, id, management string) (Organization, *Transfer, error) {
	none := apierror.New(TransferNotFound, "We can't find a transfer that you specified.")
	o, ok := OfAccount(w, management)
	if !ok {
		return o, nil, NotMember()
	}
	if t, ok := transfers.Get(o.snapshot(), id); ok && t.Target == management {
		return o, t, nil
	}
	if at, ok := deployment.In(w).Transfer(id); ok && at.To == management {
		o = In(w, at.Organization)
		if t, ok := transfers.Get(o.snapshot(), id); ok {
			return o, t, nil
		}
	}
	return o, nil, none
}

// Transfer finds a transfer that the organization has asked for.
func (o Organization) Transfer(id string) (*Transfer, bool) {
	return transfers.Get(o.snapshot(), id)
}

// Inbound ranges over the transfers that the organization has asked for, in order of
// their ids, from one on.
func (o Organization) Inbound(from string) iter.Seq2[string, *Transfer] {
	return transfers.From(o.snapshot(), from)
}

// Outbound ranges over the transfers that a management account was asked for.
func Outbound(w state.World, management, from string, keep func(*Transfer) bool) iter.Seq2[string, *Transfer] {
	return func(yield func(string, *Transfer) bool) {
		for id, at := range since(from, deployment.In(w).TransfersFrom(management)) {
			if t, ok := transfers.Get(In(w, at.Organization).snapshot(), id); ok && keep(t) && !yield(id, t) {
				return
			}
		}
	}
}

// RenameTransfer gives a transfer another name, as the account that has asked for it.
func (e Editor) RenameTransfer(id, management, name string) (*Transfer, error) {
	_, t, err := TransferOf(e.draft, id, management)
	if err != nil {
		return nil, err
	}
	if t.Target != management {
		return nil, Denied()
	}
	next := *t
	next.Name = name
	e.putTransfer(&next)
	return &next, nil
}

// TerminateTransfer ends a transfer at the end of a month, of this one if nothing is
// said. Either side may.
func (e Editor) TerminateTransfer(id, management string, end *time.Time) (*Transfer, error) {
	_, t, err := TransferOf(e.draft, id, management)
	if err != nil {
		return nil, err
	}
	switch t.StatusAt(e.Now) {
	case Accepted:
	case Withdrawn:
		return nil, apierror.New(TransferAlreadyInStatus, "The responsibility transfer is already in the status that you specified.")
	default:
		return nil, apierror.New(InvalidTransferMove, "The responsibility transfer can't transition to the requested state because it's not in a valid state for this operation.")
	}
	next := *t
	next.Status, next.End = Withdrawn, monthsEnd(e.Now)
	if next.End.Before(t.Start) {
		next.End = t.Start
	}
	if end != nil {
		switch at := end.UTC(); {
		case !at.Equal(monthsEnd(at)):
			return nil, invalid("END_DATE_NOT_END_OF_MONTH", "You provided an invalid end date. The end date must be the end of the last day of the month (23.59.59.999).")
		case at.Before(e.Now) || at.Before(t.Start):
			return nil, invalid("END_DATE_TOO_EARLY", "You provided an invalid end date. The end date is too early.")
		default:
			next.End = at
		}
	}
	e.putTransfer(&next)
	return &next, nil
}

// monthsEnd is the last millisecond of a time's month.
func monthsEnd(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Millisecond)
}
