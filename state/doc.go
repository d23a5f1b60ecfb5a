// Package state holds what is true as values, and says how it may change.
//
// # Aggregates
//
// Everything Keyreeve knows belongs to one of three kinds of aggregate: an
// account (users, groups, roles, policies, keys ...), an organization, or the
// one deployment (which accounts exist, settings, quotas). An aggregate's state
// is a set of entities (kind, key) -> value and a revision that grows by one
// with each commit. A [Snapshot] is that state at one revision: immutable, so
// any number of readers use it without a lock, and ordered, so that a page of a
// list is a range scan.
//
// # Kinds
//
// A [Kind] names one sort of entity, for example "user", gives the Go type of
// its value, and the version of its stored form; decoders of past versions stay
// for good. The key of an entity whose name is unique ignoring case is the
// [Fold]ed name; the value keeps the name as written. What relates two entities
// (a membership, an attachment) is an entity of its own with a composite key
// ([Key]), never a list inside another, and an [Index] follows the relation
// backwards, kept by the same put.
//
// # Rules, World, Draft
//
// A rule is a pure function of a world, a caller, an input, time and
// randomness. It reads through a [World], which notes what it read: a [View] of
// what is published and durable, or a [Draft] that also takes puts and deletes
// and shows them to later reads of the same rule. A draft that its rule gave up
// with an error is dropped and has changed nothing. Otherwise its [Commit] says
// which aggregates change, from which revision, and which were only read; the
// store makes it durable as a whole or not at all.
//
// # What is left to others
//
// What an entity means is the business of identity, organization and
// deployment, which define the kinds. Durability, ordering of writers and
// publication are the store's.
package state
