package impact

import (
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// Replay asks what recorded calls have asked once more: as things are, and as they would
// be. It is for use by one goroutine.
type Replay struct {
	site      identity.Site
	now, then side
	concerns  func(account string) bool
	worlds    map[string]worlds
	report    Report
	groups    map[group]*Effect
}

// side decides by one of two states. Each has an authorizer of its own, because that
// keeps what it has worked out for the state that it has seen last.
type side struct {
	source state.Source
	authz  *authz.Authorizer
}

// worlds are the two states as the calls of one account see them, so that what is seen
// at once stays little.
type worlds struct{ now, then *state.View }

// New is a replay over what source gives, and that with a change.
func New(source state.Source, c Change, env Env) (*Replay, error) {
	after, concerns, err := c.After(source, env)
	if err != nil {
		return nil, err
	}
	return &Replay{
		site: env.Site, concerns: concerns, worlds: map[string]worlds{}, groups: map[group]*Effect{},
		now: side{source, authz.New(env.Site)}, then: side{after, authz.New(env.Site)},
	}, nil
}

// Add decides a recorded call again. Data is what [asked.Call.Append] wrote; a call that
// cannot be read is counted as such.
func (r *Replay) Add(id string, at time.Time, data []byte) {
	r.report.seen(at)
	c, err := asked.Decode(data)
	if err != nil {
		r.report.Unreadable++
		return
	}
	if !r.concerns(c.Caller.Account) {
		r.report.Unconcerned++
		return
	}
	w := r.of(c.Caller.Account)
	c.In(w.now, r.site)
	before, refusedNow := c.Decide(r.now.authz, w.now, at)
	if before != c.Allowed {
		r.unlike(&c, w.now)
	}
	c.In(w.then, r.site)
	after, refusedThen := c.Decide(r.then.authz, w.then, at)
	switch {
	case before && !after:
		r.count(id, at, &c, Refused, refusedThen)
	case after && !before:
		r.count(id, at, &c, Allowed, refusedNow)
	}
}

// unlike counts a call that would be decided otherwise now, without the change.
func (r *Replay) unlike(c *asked.Call, w state.World) {
	if gone(c, identity.In(w, r.site, c.Caller.Account)) {
		r.report.Gone++
		return
	}
	r.report.Otherwise++
}

// gone tells whether the user or role that called is not there any more. One that has
// its name is somebody else.
func gone(c *asked.Call, a identity.Account) bool {
	var there bool
	switch c.Caller.Kind {
	case authn.User:
		_, there = a.UserByID(c.Caller.UniqueID)
	case authn.FederatedUser:
		_, there = a.UserByID(c.Caller.UniqueID)
		there = there || c.Caller.UniqueID == c.Caller.Account
	case authn.RoleSession:
		_, there = a.RoleByID(c.Caller.UniqueID)
	default:
		there = true
	}
	return !there
}

func (r *Replay) of(account string) worlds {
	w, ok := r.worlds[account]
	if !ok {
		w = worlds{state.NewView(r.now.source), state.NewView(r.then.source)}
		r.worlds[account] = w
	}
	return w
}

// err is what kept the replay from seeing a state.
func (r *Replay) err() error {
	for _, w := range r.worlds {
		if err := firstError(w.now.Err(), w.then.Err()); err != nil {
			return err
		}
	}
	return nil
}
