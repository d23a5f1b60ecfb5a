// Package federation asks identity providers of OpenID Connect for the keys that
// they sign with, and finds out with these whether a token is theirs.
//
// A provider is known by its issuer, an https URL. Under it stands its discovery
// document (OpenID Connect Discovery 1.0, section 4), which names the address of its
// key set:
//
//	ISSUER/.well-known/openid-configuration -> {"issuer": ISSUER, "jwks_uri": URL}
//	URL                                     -> {"keys": [...]}
//
// Both are servers that others run, on addresses that an account's administrator has
// written down. What is guaranteed:
//
//   - Only https, and each server has shown a certificate for its name that the
//     system's roots, the operator's own CA file or one of the provider's thumbprints
//     vouch for. A thumbprint is the SHA-1 digest of a certificate of the chain that
//     the server shows; it counts where the roots do not, as in AWS.
//   - The discovery document names the very issuer that was asked.
//   - Redirects are followed to the same host and port only. If the issuer has a
//     public address, so must have the server of the keys: nobody out there can send
//     us to an address inside. With [Options.PublicOnly] no provider may live inside.
//     Link-local addresses, where clouds keep their machines' credentials, are never
//     asked.
//   - Answers are bounded in size, each question in time.
//   - Keys are kept for ten minutes. A token with a key that is not among them makes us
//     ask again, so that a new key is found at once; but never twice within five
//     seconds, and all who wait share one answer. So whatever tokens are sent, a
//     provider sees twelve questions a minute at most.
//   - A token that was found right is remembered for as long as its provider's keys are
//     the ones that it was found right with: workloads show one token many times. What
//     it says of times is for the caller to look at each time.
//   - If a provider cannot be reached, keys of the last hour stay good.
//
// What a token says beyond who its issuer is, is not looked at here: audience,
// subject and the rights that follow are service/sts's.
package federation
