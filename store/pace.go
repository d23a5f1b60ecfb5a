package store

import "time"

// A batch is not to take longer than batchTime, or than leastSyncs times as long as the disk
// needs to sync at all: who comes while one is written waits for it and for his own.
const (
	batchTime  = 10 * time.Millisecond
	leastSyncs = 4
	leastRows  = 64
)

// pace finds out how many rows go into a batch. A quick machine makes the largest batches
// that are allowed; a slow or busy one makes smaller ones, so that a flood of changes does not
// make those wait long who have few.
type pace struct {
	rows int           // at most
	most int           // of rows
	sync time.Duration // what a COMMIT takes if it is quick; 0 before the first
}

// took takes account of a batch: how many rows it had, how long it took in all, and how much
// of that its COMMIT.
func (p *pace) took(rows int, all, commit time.Duration) {
	if slower := p.sync + p.sync/32; p.sync == 0 || commit < slower {
		p.sync = commit
	} else {
		p.sync = slower // the disk may have become so
	}
	aim := max(batchTime, leastSyncs*p.sync)
	switch {
	case all > aim && rows > leastRows:
		p.rows = max(int(int64(rows)*int64(aim)/int64(all)), p.rows/2, leastRows)
	case all < aim && rows >= p.rows*3/4:
		p.rows += p.rows/8 + 1
	}
	p.rows = min(p.rows, p.most)
}
