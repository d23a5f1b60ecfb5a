// Package webhook tells an HTTP server of chosen events, soon after they happened.
//
// A [Notifier] reads what was recorded, as trails are delivered (package server/delivery):
// calls know nothing of it and never wait for it. It posts the records that its filter
// chooses, up to 100 at once:
//
//	POST /hook
//	Content-Type: application/json
//	X-Keyreeve-Delivery: 01a217de-6f92-7f5a-8d40-242a74e495a9
//	X-Keyreeve-Signature: t=1795694400,v1=5257a869e7...
//
//	{"Records":[...]}
//
// v1 is HMAC-SHA256, in hexadecimal, of the time, a point, and the body, by the secret that
// both sides know. A receiver computes it again, compares in constant time, refuses times
// that are more than a few minutes off, and answers 2xx; [Verify] does the first three.
// X-Keyreeve-Delivery is the id of the first event: a delivery that is tried again has the
// same, and receivers keep the ids of events, for one may come twice.
//
// # What is lost
//
// A delivery that is not answered by 2xx is tried five times within half a minute. Then it is given
// up, which the log tells, and the next one is made: a receiver that is away for long misses
// events, which are in the store and in trails. How far it has come is kept over restarts, and after a crash
// half a minute may come again; what is older than a day by then is left out.
//
// Redirects are not followed. Events of one delivery are in order of their times.
package webhook
