package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// What was asked comes in order, each once, from segments, staged events and the queue,
// over days, without records, and only where something was asked.
func TestAskedGivesWhatWasAsked(t *testing.T) {
	s := open(t, options(newDir(t)))
	record := func(id string, at time.Time, asked []byte) {
		s.Record(store.Event{ID: id, Time: at, Account: alpha.Name(), Record: []byte("{}"), Asked: asked})
	}
	record("b", noon.Add(24*time.Hour), []byte("second day"))
	record("a", noon, []byte("first day"))
	record("none", noon, nil)
	s.Events(t.Context(), noon, noon, func(store.Event) bool { return true })
	err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		users.Put(d, alpha, "rex", &user{Name: "Rex"})
		return &store.Event{ID: "change", Time: noon.Add(time.Hour), Account: alpha.Name(), Record: []byte("{}"), Asked: []byte("change")}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	record("c", noon.Add(25*time.Hour), []byte("queued"))
	read := func(from, to time.Time, most int) (got []string) {
		err := s.Asked(t.Context(), from, to, func(e store.Event) bool {
			if e.Record != nil || e.Account != alpha.Name() {
				t.Errorf("%+v", e)
			}
			got = append(got, fmt.Sprint(e.ID, " ", e.Time.Sub(noon), " ", string(e.Asked)))
			return len(got) < most
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := []string{"a 0s first day", "change 1h0m0s change", "b 24h0m0s second day", "c 25h0m0s queued"}
	if diff := cmp.Diff(want, read(noon, noon.AddDate(0, 0, 2), 99)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1:3], read(noon.Add(1), noon.Add(25*time.Hour), 99)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[:2], read(noon, noon.AddDate(0, 0, 2), 2)); diff != "" {
		t.Error(diff)
	}
}
