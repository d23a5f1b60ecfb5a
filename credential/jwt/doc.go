// Package jwt reads the tokens of OpenID Connect providers: JSON Web Tokens
// (RFC 7519) in the compact form of JSON Web Signature (RFC 7515).
//
// A token is three texts of base64url with dots between them:
//
//	header . claims . signature
//
// The header says with which algorithm (alg) and which key (kid) the provider has
// signed; the claims say who the provider vouches for. Whoever has a token can
// write whatever they like into the first two, so that nothing in them is true
// before the signature was found right:
//
//	token, err := jwt.Parse(text)        // well-formed; nothing is proven yet
//	token.Issuer()                       // whose keys are to be asked for
//	claims, err := token.Verify(keys)    // signed by one of these keys
//	err = claims.Check(now)              // complete, and of now
//
// Whom a token is meant for, and whether its issuer is one to be trusted, is for
// the caller to decide; see federation and service/sts.
//
// # What is guaranteed
//
//   - Only asymmetric signatures count: RS256, RS384, RS512, PS256, PS384, PS512,
//     ES256, ES384 and ES512. There is neither "none" nor HMAC, for which a public
//     key would be a password that everybody knows.
//   - The key comes out of the [KeySet] that is given, never out of the token: the
//     header's jwk, jku, x5c and x5u are not looked at. A key is used only with
//     algorithms of its own type, and only with its own one if it names one.
//   - A token with a kid is verified with keys of that kid. One without is verified
//     only if the set has a single key that it could be.
//   - JSON is read strictly: no name twice at any depth, no text after the end, valid
//     UTF-8, bounded in depth and size. So two readers cannot see different things.
//   - Times are whole numbers, as the STS API reference asks for.
//
// Signatures and keys are computed by go-jose; see docs/decisions. Errors are those of
// this package, for callers to put into their own protocol's words; no error text
// has any part of the token but names of claims and of algorithms.
package jwt
