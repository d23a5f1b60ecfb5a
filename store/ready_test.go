package store_test

import "testing"

// After a failure the store says that it cannot be written, and finds out by
// itself when it can be again.
func TestCheckWritableFollowsTheDisk(t *testing.T) {
	s, f := openFaulty(t)
	if err := s.CheckWritable(t.Context()); err != nil {
		t.Fatalf("before a failure: %v", err)
	}
	f.breaks("begin")
	if err := put(s, alpha, "Lost"); err == nil {
		t.Fatal("a change went through a broken disk")
	}
	if err := s.CheckWritable(t.Context()); err == nil {
		t.Error("a store that cannot be written says that it can")
	}
	f.breaks()
	if err := s.CheckWritable(t.Context()); err != nil {
		t.Errorf("after the disk came back: %v", err)
	}
}
