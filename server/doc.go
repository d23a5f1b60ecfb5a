// Package server is the listener and the pipeline.
//
// Every call of every AWS API that Keyreeve speaks goes one way:
//
//	listener -> authn -> decode -> targets -> authz -> run -> commit -> encode
//
// The listener bounds what it reads and gives the call an id. [Server.serve] is
// the sentence itself; it is the same for every operation. What an operation is
// stands in the tables of service/iam and service/sts.
//
// From the caller's look-up on all may run twice: a call that writes is carried
// out by the one writer of its account over the state as all earlier commands
// left it, and is carried out again if another aggregate that it read has moved
// on. A right that was revoked in the meantime is so never used. Time and
// randomness are drawn before.
//
// Whatever comes of a call, its audit record is made at one place
// ([Server.record]): that of a change is part of the same commit.
package server
