package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// Commits that change an entity several times go to the disk together. What counts
// is the last of them, whether it puts or deletes; history has them all.
func TestSeveralChangesOfAnEntityInOneBatch(t *testing.T) {
	o := options(t.TempDir())
	s := open(t, o)
	mustPut(t, s, alpha, "Old")
	held, reached := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.SetFault(func(step string) error {
		if step == "commit" {
			once.Do(func() {
				close(reached)
				<-held
			})
		}
		return nil
	})
	var wg sync.WaitGroup
	change := func(key string, value *user) {
		wg.Go(func() {
			err := s.Update(context.Background(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
				if value == nil {
					users.Delete(d, alpha, key)
				} else {
					users.Put(d, alpha, key, value)
				}
				return nil, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	change("first", &user{Name: "First"})
	<-reached
	queued := 0
	queue := func(key, name string) {
		var value *user
		if name != "" {
			value = &user{Name: name}
		}
		change(key, value)
		queued++
		waitForQueue(s, queued)
	}
	queue("old", "")
	queue("put", "One")
	queue("put", "Two")
	queue("gone", "One")
	queue("gone", "")
	queue("back", "One")
	queue("back", "")
	queue("back", "Two")
	for i := range 40 { // more than one statement takes
		queue(fmt.Sprintf("many%02d", i%20), fmt.Sprintf("Many%02d", i))
	}
	before := s.Stats()
	close(held)
	wg.Wait()
	if batches := s.Stats().Batches - before.Batches; batches != 2 {
		t.Fatalf("%d batches, want that of the first change and one more", batches)
	}
	want := []string{"Two", "First"} // in order of their keys
	for i := range 20 {
		want = append(want, fmt.Sprintf("Many%02d", 20+i))
	}
	want = append(want, "Two")
	if diff := cmp.Diff(want, userNames(t, s, alpha)); diff != "" {
		t.Errorf("published: %s", diff)
	}
	s = reopen(t, s, o)
	if diff := cmp.Diff(want, userNames(t, s, alpha)); diff != "" {
		t.Errorf("stored: %s", diff)
	}
	changes := 0
	if err := s.History(t.Context(), alpha, 0, func(store.Change) bool { changes++; return true }); err != nil {
		t.Fatal(err)
	}
	if changes != 2+queued {
		t.Errorf("history has %d changes, want %d", changes, 2+queued)
	}
}
