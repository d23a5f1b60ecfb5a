// Package totp computes and checks the codes of virtual MFA devices: time-based
// one-time passwords by RFC 6238, with HMAC-SHA-1, six digits and steps of thirty
// seconds, as AWS's virtual devices use.
//
// # Vocabulary
//
// A [Seed] is the secret that a device and its server share. A [Step] is a number
// of thirty seconds: the code of a step is the same for as long as the step lasts.
// [State] is what a server remembers of a device: how far its clock is from ours,
// and which step was used last.
//
// # What is promised
//
// A code is good once. [Seed.Verify] takes codes of steps after the last one that
// was used and of no others, so that whoever sees a code on its way cannot use it
// again (RFC 6238, section 5.2); for this to hold, the State that it gives back
// must be stored before the answer is given.
//
// Codes are taken from the step of now, shifted by the device's drift, and
// [Window] steps before and after it. Two codes of successive steps
// ([Seed.Synchronize]) may be up to [SyncWindow] steps off: that is how a device
// is taken into use, and how its drift is learned anew. AWS does not publish its
// windows; these are our own.
//
// All candidates are compared, each in constant time: how long it takes does not
// tell how near a code was.
//
// # Guessing
//
// With three steps that are good and a million codes, one guess in 333,333 hits.
// [Attempts] says for how long a device is refused after wrong codes in a row.
//
// # What is left to others
//
// Sealing seeds, storing states and attempts, and drawing randomness.
package totp
