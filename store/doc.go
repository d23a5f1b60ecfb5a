// Package store makes state durable on one node: commits with their audit
// events, history, events by day, usage, backup and restore, in a data folder
// that one server has at a time.
//
// # The life of a commit
//
// A command is a rule with a scope, the aggregates that it may change.
// [Store.Update] takes it through these steps:
//
//	queue    at each aggregate of the scope, in one order for everybody (so that
//	         two commands cannot wait for each other), first come, first served
//	run      the rule gets a draft over the pending snapshots: the state after
//	         all commands before it, also those that are not on disk yet
//	check    whatever the rule read is still as it read it; else run again
//	enqueue  the pending snapshots advance, and the next command may run
//	write    the committer, one goroutine, takes what is queued, of all accounts
//	         alike, into one transaction: entities, history, revisions and
//	         events. SQLite returns from COMMIT after an fsync
//	publish  the snapshots are shown to readers, and Update returns
//
// So commands on one aggregate are applied one after the other at the speed of
// memory, and share the fsyncs with each other and with those of all other
// aggregates. What a reader sees through [Store.View] is durable. So is what an
// answer of Update relied on, also that of a command which changed nothing or
// was refused because of a change that is still being written.
//
// Commits become durable in the order in which they were enqueued, as far as that
// makes a difference: of two of which one changed what the other saw, the first is
// written first, or both in one transaction. Else accounts take turns, by rows, and a
// batch is no larger than the machine writes in about ten milliseconds (or four syncs
// of its disk). So the flood of one account is no other account's.
//
// An Update that only reads an aggregate outside of its scope runs again when
// that changes before it is enqueued. From the third time on it queues there as
// well, so it comes to an end.
//
// # When something fails
//
// If a batch cannot be written, nothing of it is acknowledged or published;
// everything that is queued fails too, because it may be built on it; the pending
// snapshots go back to the published ones; and callers get ServiceUnavailable,
// with the cause for the log. Reads go on. The next command tries the disk again:
// there is nothing to restart when a full disk has room again.
//
// If COMMIT itself gives an error, the revisions are read back from the database.
// They say whether the batch happened, and that is what callers are told. If they
// cannot be read either, the batch is in doubt: its callers get
// ServiceUnavailable, nothing else is written, and the store looks again until it
// knows.
//
// A crash at any moment loses nothing that was acknowledged and leaves no half of
// a commit: changes and event are in the database both or neither. A change that
// was on its way to the disk, or that failed at COMMIT just before the crash, may
// be there or not, as after every request without an answer. A crash may lose
// the events of reads and refusals ([Store.Record]) of the last
// [Options.EventInterval], half a second (or of the time that it took to write those
// before them, if that is longer), and of the time that it takes to write them: the
// last of them only, and never more than [Options.EventQueue] allows to wait. It may
// lose the uses ([Store.Touch]) of the last minute.
//
// # History
//
// What each revision changed stays for as long as [Options.HistoryRetention] says.
// [Store.History] is for whoever follows an aggregate, and [Store.AsOf] gives what it
// was at a time. Where history is pruned, what was so after the last change that went
// becomes its base, as changes of revision 0: so a later time can be asked for still.
//
// # Events
//
// The events of a batch of changes are written in its transaction to the table
// staged, because SQLite does not commit atomically over several files in WAL
// mode. From there they are moved to the segments of their days: written there first,
// then removed here. Events lie in compressed blocks. They have ids, so that one that
// was written twice is known, and [Store.Events] gives each once, wherever it is. [Store.Lookup] finds events by
// account, attribute and time without looking at the others, by an index that is
// written with them, and put in order from time to time.
//
// # The data folder
//
//	lock                   held by the server that has the folder
//	keyreeve.db            state, history, staged events, usage (-wal and -shm
//	                       beside it while it is open)
//	events/2026-01-31.db   the events of one day of UTC
//
// The folder is 0700 and files are 0600. They are SQLite databases in WAL mode
// with application ids of our own. A file appears under its name when it is whole
// and on disk; until then it is called NAME.new.
//
// [Open] refuses, and says why, when the folder is in use, the database is
// missing beside other parts of a store, empty, truncated, damaged, of another
// program or a newer version, or sealed with another keyring. It never starts
// with an empty store in place of one that it cannot read. A database of up to 4
// MiB is checked page by page; a larger one by header, length and meta, so that
// opening does not take longer the more there is. The rest is checked when it is
// loaded: an aggregate of which an entity is missing, does not decode or has
// another checksum than it was written with is an error, not a smaller or a
// different aggregate.
//
// # Secrets
//
// Values of secret kinds are in no history. SQLite overwrites what is deleted or
// replaced (secure_delete), and the write-ahead log, which may hold an older copy
// of a page, is emptied within a minute.
//
// # What is left to others
//
// Rules decide what changes; the caller of Update authorizes; the key file is its
// owner's. A caller that makes the key file together with a new store writes it
// under another name first and renames it after Open, so that a crash in between
// leaves neither a database without its key nor, with [Options.Companions], a key
// that makes Open refuse.
package store
