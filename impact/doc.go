// Package impact tells what a proposed change of policies would have done to the calls of
// the past: which of them it would have refused, and which newly allowed.
//
// # How it is found out
//
// Every call's audit event keeps what was asked of the decision engine (authz/asked). A
// [Replay] asks it again, twice: by the present state, and by the present state with the
// change ([Change.After]). What differs is the change's doing, and nothing else's: that
// policies have changed since the call was made makes no difference, since both answers
// are of today's. Conditions on time are decided at the time of the call, and what the
// caller's session and request have said is as it was.
//
// A change is made by the rules that would make it, on a copy, so a document that would
// be refused is refused here, with the same error. Nothing is changed.
//
// # What it does not tell
//
// A call is one that was recorded and came as far as to be decided. Calls of users and
// roles that are not there any more cannot be decided anew and are counted
// ([Report.Gone]), as are those that today would be decided otherwise than they were
// ([Report.Otherwise]). A change of what somebody may do changes what they try: calls that
// nobody has made are in no report. Tags of resources are as the call saw them.
package impact
