package store

import (
	"testing"
	"time"
)

// TestPace has batches written on a machine where each row takes a time and each COMMIT one
// beside it, and looks at how large batches become that are always full.
func TestPace(t *testing.T) {
	const most = 3000
	for _, c := range []struct {
		name        string
		row, commit time.Duration
		least, top  int
	}{
		{"a quick machine makes the largest batches", 2 * time.Microsecond, time.Millisecond, most, most},
		{"a busy one makes those of about batchTime", 50 * time.Microsecond, time.Millisecond, 120, 200},
		{"a slow disk has larger ones again", 50 * time.Microsecond, 20 * time.Millisecond, 1000, 1300},
		{"there is a least size", 10 * time.Millisecond, 0, leastRows, leastRows + 1 + leastRows/8},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pace{rows: most, most: most}
			for n := range 400 {
				rows := p.rows
				p.took(rows, time.Duration(rows)*c.row+c.commit, c.commit)
				if n > 200 && (rows < c.least || rows > c.top) {
					t.Fatalf("batch %d has %d rows, want %d to %d", n, rows, c.least, c.top)
				}
			}
			for range 200 { // and it is found out when the machine is quick
				p.took(p.rows, time.Duration(p.rows)*time.Microsecond+time.Millisecond, time.Millisecond)
			}
			if p.rows != most {
				t.Errorf("%d rows on a quick machine in the end, want %d", p.rows, most)
			}
		})
	}
}

// TestPaceIsNotMovedBySmallBatches: a disk that hangs once under a small batch says nothing of
// large ones.
func TestPaceIsNotMovedBySmallBatches(t *testing.T) {
	p := pace{rows: 3000, most: 3000}
	p.took(leastRows, 5*time.Second, 4*time.Second)
	p.took(1, time.Millisecond, time.Millisecond)
	if p.rows != 3000 {
		t.Errorf("%d rows, want 3000", p.rows)
	}
}
