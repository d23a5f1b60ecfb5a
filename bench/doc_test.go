// Package bench_test measures the server over real HTTP on loopback, and beside
// each figure the floor: the least that the same thing could cost on the same
// machine at the same time. A figure alone says more about the machine than about
// Keyreeve; the ratio to the floor says how much is left to gain.
//
// Client, server and floor are in one process. The client is as cheap as can be: it
// writes requests that were signed before the clock started, and reads answers
// without parsing more than their length. So it flatters nobody.
//
//	GetUser, AssumeRole, AssumeRoleWithWebIdentity
//	                      floor: a net/http handler that reads the same request
//	                      and writes the same answer
//	CreateUser            floor: such a handler whose answer waits until one
//	                      writer has appended a record to a file and synced it,
//	                      for all that wait at once
//	Decide                floor: policy/eval alone, policies and context at hand
//	Open                  floor: as many bytes written and synced, or read
//	Organization          no floor: 5,000 accounts, called by the SDK
//
// The server runs as the command runs it: a log line for every call, an audit event
// for every call, metrics. The table of medians and ratios is made by bench/table;
// docs/performance.md says how to read it.
package bench_test
