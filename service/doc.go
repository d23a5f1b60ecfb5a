// Package service is the shape of an API operation as Keyreeve carries it out.
//
// An [Operation] is a row in a table: the operation as the API model describes
// it, a targets function that says what the caller must be allowed to do, and a
// run function. [Read] and [Write] make it, and take no operation without
// targets, so that nobody can forget authorization. The tables of the services
// stand in service/iam and service/sts, one file a family of operations.
//
// A run function is short: it names shapes, calls one rule of identity or
// deployment, and names shapes again. Everything that it needs stands in the
// [Call]. It may be run twice (see the server's pipeline), therefore time and
// randomness are the Call's.
package service
