package trails

import (
	"slices"
	"time"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/trail/selector"
)

// Trail is what an account has set up for the delivery of its events.
type Trail struct {
	Name   string `json:"name"`
	Region string `json:"region"` // in which it was made, its home
	Bucket string `json:"bucket"`
	Prefix string `json:"prefix,omitempty"` // of keys in the bucket, without slashes at its ends

	MultiRegion  bool `json:"multiRegion,omitempty"`
	GlobalEvents bool `json:"globalEvents,omitempty"` // logs events of services that have no region
	Validation   bool `json:"validation,omitempty"`   // digest files are delivered, too
	Organization bool `json:"organization,omitempty"` // of all accounts of the organization

	Selectors selector.Set   `json:"selectors,omitzero"`
	Tags      []identity.Tag `json:"tags,omitempty"`

	CreateDate time.Time `json:"created"`
	// Spans are the times in which it logs or logged, the last one at the end. Those that
	// ended long ago are left out, and all of their events are delivered.
	Spans []Span `json:"spans,omitempty"`
}

// Span is a time in which a trail logs.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"` // zero: it goes on
}

// Logging tells whether the trail logs.
func (t *Trail) Logging() bool {
	return len(t.Spans) > 0 && t.Spans[len(t.Spans)-1].To.IsZero()
}

// LoggedAt tells whether the trail logged at a time.
func (t *Trail) LoggedAt(at time.Time) bool {
	return slices.ContainsFunc(t.Spans, func(s Span) bool {
		return !at.Before(s.From) && (s.To.IsZero() || at.Before(s.To))
	})
}

// Kinds of entities of an account. The key of what belongs to a trail begins with the
// trail's.
var (
	trailKind  = state.Define[Trail](state.AccountAggregate, "trail", 1) // region, name
	deliveries = state.Define[Delivery](state.AccountAggregate, "trail-delivery", 1).Secret()
	chains     = state.Define[Chain](state.AccountAggregate, "trail-chain", 1).Secret() // region, name, account, region of the files
)

// owner is noted in the deployment of each account that has a trail.
type owner struct {
	Account string `json:"account"`
}

var owners = state.Define[owner](state.DeploymentAggregate, "trail-owner", 1) // account number

// Kinds lists the kinds for the store.
func Kinds() []*state.KindInfo {
	return []*state.KindInfo{trailKind.Info(), deliveries.Info(), chains.Info(), keys.Info(), keySecrets.Info(), owners.Info()}
}
