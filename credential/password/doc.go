// Package password turns passwords into hashes that can be stored, says whether
// a password belongs to a hash, and whether a password is good enough for an
// account's password policy.
//
// A hash is a string in PHC format, which carries all that is needed to compute
// it again:
//
//	$argon2id$v=19$m=19456,t=2,p=1$SALT$KEY
//
// m is memory in KiB, t the number of passes, p the number of lanes; SALT and KEY
// are base64 without padding. Exactly what Hash.String writes is parsed, and
// nothing else: one hash has one text. Parameters beyond a bound are refused, so
// that a damaged record cannot take all memory of the machine.
//
// A password is compared in constant time. Dummy is a hash for a user that does
// not exist: to compare with it takes as long as with a user's, so that the time
// of an answer does not tell who exists. Hash.Outdated says that a password
// should be hashed again, with today's parameters, when it is next presented.
//
// A Policy is what an account asks of passwords, CheckDefault what is asked where
// it set none; both refuse with the code PasswordPolicyViolation. Policy.Expired
// and Policy.HardExpired say when a password is too old.
//
// What is left to others: where hashes are kept, which earlier ones may not be used
// again, how often somebody may guess, and how many are computed at once: each
// takes Default.Memory KiB while it runs.
package password
