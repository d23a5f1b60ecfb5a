// Package webauthn checks security keys and passkeys: whether a response of a browser
// proves that its user holds the private key of a credential (Web Authentication,
// Level 3, https://www.w3.org/TR/webauthn-3/).
//
// There are two ceremonies, each of a challenge that is drawn for it, options that the
// page hands to the browser, and the browser's response, as JSON throughout, in the
// forms that PublicKeyCredential.parseCreationOptionsFromJSON and toJSON know:
//
//	Party.CreationOptions -> navigator.credentials.create -> Party.Register -> Key
//	Party.RequestOptions  -> navigator.credentials.get    -> Party.Verify   -> Key, used
//
// What a Party guarantees of a response that it takes:
//
//   - It answers this challenge, in this ceremony, on a page of one of its origins,
//     that is not framed by another site, and for its own name.
//   - Somebody touched the device (user presence). Whether the device has also seen
//     who it was (user verification) is asked for, not required: a key is the second
//     factor beside a password.
//   - It is signed with the credential's key, by ES256, ES384, ES512, EdDSA or RS256.
//   - A device that counts its signatures has counted on: a count that did not grow
//     is that of a copy, and [ErrCopied].
//
// Attestations, by which a device tells its make, are not asked for: browsers take them
// away then, and a response with one is refused.
//
// Keys are asked to be discoverable: the device finds them by the party's name, so that
// a page need not tell anybody which keys a user has.
//
// That a challenge is used once and not too late, and which keys a user has, is the
// caller's. The protocol itself is the library github.com/go-webauthn/webauthn's.
package webauthn
