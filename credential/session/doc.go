// Package session makes and reads temporary credentials: what AssumeRole,
// GetSessionToken, GetFederationToken and their kin give out.
//
// # Stateless
//
// No database knows a session. Who it is and what it may do is a [Record]; it
// travels sealed in the session token, which the client sends with each call, and
// the secret access key is computed from the token whenever it is needed. So any
// node that has the keyring verifies any session, and issuing one writes nothing.
//
// What is not stored cannot be deleted. A session ends as in AWS: at its expiry,
// by a Deny on aws:TokenIssueTime, or with the role or user that it speaks for,
// which authn looks up by unique id. Two marks end many at once: the account's
// [Record.Epoch], which an operator can raise, and the [Record.Incarnation] of the
// store, which a restore changes. Comparing those is authn's; this package only
// carries them.
//
// # The token
//
// Base64 (RFC 4648 section 5, no padding) of
//
//	byte 0        1, the version of this layout
//	bytes 1-4     the number of the keyring's generation
//	bytes 5-20    the token's id, random
//	the rest      AES-256-GCM of the record, and its tag; the bytes before are
//	              the associated data
//
// The key is derived for [seal.SessionTokens] from the generation and the token's
// id. It seals this one record and nothing else, so the nonce is zero. The secret
// access key is derived in the same way for [seal.SessionSecrets]: 30 bytes, as 40
// characters of base64.
//
// The record is written field by field: numbers as varints, strings with their
// lengths, at the end the packed part: session policies and tags, compressed if
// that makes them shorter. The access key id stands in the record too: a token
// works with the key id that it was given out with, and with no other.
//
// # Sizes
//
// A token has at most 4,096 characters. The packed part may have [PackedLimit]
// bytes; the percentage of that is PackedPolicySize in STS's answers, and above 100
// the call fails with PackedPolicyTooLarge. As in AWS a policy and tags within
// their own limits can still be too large together, and how many bytes a given
// policy packs to is not part of the contract.
//
// # What is promised
//
// Whatever opens was issued with the same keyring, unchanged, for this access key
// id, and has not expired. Everything else is InvalidClientTokenId, with the same
// message whatever the reason, or ExpiredToken. [Issuer] never changes and may be
// used by many goroutines.
package session
