package trails

import (
	"iter"
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// Delivery says how far the events of a trail are delivered, by the times of events. It is kept out of history,
// where its past would be of no use.
type Delivery struct {
	// Until is up to when events were read and, if the trail wants them, delivered; the
	// event of that instant is not among them.
	Until time.Time `json:"until"`
	// Writing are the log files that are being written, of the events from Until to before
	// Next. After a crash they are written again, under the same names.
	Writing []File    `json:"writing,omitempty"`
	Next    time.Time `json:"next,omitzero"`

	Attempted time.Time `json:"attempted,omitzero"` // the last time that files were to be written
	Delivered time.Time `json:"delivered,omitzero"` // the last time that they were
	Error     string    `json:"error,omitempty"`    // why they were not, the last time
	// Digested is the last time that a digest file was written.
	Digested    time.Time `json:"digested,omitzero"`
	DigestError string    `json:"digestError,omitempty"`
}

// File is a log file.
type File struct {
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Bucket  string    `json:"bucket"`
	Key     string    `json:"key"`
	Hash    string    `json:"hash"` // SHA-256 of what it holds, uncompressed, in hexadecimal
	Oldest  time.Time `json:"oldest"`
	Newest  time.Time `json:"newest"`
}

// Chain is the chain of digest files of one account and region.
type Chain struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	// Begin is when the time of the next digest file begins.
	Begin time.Time `json:"begin"`
	// Files are the log files that the next digest file lists.
	Files []File `json:"files,omitempty"`
	// Last is the last digest file of the chain, nil if there is none.
	Last *Digest `json:"last,omitempty"`
	// Unwritten is what Last holds, uncompressed, until it is known to be in its place.
	Unwritten []byte `json:"unwritten,omitempty"`
}

// Digest is a digest file.
type Digest struct {
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`
	Hash      string `json:"hash"`
	Signature string `json:"signature"`
}

// Owners lists the accounts that have trails, in order of their numbers.
func Owners(w state.World) []string {
	var list []string
	for id := range owners.All(w.Snapshot(state.Deployment)) {
		list = append(list, id)
	}
	return list
}

// Key is where a trail is kept in its account.
func (t *Trail) Key() string { return state.Key(t.Region, t.Name) }

// Delivery tells how far a trail's events are delivered; nil if it never logged.
func (a Account) Delivery(t *Trail) *Delivery {
	d, _ := deliveries.Get(a.snapshot(), t.Key())
	return d
}

// Chain is the chain of digest files of an account and a region, nil if there is none.
func (a Account) Chain(t *Trail, account, region string) *Chain {
	c, _ := chains.Get(a.snapshot(), state.Key(t.Region, t.Name, account, region))
	return c
}

// Chains ranges over the chains of digest files of a trail.
func (a Account) Chains(t *Trail) iter.Seq2[string, *Chain] {
	return chains.Below(a.snapshot(), t.Region, t.Name)
}

// SetDelivery notes how far the events of a trail are delivered.
func (e Editor) SetDelivery(t *Trail, d *Delivery) { deliveries.Put(e.draft, e.aggregate, t.Key(), d) }

// SetChain notes what became of a chain of digest files.
func (e Editor) SetChain(t *Trail, c *Chain) {
	chains.Put(e.draft, e.aggregate, state.Key(t.Region, t.Name, c.Account, c.Region), c)
}

// forgetDelivery forgets chains, so that the next digest files begin new ones, and how
// far events are delivered.
func (e Editor) forgetDelivery(t *Trail) {
	e.forgetChains(t)
	deliveries.Delete(e.draft, e.aggregate, t.Key())
}

func (e Editor) forgetChains(t *Trail) {
	var gone []string
	for key := range e.Chains(t) {
		gone = append(gone, key)
	}
	for _, key := range gone {
		chains.Delete(e.draft, e.aggregate, key)
	}
}
