package store

import (
	"log/slog"
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// Options says how a store is opened. Dir and Kinds are needed; every other
// field has a good zero value.
type Options struct {
	// Dir is the data folder. It becomes 0700, and the files in it 0600.
	Dir string
	// Kinds are all kinds of entity that stored rows may be of.
	Kinds []*state.KindInfo
	// Create lets Open make a new store in a folder that is missing or holds
	// nothing of ours. Without it such a folder is ErrMissing.
	Create bool
	// KeyringID names the keyring that seals secrets in this store. It is
	// recorded when the store is made; opening with another one is refused.
	KeyringID string
	// Companions are names of files in Dir that exist only beside a store,
	// such as the key file. If one is there and the database is not, the
	// database was lost, and Open refuses to start an empty one.
	Companions []string
	// Version is the program's version, recorded when the store is made.
	Version string

	Now func() time.Time // time.Now
	Log *slog.Logger     // discards

	// BatchRows and BatchBytes bound what one transaction takes, except that a
	// larger commit has one of its own: 3,000 rows and 10 MiB, which every
	// backend takes. On a slow machine it takes less, so that it takes not long.
	BatchRows, BatchBytes int
	// QueueLength bounds the commits that wait to become durable: 10,000. When so
	// many wait, there is still room for those of an account of which fewer wait
	// than an equal part, up to as many again.
	QueueLength int
	// CacheBytes is about how much loaded aggregates may take before idle ones
	// are dropped: 1 GiB.
	CacheBytes int64

	// EventQueue bounds the events that Record holds in memory: 16,384, and as
	// many again for accounts of which few wait.
	EventQueue int
	// EventWait is how long Record may block when they are that many: 1 s.
	EventWait time.Duration
	// EventInterval is how often recorded events are written: 500 ms.
	EventInterval time.Duration
	// EventRetention is how long events are kept, in whole days of UTC; 0 is
	// for ever.
	EventRetention time.Duration
	// EventBytes bounds what events take on disk: when it is more, the oldest days
	// go, but never today's. 0 is no bound.
	EventBytes int64
	// HistoryRetention is how long history is kept; 0 is for ever.
	HistoryRetention time.Duration
	// UsageInterval is how often usage is written: 1 minute.
	UsageInterval time.Duration
}

func (o Options) withDefaults() Options {
	orElse(&o.BatchRows, 3000)
	orElse(&o.BatchBytes, 10<<20)
	orElse(&o.QueueLength, 10_000)
	orElse(&o.CacheBytes, 1<<30)
	orElse(&o.EventQueue, 1<<14)
	orElse(&o.EventWait, time.Second)
	orElse(&o.EventInterval, 500*time.Millisecond)
	orElse(&o.UsageInterval, time.Minute)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func orElse[T int | int64 | time.Duration](v *T, fallback T) {
	if *v == 0 {
		*v = fallback
	}
}
