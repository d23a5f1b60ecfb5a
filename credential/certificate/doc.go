// Package certificate reads the X.509 certificates that IAM keeps: signing
// certificates of users, and server certificates with their private keys.
//
// All come as PEM and nothing else: text around or between the blocks is refused,
// as AWS refuses it, and so are PEM headers and with them encrypted keys. Then
//
//   - [Parse] gives the one certificate of a body, [ParseChain] those of a chain;
//   - [ValidAt] says whether now is within a certificate's time;
//   - [CheckChain] says whether each certificate of a chain issued the one before
//     it, beginning with the one that issued the body;
//   - [ParseKey] reads a private key, and [Belongs] says whether it is that of a
//     certificate.
//
// Nobody's trust is asked for: a chain may end anywhere, and a certificate may have
// signed itself. Keys and chains of unreasonable size are refused before anything
// is computed with them.
//
// Errors never contain anything of what was read.
package certificate
