package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

func TestUpdateIsDurable(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	mustPut(t, s, alpha, "Rex", "Ada")
	mustPut(t, s, alpha, "Bo")
	mustPut(t, s, beta, "Cy")
	s = reopen(t, s, o)
	if diff := cmp.Diff([]string{"Ada", "Bo", "Rex"}, userNames(t, s, alpha)); diff != "" {
		t.Error(diff)
	}
	v := s.View()
	if r := v.Snapshot(alpha).Revision(); r != 2 {
		t.Errorf("revision %d, want 2", r)
	}
	if n := byPath.CountAt(v.Snapshot(alpha), "/"); n != 3 {
		t.Errorf("the index finds %d, want 3", n)
	}
	if diff := cmp.Diff([]string{"put-Bo", "put-Cy", "put-Rex"}, eventIDs(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestUpdateThatIsRefusedChangesNothing(t *testing.T) {
	s := open(t, options(newDir(t)))
	err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		users.Put(d, alpha, "rex", &user{Name: "Rex"})
		return event("e"), errRule
	})
	if err != errRule {
		t.Errorf("error %v, want the rule's as it is", err)
	}
	if names := userNames(t, s, alpha); len(names) > 0 {
		t.Errorf("users %v, want none", names)
	}
	if ids := eventIDs(t, s); len(ids) > 0 {
		t.Errorf("events %v, want none", ids)
	}
}

func TestUpdateOutsideOfItsScopeIsAnError(t *testing.T) {
	s := open(t, options(newDir(t)))
	err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		users.Put(d, alpha, "rex", &user{Name: "Rex"})
		users.Put(d, beta, "rex", &user{Name: "Rex"})
		return nil, nil
	})
	if err == nil || !strings.Contains(err.Error(), "outside of the scope") {
		t.Errorf("error %v, want one of the scope", err)
	}
	if names := userNames(t, s, alpha); len(names) > 0 {
		t.Errorf("users %v, want none", names)
	}
}

func TestUpdateWithoutChangesRecordsItsEvent(t *testing.T) {
	s := open(t, options(newDir(t)))
	err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		d.Snapshot(alpha)
		return event("nothing"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.View().Snapshot(alpha).Revision(); r != 0 {
		t.Errorf("revision %d, want 0", r)
	}
	if diff := cmp.Diff([]string{"nothing"}, eventIDs(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestPanicOfARuleDoesNotWedgeTheAggregate(t *testing.T) {
	s := open(t, options(newDir(t)))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		s.Update(t.Context(), []state.AggregateID{alpha, beta}, func(*state.Draft) (*store.Event, error) { panic("oh") })
	}()
	mustPut(t, s, alpha, "Rex")
	mustPut(t, s, beta, "Rex")
}

func TestUpdateRunsAgainWhenWhatItReadHasMovedOn(t *testing.T) {
	s := open(t, options(newDir(t)))
	mustPut(t, s, beta, "First")
	runs := 0
	err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		runs++
		n := users.Count(d.Snapshot(beta))
		if runs == 1 {
			mustPut(t, s, beta, "Second") // somebody else, in the middle
		}
		users.Put(d, alpha, "rex", &user{Name: fmt.Sprint(n)})
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2"}, userNames(t, s, alpha)); diff != "" {
		t.Errorf("decided by what was not true any more: %s", diff)
	}
	if runs != 2 {
		t.Errorf("%d runs, want 2", runs)
	}
}

// A command that only reads an aggregate which others change all the time gets
// its turn there in the end.
func TestReaderOfABusyAggregateIsNotStarved(t *testing.T) {
	s := open(t, options(newDir(t)))
	runs := 0
	var others sync.WaitGroup
	err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		runs++
		d.Snapshot(beta)
		if name := fmt.Sprint("Busy", runs); runs <= 2 {
			mustPut(t, s, beta, name)
		} else {
			others.Go(func() { mustPut(t, s, beta, name) }) // has to wait for us
		}
		users.Put(d, alpha, "rex", &user{Name: "Rex"})
		return nil, nil
	})
	others.Wait()
	if err != nil || runs != 3 {
		t.Errorf("%d runs and error %v, want 3 and none", runs, err)
	}
}

func TestCommandsSeeThoseBeforeThem(t *testing.T) {
	s := open(t, options(newDir(t)))
	const writers, each = 16, 20
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				err := s.Update(context.Background(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
					n := users.Count(d.Snapshot(alpha))
					users.Put(d, alpha, fmt.Sprintf("%04d", n), &user{Name: fmt.Sprintf("%04d", n)})
					return event(fmt.Sprintf("e%04d", n)), nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(userNames(t, s, alpha)); n != writers*each {
		t.Errorf("%d users, want %d: an update was lost", n, writers*each)
	}
	if n := len(eventIDs(t, s)); n != writers*each {
		t.Errorf("%d events, want %d", n, writers*each)
	}
	stats := s.Stats()
	if stats.Commits != writers*each || stats.Batches >= stats.Commits {
		t.Errorf("%d commits in %d batches, want %d in fewer", stats.Commits, stats.Batches, writers*each)
	}
}

func TestOverlappingScopesInOppositeOrderDoNotDeadlock(t *testing.T) {
	s := open(t, options(newDir(t)))
	transfer := func(n int, scope ...state.AggregateID) {
		for i := range 50 {
			err := s.Update(context.Background(), scope, func(d *state.Draft) (*store.Event, error) {
				for _, id := range scope {
					if id == state.Deployment {
						settings.Put(d, id, fmt.Sprint(n, "-", i), &setting{"x"})
					} else {
						users.Put(d, id, fmt.Sprint(n, "-", i), &user{Name: "x"})
					}
				}
				return nil, nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { transfer(1, alpha, beta, state.Deployment) })
	wg.Go(func() { transfer(2, state.Deployment, beta, alpha) })
	wg.Go(func() { transfer(3, beta, alpha, beta) })
	wg.Wait()
	v := s.View()
	got := []int{users.Count(v.Snapshot(alpha)), users.Count(v.Snapshot(beta)), settings.Count(v.Snapshot(state.Deployment))}
	if !slices.Equal(got, []int{150, 150, 100}) {
		t.Errorf("%v entities, want 150, 150 and 100", got)
	}
}

func TestCancelledCallerLeavesTheQueue(t *testing.T) {
	s := open(t, options(newDir(t)))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		wg.Go(func() {
			err := s.Update(ctx, []state.AggregateID{alpha}, func(*state.Draft) (*store.Event, error) { return nil, nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want that of the context", err)
			}
		})
		cancel()
		wg.Wait()
		users.Put(d, alpha, "rex", &user{Name: "Rex"})
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, s, alpha, "Ada")
}

func TestUpdateAfterCloseIsUnavailable(t *testing.T) {
	s := open(t, options(newDir(t)))
	mustPut(t, s, alpha, "Rex")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := put(s, alpha, "Ada"); !errors.Is(err, apierror.ServiceUnavailable) {
		t.Errorf("error %v, want ServiceUnavailable", err)
	}
}

func TestCloseKeepsWhatWasAcknowledged(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	started := make(chan struct{})
	var begin sync.Once
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("w%d-%d", w, i)
				err := put(s, alpha, name)
				if errors.Is(err, apierror.ServiceUnavailable) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acknowledged[name] = true
				mu.Unlock()
				begin.Do(func() { close(started) })
			}
		})
	}
	<-started
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	s = open(t, o)
	there := userNames(t, s, alpha)
	for name := range acknowledged {
		if !slices.Contains(there, name) {
			t.Errorf("%s was acknowledged and is lost", name)
		}
	}
	if n := len(eventIDs(t, s)); n != len(there) {
		t.Errorf("%d events of %d changes", n, len(there))
	}
}
