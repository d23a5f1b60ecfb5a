// Package signin is sign-in by password, as browsers and `aws login` do it: a plain
// form, a cookie, and an OAuth 2.0 flow that gives temporary credentials to a
// program. It is the HTTP of it only. Who somebody is, whether a password and an MFA
// code are right, what is allowed and what is recorded is asked of [Accounts], which
// the server is.
//
// # Vocabulary
//
// An [Attempt] is what somebody claims and shows. A [Session] is what a right one
// opens: who signed in, when, and with which password. It is a value, not a row in a
// database; it travels sealed, in the cookie of a browser or in the refresh token of a
// program, and is over when its twelve hours are, when its user or password is
// another, or when the account's sessions were ended.
//
// # What is served
//
//	GET  /signin                    the form
//	POST /signin                    account, username, password, mfacode; yields the cookie
//	GET  /signin/session            who is signed in
//	GET  /signin/credentials        temporary credentials for the cookie, as credential_process prints them
//	POST /signin/out                takes the cookie away
//	GET  /signin/key                options for signing in with a security key, and a sealed challenge
//	GET  /signin/newkey             options for a new security key of whoever is signed in
//	POST /signin/newkey             label, key, keychallenge; registers it as an MFA device
//	GET  /v1/authorize              asks whoever is signed in whether a program may act for them
//	POST /v1/authorize              yields a code, at the program's loopback address or to be copied
//	POST /v1/token                  a code, or a refresh token, for credentials (CreateOAuth2Token)
//
// The flow is that of RFC 6749 with PKCE (RFC 7636) and DPoP (RFC 9449), in the names
// of AWS's Sign-In API. A code is good once and for five minutes, for whoever has the
// verifier; codes are in memory, so that a restart ends them. A refresh token is good
// for whoever has the key that the first proof was made with, until its session is
// over. Access tokens are credentials of fifteen minutes.
//
// # What is promised
//
// A page never says whether it was the account, the name, the password or the code
// that was wrong. Nothing is done for another site's form: cookies are SameSite=Strict,
// and a request that a browser says comes from elsewhere is refused. A code goes only
// to a loopback address, or is shown here. Pages load one script of their own, for
// security keys, and need none for the rest.
//
// A security key is proof beside the password, in the same attempt: the browser finds
// the key by this server's name, so that no page tells which keys somebody has. A
// challenge is good for five minutes and opens one session.
package signin
