package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trail/selector"
)

// members are the accounts of the organization that an account manages.
func members(w state.World, management string, now time.Time) (id string, accounts map[string]bool) {
	accounts = map[string]bool{management: true}
	o, ok := organization.OfAccount(w, management)
	if !ok || o.Facts().Management != management {
		return "", accounts
	}
	for account := range o.Members("", now) {
		accounts[account] = true
	}
	return o.ID(), accounts
}

// atOnce is about how many events are read before they are delivered.
const atOnce = 10_000

// deliver reads events up to a time, once for all trails, and delivers them, portion by
// portion.
func (d *Deliverer) deliver(ctx context.Context, list []*following, to time.Time) error {
	var errs []error
	for {
		from, behind := to, false
		for _, t := range list {
			if !t.failed && t.until.Before(from) {
				from, behind = t.until, true
			}
		}
		if !behind {
			return errors.Join(errs...)
		}
		batch, end, err := d.read(ctx, from, to)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, each(list, func(t *following) error {
			if t.failed || !t.until.Before(end) {
				return nil
			}
			err := d.deliverTo(ctx, t, batch, end)
			t.failed = err != nil
			return err
		}))
	}
}

// together is how many trails are delivered at once: those of a bucket that does not
// answer do not hold up all others.
const together = 8

// each does something for each trail, and tells what has failed.
func each(list []*following, do func(t *following) error) error {
	errs, room := make([]error, len(list)), make(chan struct{}, together)
	var all sync.WaitGroup
	for i, t := range list {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if err := do(t); err != nil {
				errs[i] = fmt.Errorf("%s: %w", t.arn, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// portion is an event, and what selectors look at in it.
type portion struct {
	store.Event
	shown selector.Event
}

// read reads about atOnce events from a time on, and tells up to when they go: all
// events of an instant are read together.
func (d *Deliverer) read(ctx context.Context, from, to time.Time) (batch []portion, end time.Time, err error) {
	end = to
	err = d.Store.Events(ctx, from, to, func(e store.Event) bool {
		if len(batch) >= atOnce && e.Time.After(batch[len(batch)-1].Time) {
			end = e.Time
			return false
		}
		shown, damaged := selector.Read(e.Record)
		if damaged != nil {
			d.Log.Error("an event cannot be read; it is not delivered to trails", "event", e.ID, "account", e.Account, "cause", damaged)
			return true
		}
		batch = append(batch, portion{e, shown})
		return true
	})
	return batch, end, err
}
