// Package sigv4 verifies requests signed with AWS Signature Version 4: is this
// request, as it arrived, signed with this secret access key, and recently?
//
// # Two steps
//
// A signature names an access key id; the secret has to be looked up. So [Parse]
// reads what the request claims, and [Signature.Verify] takes the secret and
// proves it. Nothing of a Signature is to be believed before Verify gives nil,
// except as a hint where to look. Between the two, [Signature.CheckTime] refuses
// stale requests before anything is looked up, as AWS does.
//
// # Two forms
//
// The header form carries the signature in the Authorization header:
//
//	Authorization: AWS4-HMAC-SHA256 Credential=SCOPED-KEY, SignedHeaders=NAMES, Signature=HEX
//
// with the time in X-Amz-Date (or Date) and a session token in
// X-Amz-Security-Token. The presigned form carries the same in the query string:
// X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, X-Amz-Expires,
// X-Amz-SignedHeaders, X-Amz-Security-Token and X-Amz-Signature. A request has one
// form: one with parts of both is refused, and so is one that has a part twice.
//
//	SCOPED-KEY = access key id "/" date "/" region "/" service "/aws4_request"
//	NAMES      = lower-case header names, sorted, joined by ";"
//
// # What is signed
//
// The signature is HMAC-SHA256 of a text that ends in the SHA-256 of the canonical
// request:
//
//	METHOD
//	path           normalized, then percent-encoded; see below
//	query          sorted by encoded name, then by encoded value; without X-Amz-Signature
//	name:value     for each signed header, in the order of NAMES; spaces squeezed,
//	               several values joined by ","
//	(empty)
//	NAMES
//	SHA-256 of the body, in hexadecimal
//
// The path is taken as received, dot segments and double slashes are resolved, and
// what is left is percent-encoded. As clients percent-encode the path that they
// send, that makes it encoded twice. S3 does neither: [S3].
//
// # What is refused, beyond a wrong signature
//
// A request may say more than its signature covers, and a proxy or an attacker may
// add to it. What changes what is done must be covered: the host, and every header
// whose name begins with x-amz- (X-Amz-Target chooses the operation,
// X-Amz-Security-Token who is calling). Those, when not signed, are refused, and
// headers of which there must be one are refused when there are two. The body must
// match X-Amz-Content-Sha256 if that is given, and the credential scope's date
// must be the request's.
//
// Errors are [apierror.Error] with AWS's codes and words. A request without any
// signature is told apart by its code, MissingAuthenticationToken.
//
// # What is left to others
//
// Whether region and service of the scope are the right ones, whether the key is
// active and whose it is, and what a session token says. Signatures of chunked
// bodies, of browser forms and of Version 4A are not verified here, nor mistaken
// for something else: they are refused.
package sigv4
