package organization

import (
	"time"
)

// Transfer is a responsibility, such as that for the bills, that the management account
// of one organization has given to that of another one.
type Transfer struct {
	ID     string    `json:"id"` // "rt-" and 8 to 32 letters or digits
	Status string    `json:"status"`
	Start  time.Time `json:"start"`
}

func (e Editor) transferring() bool                                { return false }
func (e Editor) acceptTransfer(h *Handshake, account string) error { return nil }
func (e Editor) endTransfer(h *Handshake, to string)               {}
