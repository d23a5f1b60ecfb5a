package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

var errDisk = errors.New("the disk is on fire")

// faults fails the steps that are broken at the moment.
type faults struct {
	mu     sync.Mutex
	broken []string
}

func (f *faults) breaks(steps ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = steps
}

func (f *faults) step(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Contains(f.broken, name) {
		return errDisk
	}
	return nil
}

func openFaulty(t *testing.T) (*store.Store, *faults) {
	s, f := open(t, options(newDir(t))), new(faults)
	s.SetFault(f.step)
	mustPut(t, s, alpha, "Before")
	return s, f
}

func TestFailedBatchIsNeitherAcknowledgedNorPublished(t *testing.T) {
	for _, step := range []string{"begin", "commit"} {
		t.Run(step, func(t *testing.T) {
			s, f := openFaulty(t)
			f.breaks(step)
			for range 2 {
				err := put(s, alpha, "Lost")
				if !errors.Is(err, apierror.ServiceUnavailable) || !errors.Is(err, errDisk) {
					t.Errorf("error %v, want ServiceUnavailable because of the disk", err)
				}
				if strings.Contains(apierror.Of(err).Message, errDisk.Error()) {
					t.Error("the caller is told about the disk")
				}
			}
			if diff := cmp.Diff([]string{"Before"}, userNames(t, s, alpha)); diff != "" {
				t.Error(diff)
			}
			f.breaks()
			mustPut(t, s, alpha, "After")
			if diff := cmp.Diff([]string{"After", "Before"}, userNames(t, s, alpha)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"put-After", "put-Before"}, eventIDs(t, s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// COMMIT gives an error, but the change has happened: it is read back.
func TestCommitThatHappenedAllTheSameIsAcknowledged(t *testing.T) {
	s, f := openFaulty(t)
	f.breaks("committed")
	mustPut(t, s, alpha, "Kept")
	f.breaks()
	mustPut(t, s, alpha, "After")
	if diff := cmp.Diff([]string{"After", "Before", "Kept"}, userNames(t, s, alpha)); diff != "" {
		t.Error(diff)
	}
}

// As before, and nothing can be read back for a while.
func TestNothingGoesOnWhileACommitIsInDoubt(t *testing.T) {
	for _, c := range []struct {
		step string
		want []string
	}{
		{"committed", []string{"After", "Before", "Doubtful"}},
		{"commit", []string{"After", "Before"}},
	} {
		t.Run(c.step, func(t *testing.T) {
			s, f := openFaulty(t)
			f.breaks(c.step, "read back")
			for _, name := range []string{"Doubtful", "Refused"} {
				if err := put(s, alpha, name); !errors.Is(err, apierror.ServiceUnavailable) {
					t.Fatalf("%s: error %v, want ServiceUnavailable", name, err)
				}
			}
			if diff := cmp.Diff([]string{"Before"}, userNames(t, s, alpha)); diff != "" {
				t.Error(diff)
			}
			f.breaks()
			saw := 0
			err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
				saw = users.Count(d.Snapshot(alpha))
				users.Put(d, alpha, "after", &user{Name: "After"})
				return nil, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if saw != len(c.want)-1 {
				t.Errorf("the next command saw %d users, want %d", saw, len(c.want)-1)
			}
			if diff := cmp.Diff(c.want, userNames(t, s, alpha)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// While a batch is held up at its COMMIT, more is queued on top of it.
func TestWhatIsBuiltOnAFailedBatchFailsToo(t *testing.T) {
	s := open(t, options(newDir(t)))
	mustPut(t, s, alpha, "Before")
	reached, fail := make(chan struct{}), make(chan struct{})
	var armed atomic.Bool
	armed.Store(true)
	s.SetFault(func(step string) error {
		if step == "commit" && armed.Swap(false) {
			close(reached)
			<-fail
			return errDisk
		}
		return nil
	})
	errs := make([]error, 3)
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = put(s, alpha, "First") })
	<-reached
	ran := make(chan int, 2)
	wg.Go(func() {
		errs[1] = s.Update(context.Background(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
			ran <- users.Count(d.Snapshot(alpha))
			users.Put(d, alpha, "second", &user{Name: "Second"})
			return nil, nil
		})
	})
	if saw := <-ran; saw != 2 {
		t.Errorf("the second command saw %d users, want that of the first too", saw)
	}
	// An answer that relies on what is not durable yet has to wait as well.
	wg.Go(func() {
		errs[2] = s.Update(context.Background(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
			defer func() { ran <- 0 }()
			if users.Has(d.Snapshot(alpha), "first") {
				return nil, errRule
			}
			return nil, nil
		})
	})
	<-ran
	for s.Stats().Queue < 2 { // both are queued behind the batch
	}
	close(fail)
	wg.Wait()
	for i, err := range errs {
		if !errors.Is(err, apierror.ServiceUnavailable) {
			t.Errorf("command %d: error %v, want ServiceUnavailable", i, err)
		}
	}
	mustPut(t, s, alpha, "After")
	if diff := cmp.Diff([]string{"After", "Before"}, userNames(t, s, alpha)); diff != "" {
		t.Error(diff)
	}
}

// Somebody else writes to the database, past our lock: nothing is overwritten.
func TestForeignRevisionIsNotOverwritten(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	mustPut(t, s, alpha, "Before")
	main := filepath.Join(o.Dir, "keyreeve.db")
	execSQL(t, main, `UPDATE aggregates SET revision = 7, entities = 2`)
	execSQL(t, main, `INSERT INTO entities VALUES ('account/111122223333', 'test-user', 'theirs', 1, '{"Name":"Theirs"}')`)
	if err := put(s, alpha, "Ours"); !errors.Is(err, apierror.ServiceUnavailable) {
		t.Errorf("error %v, want ServiceUnavailable", err)
	}
	mustPut(t, s, alpha, "Ours")
	if diff := cmp.Diff([]string{"Before", "Ours", "Theirs"}, userNames(t, s, alpha)); diff != "" {
		t.Error(diff)
	}
	if r := s.View().Snapshot(alpha).Revision(); r != 8 {
		t.Errorf("revision %d, want 8", r)
	}
}

func TestDatabaseThatMayNotGrowRecovers(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	mustPut(t, s, alpha, "Before")
	if err := s.ExecMain(t.Context(), `PRAGMA max_page_count = 1`); err != nil { // the present size
		t.Fatal(err)
	}
	err := put(s, alpha, numbered("Lost", 2000)...)
	if !errors.Is(err, store.ErrFull) || !errors.Is(err, apierror.ServiceUnavailable) {
		t.Errorf("error %v, want ServiceUnavailable because of ErrFull", err)
	}
	mustPut(t, s, alpha, numbered("Kept", 2000)...) // on a new connection, without the limit
	if n := len(userNames(t, reopen(t, s, o), alpha)); n != 2001 {
		t.Errorf("%d users, want 2001", n)
	}
}

// A crash between writing to the segment and clearing the stage.
func TestMovingEventsTwiceChangesNothing(t *testing.T) {
	o := options(newDir(t))
	s, f := open(t, o), new(faults)
	s.SetFault(f.step)
	for i := range 5 {
		mustPut(t, s, alpha, fmt.Sprint("U", i))
	}
	want := []string{"put-U0", "put-U1", "put-U2", "put-U3", "put-U4"}
	f.breaks("unstage")
	for range 2 {
		if err := s.MoveStaged(t.Context()); !errors.Is(err, errDisk) {
			t.Fatalf("error %v, want the fault", err)
		}
		if diff := cmp.Diff(want, eventIDs(t, s)); diff != "" {
			t.Errorf("staged and moved: %s", diff)
		}
	}
	s.Close()
	s = open(t, o)
	if err := s.MoveStaged(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, eventIDs(t, s)); diff != "" {
		t.Error(diff)
	}
}
