package delivery

import (
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trails"
)

// Source is the server whose events are delivered.
type Source interface {
	// Settled is the time before which no event will be recorded any more.
	Settled() time.Time
}

// Keys signs digest files.
type Keys interface {
	TrailKey(ctx context.Context, region string, now time.Time) (*rsa.PrivateKey, error)
}

// Config is how a Deliverer is put together.
type Config struct {
	Store   *store.Store
	Site    identity.Site
	Source  Source
	Keys    Keys
	Buckets Buckets
	// Every is how often events are delivered, DigestEvery how often digest files are:
	// 5 minutes and an hour.
	Every, DigestEvery time.Duration
	Now                func() time.Time // time.Now
	Log                *slog.Logger     // discards
}

// Deliverer delivers the events of trails. There is one for a store.
type Deliverer struct {
	Config
	// reached is up to when trails have been read, where that is further than what is
	// noted of them: nothing that they want was between.
	reached map[string]time.Time
	mu      sync.Mutex // guards reached
	failing atomic.Int64
	lag     atomic.Int64 // nanoseconds
}

// Failing tells how many trails could not be delivered in the last pass.
func (d *Deliverer) Failing() int { return int(d.failing.Load()) }

// Lag is how far the trail that is furthest behind was from being delivered up to now,
// after the last pass.
func (d *Deliverer) Lag() time.Duration { return time.Duration(d.lag.Load()) }

// measure keeps what came of a pass.
func (d *Deliverer) measure(list []*following, to time.Time) {
	failing, lag := 0, time.Duration(0)
	for _, t := range list {
		if t.failed {
			failing++
		}
		lag = max(lag, to.Sub(t.until))
	}
	d.failing.Store(int64(failing))
	d.lag.Store(int64(lag))
}

// New makes a Deliverer.
func New(c Config) *Deliverer {
	if c.Every == 0 {
		c.Every = 5 * time.Minute
	}
	if c.DigestEvery == 0 {
		c.DigestEvery = time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Deliverer{Config: c, reached: map[string]time.Time{}}
}

// Run delivers until ctx ends. What could not be delivered is tried again.
func (d *Deliverer) Run(ctx context.Context) {
	ticker := time.NewTicker(min(d.Every, d.DigestEvery))
	defer ticker.Stop()
	for {
		if err := d.Pass(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error("events of trails could not be delivered; they will be later", "cause", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// margin is how far clocks may be set back: events come to light as late at most.
const margin = 5 * time.Second

// Pass delivers the events up to now, and the digest files that are due. A trail that
// cannot be delivered does not keep others from it.
func (d *Deliverer) Pass(ctx context.Context) error {
	to := d.Source.Settled().Add(-min(margin, d.Every))
	list, err := d.trails(to)
	if err != nil {
		return err
	}
	err = errors.Join(d.deliver(ctx, list, to), each(list, func(t *following) error {
		err := d.digests(ctx, t)
		t.failed = t.failed || err != nil
		return err
	}))
	d.measure(list, to)
	return err
}

// following is a trail on its way through a pass.
type following struct {
	*trails.Trail
	owner string
	arn   string
	key   string // of reached: another one for a trail that was made anew
	// of are the accounts whose events it may want, and organization their
	// organization's id, if it is a trail of one.
	of           map[string]bool
	organization string
	until        time.Time // up to when it has been read
	rewrite      bool      // log files were left half written
	failed       bool      // no more of it in this pass
}

// trails lists the trails that log, and those of which events may be left.
func (d *Deliverer) trails(to time.Time) ([]*following, error) {
	view := d.Store.View()
	var list []*following
	for _, owner := range trails.Owners(view) {
		a := trails.In(view, d.Site, owner)
		for _, t := range a.Own() {
			if f := d.follow(view, a, t); len(t.Spans) > 0 && (t.Logging() || f.rewrite || f.until.Before(t.Spans[len(t.Spans)-1].To) || d.undigested(a, t)) {
				list = append(list, f)
			}
		}
	}
	return list, view.Err()
}

// undigested tells whether a trail has log files that no digest file lists, or digest
// files that are not written.
func (d *Deliverer) undigested(a trails.Account, t *trails.Trail) bool {
	for _, c := range a.Chains(t) {
		if t.Validation && (len(c.Files) > 0 || c.Unwritten != nil) {
			return true
		}
	}
	return false
}

func (d *Deliverer) follow(view *state.View, a trails.Account, t *trails.Trail) *following {
	f := &following{Trail: t, owner: a.ID, arn: trails.Seen{Trail: t, Owner: a.ID}.ARN(d.Site.Partition), of: map[string]bool{a.ID: true}}
	f.key = f.arn + " " + t.CreateDate.String()
	if len(t.Spans) > 0 {
		f.until = t.Spans[0].From
	}
	if has := a.Delivery(t); has != nil {
		f.until, f.rewrite = has.Until, len(has.Writing) > 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.reached[f.key]; at.After(f.until) && !f.rewrite {
		f.until = at
	}
	if t.Organization {
		f.organization, f.of = members(view, a.ID, d.Now())
	}
	return f
}
