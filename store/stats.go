package store

import (
	"sync/atomic"
	"time"
)

// Stats is what a store counts since it was opened, and how it is now.
type Stats struct {
	Batches    uint64        // transactions that made commits durable
	Commits    uint64        // commits in them
	Failed     uint64        // commits that failed
	Reruns     uint64        // commands that ran again because others were faster
	LastBatch  int           // commits in the last batch
	Queue      int           // commits that wait
	CommitTime time.Duration // spent in COMMIT, which waits for the disk
	LastCommit time.Duration // of the last batch

	Events        uint64 // written to segments
	EventQueue    int    // waiting in memory
	EventsBlocked uint64 // had to wait for room
	EventsLost    uint64 // found no room, or the store closed

	Aggregates  int // loaded
	LoadedBytes int64
}

type counters struct {
	batches, commits, failed, reruns  atomic.Uint64
	lastBatch, commitTime, lastCommit atomic.Int64
	events, eventsBlocked, eventsLost atomic.Uint64
	loaded                            atomic.Int64
	secrets                           atomic.Bool // old secrets may be in the log
	troubled                          atomic.Bool // the last changes could not be stored
}

func (c *counters) batch(batch []*commit, took time.Duration) {
	c.batches.Add(1)
	c.commits.Add(uint64(len(batch)))
	c.lastBatch.Store(int64(len(batch)))
	c.commitTime.Add(int64(took))
	c.lastCommit.Store(int64(took))
}

// Stats tells how the store is.
func (s *Store) Stats() Stats {
	c := &s.counters
	stats := Stats{
		Batches: c.batches.Load(), Commits: c.commits.Load(), Failed: c.failed.Load(), Reruns: c.reruns.Load(),
		LastBatch: int(c.lastBatch.Load()), CommitTime: time.Duration(c.commitTime.Load()),
		LastCommit: time.Duration(c.lastCommit.Load()),
		Events:     c.events.Load(), EventsBlocked: c.eventsBlocked.Load(), EventsLost: c.eventsLost.Load(),
		Aggregates: int(c.loaded.Load()),
	}
	s.mu.Lock()
	stats.Queue, stats.LoadedBytes = s.queue.length, s.loadedBytes
	s.mu.Unlock()
	s.events.mu.Lock()
	stats.EventQueue = len(s.events.queue)
	s.events.mu.Unlock()
	return stats
}
