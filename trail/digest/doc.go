// Package digest is the form of what a trail delivers: log files, and the digest files by
// which nobody can change them unseen (CloudTrail User Guide, "CloudTrail digest file
// structure", "Custom implementations of log file integrity validation").
//
// # Files
//
// A log file is {"Records": [...]}, compressed by gzip, under
//
//	AWSLogs/ACCOUNT/CloudTrail/REGION/2026/11/26/ACCOUNT_CloudTrail_REGION_20261126T1200Z_UNIQUE.json.gz
//
// and a digest file, in CloudTrail-Digest, lists the log files that were delivered since
// the one before, each with the SHA-256 hash of what it holds uncompressed. In the bucket
// of an organization trail the organization's id stands before the account.
//
// # The chain
//
// A digest file names the one before it, with its hash and its signature. Its own
// signature, by RSA and SHA-256 over
//
//	end time, bucket/key, hash of the digest file, signature of the one before ("null")
//
// in four lines, is metadata of the object: [Signature], and [Algorithm]. So whoever
// has the newest digest file and the public key finds out whether a file of the chain was
// changed or is missing. [Validate] does that for a folder, and finds files that no
// digest file lists, too.
//
// There is one chain for each trail, account and region.
package digest
