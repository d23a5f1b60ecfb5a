package deployment

import (
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// notified says up to when the webhook was told of events. It is kept out of history,
// where its past would be of no use.
type notified struct {
	Until time.Time `json:"until"`
}

var notifications = state.Define[notified](state.DeploymentAggregate, "webhook", 1).Secret() // ""

// Notified is up to when the webhook was told of events; zero if it never was.
func (d Deployment) Notified() time.Time {
	if n, ok := notifications.Get(d.snapshot(), ""); ok {
		return n.Until
	}
	return time.Time{}
}

// SetNotified notes up to when the webhook was told of events.
func (e Editor) SetNotified(until time.Time) {
	notifications.Put(e.draft, state.Deployment, "", &notified{until})
}
