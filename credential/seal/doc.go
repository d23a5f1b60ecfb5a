// Package seal keeps secrets at rest, and derives the keys that tokens are made
// with. Its one noun is the [Keyring]: the content of the key file that every
// node of a deployment has and the database does not.
//
// # Two uses, two kinds of keys
//
// Signature Version 4 is symmetric, so secret access keys must be readable again.
// They lie in the database sealed: encrypted and authenticated (AES-256-GCM, by
// Tink) together with associated data that names the account and the id of the
// access key. A sealed secret that somebody copies to another row does not open
// there, and a copied database alone gives nobody access.
//
// Session tokens, pagination markers and authorization messages go to clients,
// who hand them back. Nothing of them is stored; each is made with a key derived
// (HKDF-SHA256) for its [Purpose], so that none can stand in for another.
//
// # Generations
//
// A keyring holds generations of keys. A generation has a number, a time of
// creation and, once [Keyring.Rotate] has made a newer one, a time of retirement.
//
//   - The newest generation makes everything new.
//   - Every generation opens what it sealed, for as long as it is in the ring.
//     It leaves by [Keyring.Prune], which asks whether data sealed by it is left
//     ([Generation] tells the number of a sealed value).
//   - A retired generation verifies tokens for 36 hours, the longest life of a
//     session that STS gives (GetSessionToken, 129,600 seconds). Then no more,
//     whether pruned or not: rotation ends the power of a stolen key.
//
// # The key file
//
// [Keyring.Marshal] and [Parse] speak JSON, in clear text: whoever can read the
// file has everything, so it belongs in a file that only the server may read.
//
//	{
//	  "format": 1,
//	  "id": "…",                     names the ring; the database remembers it
//	  "generations": [
//	    {"number": 305419896, "created": "…", "retired": "…", "derivation": "…"}
//	  ],
//	  "sealing": { … }               a Tink keyset, key ids are the numbers
//	}
//
// The id stays the same through rotations. A database that remembers another id
// belongs to another key file, and the server can say so and not start, instead
// of failing call by call.
//
// # What is promised
//
// A Keyring never changes: Rotate and Prune give new ones, so it can be used by
// many goroutines. Errors say nothing of keys or plaintext. The nonce of a sealed
// value is drawn by Tink from the operating system; all other randomness, and the
// time, are arguments. Reading and writing the file is left to others.
package seal
