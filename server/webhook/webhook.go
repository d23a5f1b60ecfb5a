package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trail/digest"
	"github.com/keyreeve/keyreeve/trail/selector"
)

// Source is the server whose events are told.
type Source interface {
	// Settled is the time before which no event will be recorded any more.
	Settled() time.Time
}

// Config is how a Notifier is put together.
type Config struct {
	Store  *store.Store
	Source Source
	URL    string
	Secret []byte
	Filter selector.Filter

	Client *http.Client     // of ten seconds a request
	Now    func() time.Time // time.Now
	Log    *slog.Logger     // discards
	// Wait waits before something is tried again; tests do not.
	Wait func(ctx context.Context, d time.Duration) error
}

// Notifier tells a webhook of events. There is one for a store.
type Notifier struct {
	Config
	until time.Time // up to when it has been told, or there was nothing to tell
	told  bool      // it was told something since that was noted
	noted time.Time // when it was noted last
	lost  atomic.Int64
}

// GivenUp tells of how many events the webhook was not told, because it did not take them.
func (n *Notifier) GivenUp() int { return int(n.lost.Load()) }

// New makes a Notifier.
func New(c Config) *Notifier {
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 10 * time.Second}
	}
	client := *c.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Client = &client
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	return &Notifier{Config: c}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// interval is how often it is looked for events.
const interval = time.Second

// Run tells of events until ctx ends.
func (n *Notifier) Run(ctx context.Context) {
	for {
		if err := n.Pass(ctx); err != nil && ctx.Err() == nil {
			n.Log.Error("events could not be read for the webhook", "cause", err)
		}
		if wait(ctx, interval) != nil {
			break
		}
	}
	if err := n.note(context.Background()); err != nil {
		n.Log.Error("how far the webhook was told of events could not be noted; it will be told of some again", "cause", err)
	}
}

// memory is how far back a webhook is told of events that it has missed.
const memory = 24 * time.Hour

// begin is where to go on: at the first time, now.
func (n *Notifier) begin() error {
	view := n.Store.View()
	n.until = deployment.In(view).Notified()
	if err := view.Err(); err != nil {
		n.until = time.Time{}
		return err
	}
	if n.until.IsZero() {
		n.until, n.told = n.Source.Settled(), true
		if err := n.note(context.Background()); err != nil {
			return err
		}
	}
	if earliest := n.Now().Add(-memory); n.until.Before(earliest) {
		n.until = earliest
	}
	return nil
}

// Pass tells of the events up to now. A delivery that is given up is no error.
func (n *Notifier) Pass(ctx context.Context) error {
	if n.until.IsZero() {
		if err := n.begin(); err != nil {
			return err
		}
	}
	for to := n.Source.Settled(); n.until.Before(to); {
		records, id, end, err := n.read(ctx, to)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			n.until = end
			continue
		}
		if err := n.deliver(ctx, id, digest.Records(records)); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			n.lost.Add(int64(len(records)))
			n.Log.Error("the webhook was not told of events; they are given up", "first", id, "events", len(records), "cause", err)
		}
		n.until, n.told = end, true
	}
	if n.told && n.Now().Sub(n.noted) >= noteEvery {
		return n.note(ctx)
	}
	return nil
}

// noteEvery is how often it is noted how far the webhook was told: a commit for each
// delivery would be more than that is worth. After a crash it is told of so much again.
const noteEvery = 30 * time.Second

// atOnce is about how many events are told at once.
const atOnce = 100

// read gives the next records that are chosen, the id of the first, and up to when they
// go. Events of the same instant are not told apart by their time, so they go together.
func (n *Notifier) read(ctx context.Context, to time.Time) (records [][]byte, id string, end time.Time, err error) {
	end = to
	var last time.Time
	err = n.Store.Events(ctx, n.until, to, func(e store.Event) bool {
		if len(records) >= atOnce && e.Time.After(last) {
			end = e.Time
			return false
		}
		shown, damaged := selector.Read(e.Record)
		if damaged != nil {
			n.Log.Error("an event cannot be read; the webhook is not told of it", "event", e.ID, "cause", damaged)
			return true
		}
		if n.Filter.Match(&shown) {
			if records == nil {
				id = e.ID
			}
			records, last = append(records, e.Record), e.Time
		}
		return true
	})
	return records, id, end, err
}

// note keeps how far the webhook was told.
func (n *Notifier) note(ctx context.Context) error {
	if !n.told {
		return nil
	}
	err := n.Store.Update(ctx, []state.AggregateID{state.Deployment}, func(d *state.Draft) (*store.Event, error) {
		deployment.Edit(d).SetNotified(n.until)
		return nil, nil
	})
	if err == nil {
		n.told, n.noted = false, n.Now()
	}
	return err
}

// tries is how often a delivery is tried; the second time after a second, then after
// twice as long each time.
const tries = 5

// deliver posts records, and tries again what may go better then.
func (n *Notifier) deliver(ctx context.Context, id string, body []byte) (err error) {
	for i := range tries {
		if i > 0 {
			if e := n.Wait(ctx, time.Second<<(i-1)); e != nil {
				return errors.Join(err, e)
			}
		}
		if err = n.post(ctx, id, body); err == nil {
			return nil
		}
		n.Log.Warn("the webhook was not told of events", "first", id, "try", i+1, "cause", err)
	}
	return err
}

func (n *Notifier) post(ctx context.Context, id string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "keyreeve")
	r.Header.Set("X-Keyreeve-Delivery", id)
	r.Header.Set(SignatureHeader, Sign(n.Secret, n.Now(), body))
	resp, err := n.Client.Do(r)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err // without the address, which may hold a secret and comes to the log
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("it has answered %s", strconv.Itoa(resp.StatusCode))
	}
	return nil
}
