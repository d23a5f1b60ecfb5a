package deployment

import (
	"iter"

	"github.com/keyreeve/keyreeve/state"
)

// Handshake says where a handshake between an organization and an account is kept, so
// that an account finds what organizations it is not in have sent it.
type Handshake struct {
	ID           string `json:"id"`
	Organization string `json:"organization"` // that sent it
	// To is an account number, or a folded e-mail address.
	To string `json:"to"`
}

var (
	handshakes   = state.Define[Handshake](state.DeploymentAggregate, "handshake", 1) // id
	handshakesTo = handshakes.Index(func(_ string, h *Handshake) []string { return []string{h.To} })
)

// Handshake finds where a handshake is kept.
func (d Deployment) Handshake(id string) (*Handshake, bool) {
	return handshakes.Get(d.snapshot(), id)
}

// HandshakesTo ranges over the handshakes that were sent to an account: to its number,
// and to the e-mail address of its root user.
func (d Deployment) HandshakesTo(account string) iter.Seq[*Handshake] {
	return func(yield func(*Handshake) bool) {
		to := []string{account}
		if a, ok := d.Account(account); ok {
			to = append(to, emailKeys(a.Email)...)
		}
		for _, key := range to {
			for _, h := range handshakesTo.At(d.snapshot(), key) {
				if !yield(h) {
					return
				}
			}
		}
	}
}

// PutHandshake notes where a handshake is kept.
func (e Editor) PutHandshake(h Handshake) {
	h.To = state.Fold(h.To)
	handshakes.Put(e.draft, state.Deployment, h.ID, &h)
}

// ForgetHandshake forgets a handshake.
func (e Editor) ForgetHandshake(id string) { handshakes.Delete(e.draft, state.Deployment, id) }

// Transfers of responsibility are found as handshakes are, and for as long as there is
// the organization that has asked for them.
var (
	transfers   = state.Define[Handshake](state.DeploymentAggregate, "responsibility-transfer-index", 1) // id
	transfersTo = transfers.Index(func(_ string, h *Handshake) []string { return []string{h.To} })
)

// Transfer finds where a transfer of responsibility is kept.
func (d Deployment) Transfer(id string) (*Handshake, bool) { return transfers.Get(d.snapshot(), id) }

// TransfersFrom ranges over the transfers that an account was asked for, in order of
// their ids.
func (d Deployment) TransfersFrom(account string) iter.Seq2[string, *Handshake] {
	return transfersTo.At(d.snapshot(), account)
}

// PutTransfer notes where a transfer of responsibility is kept.
func (e Editor) PutTransfer(h Handshake) { transfers.Put(e.draft, state.Deployment, h.ID, &h) }

// ForgetTransfer forgets a transfer of responsibility.
func (e Editor) ForgetTransfer(id string) { transfers.Delete(e.draft, state.Deployment, id) }
