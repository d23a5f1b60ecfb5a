package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
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

// heldUp opens a store whose next batch waits at its COMMIT and then fails.
type heldUp struct {
	*store.Store
	first   error         // of the command in that batch
	done    chan struct{} // closed when first is known
	fail    chan struct{} // closing it lets the batch fail
	reached chan struct{}
}

func openHeldUp(t *testing.T, before, first func(*store.Store) error) *heldUp {
	h := &heldUp{
		Store: open(t, options(newDir(t))),
		done:  make(chan struct{}), fail: make(chan struct{}), reached: make(chan struct{}),
	}
	if err := before(h.Store); err != nil {
		t.Fatal(err)
	}
	var armed atomic.Bool
	armed.Store(true)
	h.SetFault(func(step string) error {
		if step == "commit" && armed.Swap(false) {
			close(h.reached)
			<-h.fail
			return errDisk
		}
		return nil
	})
	go func() {
		defer close(h.done)
		h.first = first(h.Store)
	}()
	<-h.reached
	return h
}

func putting(id state.AggregateID, name string) func(*store.Store) error {
	return func(s *store.Store) error { return put(s, id, name) }
}

func TestWhatIsBuiltOnAFailedBatchFailsToo(t *testing.T) {
	h := openHeldUp(t, putting(alpha, "Before"), putting(alpha, "First"))
	saw := 0
	second := make(chan error)
	go func() {
		second <- h.Update(context.Background(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
			saw = users.Count(d.Snapshot(alpha))
			users.Put(d, alpha, "second", &user{Name: "Second"})
			return nil, nil
		})
	}()
	waitForQueue(h.Store, 1)
	close(h.fail)
	<-h.done
	for i, err := range []error{h.first, <-second} {
		if !errors.Is(err, apierror.ServiceUnavailable) {
			t.Errorf("command %d: error %v, want ServiceUnavailable", i, err)
		}
	}
	if saw != 2 {
		t.Errorf("the second command saw %d users, want that of the first too", saw)
	}
	mustPut(t, h.Store, alpha, "After")
	if diff := cmp.Diff([]string{"After", "Before"}, userNames(t, h.Store, alpha)); diff != "" {
		t.Error(diff)
	}
}

// An answer that relies on a change which is not durable yet must not be given:
// here that a user exists already, or that there is nothing to do.
func TestAnswerThatReliesOnAFailedBatchIsNotGiven(t *testing.T) {
	for name, answer := range map[string]error{"a refusal": errRule, "a success": nil} {
		t.Run(name, func(t *testing.T) {
			h := openHeldUp(t, putting(alpha, "Before"), putting(alpha, "First"))
			second := make(chan error)
			go func() {
				second <- h.Update(context.Background(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
					if !users.Has(d.Snapshot(alpha), "first") {
						t.Error("the second command does not see the first")
					}
					return nil, answer
				})
			}()
			waitForQueue(h.Store, 1)
			close(h.fail)
			<-h.done
			if err := <-second; !errors.Is(err, apierror.ServiceUnavailable) {
				t.Errorf("error %v, want ServiceUnavailable", err)
			}
		})
	}
}

// waitForQueue returns when so many commits wait behind the one that is held up.
func waitForQueue(s *store.Store, n int) {
	for s.Stats().Queue < n {
		runtime.Gosched()
	}
}

// A command reads what then fails, and the same revision comes again with
// something else in it.
func TestRevisionOfAFailedBatchIsNotTakenForAnother(t *testing.T) {
	h := openHeldUp(t, putting(alpha, "Before"), putting(beta, "Lost"))
	runs := 0
	err := h.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		runs++
		read := "nothing"
		for _, u := range users.All(d.Snapshot(beta)) {
			read = u.Name
		}
		if runs == 1 {
			close(h.fail)
			<-h.done
			mustPut(t, h.Store, beta, "Kept")
		}
		users.Put(d, alpha, "copy", &user{Name: read})
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if u, _ := users.Get(h.View().Snapshot(alpha), "copy"); u.Name != "Kept" || runs != 2 {
		t.Errorf("copied %q in %d runs, want Kept in 2", u.Name, runs)
	}
}

// Somebody else writes to the database, past our lock: nothing is overwritten.
func TestForeignRevisionIsNotOverwritten(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	mustPut(t, s, alpha, "Before")
	main := filepath.Join(o.Dir, "keyreeve.db")
	execSQL(t, main, `UPDATE aggregates SET revision = 7, entities = 2`)
	value := `{"Name":"Theirs"}`
	execSQL(t, main, fmt.Sprintf(`INSERT INTO entities VALUES ('%s', 'test-user', 'theirs', 1, '%s', %d)`,
		alpha, value, store.Checksum(alpha, "test-user", "theirs", 1, []byte(value))))
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
