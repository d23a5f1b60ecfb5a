// Package authn answers who is calling: a signature or a session token becomes a
// [Caller].
//
// It does so in two steps. [Authenticator.Verify] finds out whether a request's
// signature is genuine, by the secret that belongs to its access key; the answer
// is a [Proof]. [Authenticator.Caller] looks up whom the proof stands for, in the
// world in which the call is decided: a key that was made inactive, a user or
// role that was deleted, and sessions that were ended in the meantime stand for
// nobody any more. The second step is cheap and is done again when a call is
// decided again.
//
// # Access keys
//
// The id of an access key tells its account, as AWS's do; one that does not (a
// preset or imported one) is looked up in the deployment. The secrets of
// long-term keys are stored sealed. Sessions are stored nowhere: their token says
// who it is, and their secret is derived from it.
//
// # Errors
//
// MissingAuthenticationToken is left to the server, for some operations may be
// called unsigned. Here arise IncompleteSignature, InvalidClientTokenId,
// SignatureDoesNotMatch and ExpiredToken, in AWS's wording.
package authn
