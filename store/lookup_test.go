package store_test

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trail"
)

// TestLookupFollowsAModel holds look-ups to a plain list: events of some accounts on
// some days, many in the same instant, written, staged or waiting, some twice, looked up
// in pages by every key while more come in.
func TestLookupFollowsAModel(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		o := options(filepath.Join(root, account(n).Name()))
		s, err := store.Open(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		m := &looked{s: s}
		maxFresh := rapid.IntRange(1, 4).Draw(t, "fresh")
		s.SetMaxFresh(maxFresh)
		defer func() { m.s.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"record": m.record, "record more": m.record, "change": m.change, "again": m.again, "move": m.move, "look up": m.lookUp,
			"restart": func(t *rapid.T) {
				if err := m.s.Close(); err != nil {
					t.Fatal(err)
				}
				if m.s, err = store.Open(context.Background(), o); err != nil {
					t.Fatal(err)
				}
				m.s.SetMaxFresh(maxFresh)
			},
		})
		m.lookUp(t)
	})
}

type looked struct {
	s      *store.Store
	events []store.Event
}

var lookupAccounts = []state.AggregateID{alpha, beta}

// event makes an event of the model.
func (m *looked) event(t *rapid.T) store.Event {
	at := noon.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "day"))*24*time.Hour + time.Duration(rapid.IntRange(0, 3).Draw(t, "seconds"))*time.Second + time.Duration(rapid.SampledFrom([]int{0, 1, 2, 999_999_999}).Draw(t, "nanoseconds")))
	id := fmt.Sprint("event ", len(m.events))
	switch rapid.IntRange(0, 2).Draw(t, "kind of id") {
	case 1:
		id = timed(at, len(m.events))
	case 2:
		id = timed(at.Add(time.Hour), len(m.events)) // that is not its time
	}
	pick := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	e := trail.Event{
		UserIdentity: trail.User("1", "AIDA", "arn:aws:iam::1:user/x", pick("user", "alice", "bob"), pick("key", "AKIA1", "AKIA2"), nil),
		EventTime:    at, EventID: id, EventSource: pick("source", "iam", "sts"), EventName: pick("name", "GetUser", "CreateUser"), ReadOnly: rapid.Bool().Draw(t, "reads"),
		RequestParameters: trail.Map{pick("parameter", "userName", "roleName"): pick("resource", "alice", "app")},
	}
	record, err := e.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	of := rapid.SampledFrom(lookupAccounts).Draw(t, "account")
	return store.Event{ID: id, Time: at, Account: of.Name(), Record: record, Asked: []byte(pick("asked", "", "a", "b"))}
}

// timed is a UUID of version 7 for a time.
func timed(at time.Time, n int) string {
	var b [16]byte
	for i := range 6 {
		b[i] = byte(at.UnixMilli() >> (40 - 8*i))
	}
	b[6], b[15], b[14] = 0x70, byte(n), byte(n>>8)
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func (m *looked) record(t *rapid.T) {
	for range rapid.IntRange(1, 5).Draw(t, "events") {
		e := m.event(t)
		m.events = append(m.events, e)
		m.s.Record(e)
	}
}

func (m *looked) change(t *rapid.T) {
	e := m.event(t)
	m.events = append(m.events, e)
	err := m.s.Update(context.Background(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		users.Put(d, alpha, "rex", &user{Name: e.ID})
		return &e, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// again writes an event that is there already, as after a crash.
func (m *looked) again(t *rapid.T) {
	if len(m.events) > 0 {
		m.s.Record(m.events[rapid.IntRange(0, len(m.events)-1).Draw(t, "which")])
	}
}

func (m *looked) move(t *rapid.T) {
	if err := m.s.MoveStaged(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (m *looked) lookUp(t *rapid.T) {
	pick := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	instant := func(name string) time.Time {
		return noon.Add(time.Duration(rapid.IntRange(-60, 60).Draw(t, name)) * time.Hour).Add(time.Duration(rapid.IntRange(0, 2).Draw(t, name+", nanoseconds")))
	}
	l := store.Lookup{
		From: instant("from"), To: instant("to"), OldestFirst: rapid.Bool().Draw(t, "oldest first"), Limit: rapid.IntRange(1, 7).Draw(t, "limit"),
		Key: trail.LookupKey(rapid.IntRange(0, int(trail.AccessKeyID)).Draw(t, "key")),
	}
	if rapid.Bool().Draw(t, "always") {
		l.From, l.To = time.Time{}, time.Unix(1<<40, 0)
	}
	if l.Accounts = []string{alpha.Name(), beta.Name()}[:rapid.IntRange(0, 2).Draw(t, "accounts")]; len(l.Accounts) == 0 {
		l.Accounts = nil
	}
	l.Value = pick("value", "alice", "bob", "app", "AKIA1", "iam", "GetUser", "true", "false", "AWS::IAM::Role", "AWS::IAM::User", "nothing")
	if l.Key == trail.EventID && len(m.events) > 0 {
		l.Value = m.events[rapid.IntRange(0, len(m.events)-1).Draw(t, "id")].ID
	}
	want := m.want(l)
	var got []store.Event
	for {
		page, next, err := m.s.Lookup(context.Background(), l)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > l.Limit || next != "" && len(page) < l.Limit {
			t.Fatalf("a page of %d, and more: %q", len(page), next)
		}
		got = append(got, page...)
		if l.After = next; next == "" {
			break
		}
		if rapid.IntRange(0, 4).Draw(t, "meanwhile") == 0 {
			m.move(t)
		}
	}
	if diff := gocmp.Diff(ids(want), ids(got)); diff != "" {
		t.Fatalf("%+v: %s", l, diff)
	}
	for i := range got {
		if !got[i].Time.Equal(want[i].Time) || string(got[i].Record) != string(want[i].Record) || string(got[i].Asked) != string(want[i].Asked) {
			t.Fatalf("got %+v, want %+v", got[i], want[i])
		}
	}
}

func ids(events []store.Event) []string {
	list := []string{}
	for _, e := range events {
		list = append(list, e.ID)
	}
	return list
}

func (m *looked) want(l store.Lookup) []store.Event {
	var list []store.Event
	for _, e := range m.events {
		summary := trail.Summarize(e.Record)
		if !e.Time.Before(l.From) && e.Time.Before(l.To) && (l.Accounts == nil || slices.Contains(l.Accounts, e.Account)) && summary.Has(l.Key, l.Value) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b store.Event) int {
		order := cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID))
		if !l.OldestFirst {
			order = -order
		}
		return order
	})
	return list
}
