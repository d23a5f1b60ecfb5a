// Package saml tells whether a response of a SAML 2.0 identity provider is genuine,
// and what it says.
//
// # Vocabulary
//
// An identity provider authenticates people and answers with a Response, which holds
// one Assertion: who the Subject is (NameID), for whom the assertion was made
// (Recipient, Audience), from when until when it holds (Conditions), and Attributes of
// the subject. The provider's Metadata are its name (entityID) and the certificates
// with the keys that it signs with; they are given to IAM beforehand.
//
//	Response      ID, Destination, Status
//	  Issuer
//	  Signature?  over the Response
//	  Assertion   ID, IssueInstant; or EncryptedAssertion
//	    Issuer
//	    Signature?  over the Assertion
//	    Subject     NameID, SubjectConfirmation of a bearer
//	    Conditions  AudienceRestriction
//	    AuthnStatement, AttributeStatement
//
// # Guarantees
//
// [Verify] gives an [Assertion] only if all of this holds:
//
//   - The document is plain XML: no document type, no entities, no processing
//     instructions, no attribute twice, bounded in length, depth and number.
//   - It is put together as above: one assertion, in its place; signatures nowhere
//     else; no ID twice. So whatever a wrapping attack wraps is not even looked at.
//   - Response or Assertion, or both, are signed by a key of the metadata, each with
//     one signature over itself as a whole, by RSA of at least 2,048 bits with SHA-256
//     or more, after exclusive canonicalization. The key that a signature names does
//     not count.
//   - What is given back was read again from the canonical bytes that were signed. A
//     comment in a value does not cut it: in those bytes there are none.
//   - Issuer, recipient, audience and all times are right, and every condition is
//     known.
//
// [Assertion.Claims] then reads the attributes to which AWS gives a meaning: roles,
// the session's name and duration, session tags, source identity, and those that are
// condition keys of trust policies.
//
// Encrypted assertions are opened by AES-GCM or AES-CBC with a key that is wrapped by
// RSA-OAEP. All failures of that, and of the signature within, are one error.
//
// # What is left to others
//
// Whether an assertion was redeemed before, whether the role may be assumed, and whose
// metadata count. The package knows no clock, no network and no randomness. Errors
// never contain anything of what was read.
package saml
