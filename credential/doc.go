// Package credential makes the identifiers and secrets of identities, and reads
// the account out of an access key id. What proves an identity stands in the
// packages below: credential/sigv4 (signed requests), credential/session
// (temporary credentials), credential/seal (secrets at rest) and so on.
//
// # Unique ids
//
// IAM names a user twice: by its name, which can be given to another user once
// the first is gone, and by a unique id, which never comes back. A unique id is
// 21 characters: a prefix that tells the kind of entity, and 17 random characters
// of base32 (A-Z and 2-7). The prefixes are those of the IAM user guide, section
// "IAM identifiers", and are the constants of type [Prefix].
//
// # Access key ids
//
// An access key id is 20 characters: AKIA for a long-term key or ASIA for a
// temporary one, and ten bytes in base32. As in AWS the bytes carry the account,
// so that a caller's account is known without asking any index:
//
//	bit  79      always 1; ids where it is 0 carry no account
//	bits 78-39   the account number, 40 bits
//	bits 38-0    random
//
// In other words: of the first 48 bits, those under the mask 0x7fffffffff80 are
// the account. Ids without the first bit (AKIAIOSFODNN7EXAMPLE is one: its fifth
// character comes before Q) were given out by AWS before it did so; they can be
// imported, and then only an index knows their account.
//
// The account in an id is a claim, not a proof: anybody can compute an id for any
// account. It says where to look for the secret, and the signature proves the rest.
//
// # What is promised
//
// Nothing here has state, and randomness is an argument: the same bytes give the
// same id. That an id is free is for the caller to see to.
package credential
