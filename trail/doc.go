// Package trail is the record of a call, in the shape that CloudTrail gives it: who
// called what from where, with which parameters, and what came of it. What reads
// CloudTrail's events reads these.
//
// # The record
//
// An [Event] is one call, an [Identity] is its userIdentity element. The names of
// fields are CloudTrail's (user guide, "CloudTrail record contents" and
// "CloudTrail userIdentity element"), and so is what may be absent: errorCode and
// errorMessage are there for failed calls only; requestParameters and
// responseElements are always there, and null when there is nothing to say.
//
// Parameters and response elements are trees: a [Tree] shows itself to a [Writer],
// value by value, so that the record is written in one go and nothing is copied
// first. A [Map] is a tree of Go's general types, for what has no type of its own
// and for records that are read back.
//
// # Secrets
//
// [Event.Encode] leaves out what [IsSecret] names, in every tree at every depth:
// secret access keys, passwords, private keys, MFA codes and seeds, and tokens
// that whoever has them could use. CloudTrail shows the session token in the
// answers of AssumeRole; here it is left out like the rest. A caller can name more
// members, such as those that the API model marks as sensitive; it cannot name
// fewer.
//
// A call that only reads has no response elements, as in CloudTrail, so the answers
// of GetX and ListX never get here; but those of STS that issue credentials do, and
// show which access key was issued.
//
// # Limits
//
// As in CloudTrail an error message and a user agent have at most 1 KB, and longer
// ones are cut; parameters and response elements have at most 100 KB each, and
// of larger ones the long texts are cut. What is still too large is left out, and
// additionalEventData says so.
//
// # What is left to others
//
// Times and ids are arguments. Keeping, signing and searching events is done
// elsewhere.
package trail
