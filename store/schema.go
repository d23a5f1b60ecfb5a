package store

// The schema keeps to what SQLite and databases that speak PostgreSQL's
// protocol have in common: ids are made by us, there are no sequences, triggers
// or foreign keys, and every table has a primary key. Times are nanoseconds
// since 1970, UTC.
//
//	meta        facts about the store itself: format, incarnation, keyring ...
//	aggregates  revision and number of entities of each aggregate
//	entities    the current value of every entity
//	history     what each revision changed; as revision 0, what was so where pruned
//	            history begins
//	staged      events of changes, in blocks, until they are moved to their day's segment
//	usage       when something was used last
//
// Values of entities carry a checksum, because SQLite notices damage to its
// structure but not to content, and a policy with one letter changed may allow
// what it denied.
var schema = []string{
	`CREATE TABLE meta (name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name))` + clustered,
	`CREATE TABLE aggregates (id TEXT NOT NULL, revision BIGINT NOT NULL, entities BIGINT NOT NULL, PRIMARY KEY (id))` + clustered,
	`CREATE TABLE entities (aggregate TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
		version BIGINT NOT NULL, value BYTEA NOT NULL, checksum BIGINT NOT NULL, PRIMARY KEY (aggregate, kind, key))` + clustered,
	`CREATE TABLE history (aggregate TEXT NOT NULL, revision BIGINT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
		time BIGINT NOT NULL, change BIGINT NOT NULL, version BIGINT NOT NULL, value BYTEA, checksum BIGINT NOT NULL,
		PRIMARY KEY (aggregate, revision, kind, key))` + clustered,
	stagedTable,
	`CREATE TABLE usage (account TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
		service TEXT NOT NULL, region TEXT NOT NULL, time BIGINT NOT NULL, PRIMARY KEY (account, kind, subject))` + clustered,
}

// clustered ends the definition of a table whose rows lie in the order of their primary
// key, which PostgreSQL has no word for. Blocks of events do not: rows that are longer than a
// quarter of a page would each take pages of their own.
const clustered = " WITHOUT ROWID"

// stagedTable has, as segments have, blocks of events: here of one batch of commits.
const stagedTable = `CREATE TABLE staged (first BIGINT NOT NULL, part BIGINT NOT NULL, last BIGINT NOT NULL,
	heads BYTEA NOT NULL, asked BYTEA NOT NULL, records BYTEA NOT NULL, PRIMARY KEY (first, part))`

// segmentSchema is the schema of a day's events, in its format 4 (PRAGMA
// user_version):
//
//	blocks    what happened: see block.go
//	postings  by the term that events are looked up by, their times: see postings.go
//	fresh     postings that are not at their places yet
//
// Blocks and postings may have rows that end at the same time: part, made up for each
// write, tells them apart. Formats 1 and 2 had a row for each event, and format 1 no
// postings; format 3 had none that are fresh.
var segmentSchema = []string{
	`CREATE TABLE blocks (wide BIGINT NOT NULL, last BIGINT NOT NULL, part BIGINT NOT NULL, first BIGINT NOT NULL,
		heads BYTEA NOT NULL, asked BYTEA NOT NULL, records BYTEA NOT NULL, PRIMARY KEY (wide, last, part))`,
	`CREATE TABLE postings (term BIGINT NOT NULL, last BIGINT NOT NULL, part BIGINT NOT NULL, times BYTEA NOT NULL, PRIMARY KEY (term, last, part))` + clustered,
	freshTable,
}

const freshTable = `CREATE TABLE fresh (part BIGINT NOT NULL, pieces BYTEA NOT NULL, PRIMARY KEY (part))`

const segmentFormat = 4

// Statements of a batch.
const (
	insertAggregate = `INSERT INTO aggregates (id, revision, entities) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING`
	updateAggregate = `UPDATE aggregates SET revision = ?, entities = ? WHERE id = ? AND revision = ?`
	deleteEntity    = `DELETE FROM entities WHERE aggregate = ? AND kind = ? AND key = ?`
	mergeUsage      = `INSERT INTO usage (account, kind, subject, service, region, time) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (account, kind, subject) DO UPDATE SET service = excluded.service, region = excluded.region, time = excluded.time
		WHERE excluded.time > usage.time`
	insertFresh  = `INSERT INTO fresh (part, pieces) VALUES (?, ?)`
	deleteFresh  = `DELETE FROM fresh WHERE part = ?`
	deleteStaged = `DELETE FROM staged WHERE first = ? AND part = ?`
	putMeta      = `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
)

// Statements of a batch for many rows. An error ends the transaction in any case;
// OR ROLLBACK tells SQLite so, which then need not note how to undo one statement
// of many rows alone.
var (
	putEntities = inserts(`INSERT INTO entities (aggregate, kind, key, version, value, checksum) VALUES `, 6,
		` ON CONFLICT (aggregate, kind, key) DO UPDATE SET version = excluded.version, value = excluded.value, checksum = excluded.checksum`)
	insertHistory  = inserts(`INSERT OR ROLLBACK INTO history (aggregate, revision, kind, key, time, change, version, value, checksum) VALUES `, 9, ``)
	insertStaged   = inserts(`INSERT OR ROLLBACK INTO staged (first, part, last, heads, asked, records) VALUES `, 6, ``)
	insertBlocks   = inserts(`INSERT OR ROLLBACK INTO blocks (wide, last, part, first, heads, asked, records) VALUES `, 7, ``)
	insertPostings = inserts(`INSERT OR ROLLBACK INTO postings (term, last, part, times) VALUES `, 4, ``)
)
