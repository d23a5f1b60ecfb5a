// Package delivery delivers the events of trails to buckets, as log files and digest files
// in CloudTrail's form (package trail/digest).
//
// A [Deliverer] makes a pass every few minutes: it reads the events that were recorded
// since, once for all trails, and writes for each trail that logs a file for each
// account and region of which the trail wants events. From time to time, an hour with
// AWS, it writes the digest file of each chain that has new log files; the chain of the
// trail's own account and home region has one also if there are none.
//
// # What a crash leaves
//
// How far a trail is delivered is part of the state. Before log files are written it is
// noted which, with the hash of each; when they are in their places, that they are, in one
// commit with their entries in the chain. After a crash in between they are written again,
// over themselves. A digest file is noted with all that it holds, and written until it is
// known to be in its place. So nothing is left out, nothing is delivered twice, and the
// chain stays one, whenever the process was killed.
//
// Events are read by their times up to where no more can come ([Source.Settled]), less a
// margin for clocks that are set back a little. Events that are older than the retention
// of the store before they could be delivered are lost to trails: a trail whose bucket
// cannot be written to says so in GetTrailStatus, and so does the log.
//
// # Buckets
//
// A [Buckets] knows where each bucket is: a folder of this machine ([Folder]), or with an
// S3-compatible server ([S3]). Files of folders appear whole or not at all; the metadata
// of a digest file lies beside it.
package delivery
