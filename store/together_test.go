package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/keyreeve/keyreeve/store"
)

// meanwhile has something done before each transaction of events is committed, and counts
// them.
func meanwhile(s *store.Store, do func(n int) error) *int {
	n := new(int)
	s.SetSegmentFault(func(step string) error {
		if step != "commit" {
			return nil
		}
		*n++
		if *n == 10 {
			return errors.New("this goes on and on")
		}
		return do(*n)
	})
	return n
}

// Calls do not stop while events are written: what they record waits for the next time, with
// all that comes until then. Were it written at once, a busy store would sync the disk over
// and over for a handful of events each.
func TestEventsThatComeMeanwhileWait(t *testing.T) {
	s := open(t, options(newDir(t)))
	transactions := meanwhile(s, func(n int) error {
		s.Record(*event(fmt.Sprint("during-", n)))
		return nil
	})
	s.Record(*event("before"))
	for i := 1; i <= 2; i++ {
		if err := s.WriteRecorded(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waiting := s.Stats().EventQueue; *transactions != i || waiting != 1 {
			t.Errorf("the %d. time: %d transactions, %d events are waiting, want %d and 1", i, *transactions, waiting, i)
		}
	}
}

// A queue that gets full is not left like that.
func TestEventsThatFillTheQueueAreWritten(t *testing.T) {
	o := options(newDir(t))
	o.EventQueue = 4
	s := open(t, o)
	transactions := meanwhile(s, func(n int) error {
		if n < 3 {
			s.Record(*event(fmt.Sprint("one-", n)))
			s.Record(*event(fmt.Sprint("two-", n)))
		}
		return nil
	})
	s.Record(*event("before"))
	if err := s.WriteRecorded(t.Context()); err != nil {
		t.Fatal(err)
	}
	if waiting := s.Stats().EventQueue; *transactions != 3 || waiting != 0 {
		t.Errorf("%d transactions, %d events are waiting, want 3 and 0", *transactions, waiting)
	}
}

// The same for the events of changes.
func TestChangesThatAreMadeMeanwhileWait(t *testing.T) {
	s := open(t, options(newDir(t)))
	transactions := meanwhile(s, func(n int) error { return put(s, alpha, fmt.Sprint("During", n)) })
	mustPut(t, s, alpha, "Before")
	for i := 1; i <= 2; i++ {
		if err := s.MoveStaged(t.Context()); err != nil {
			t.Fatal(err)
		}
		if *transactions != i {
			t.Errorf("the %d. time: %d transactions, want %d", i, *transactions, i)
		}
	}
}
