// Package constraint checks a parsed message against the constraints of its shape,
// and words what is wrong as AWS does.
//
// It works on the tree that a protocol has parsed ([api.Value]), before that becomes
// a Go struct, because a struct cannot tell a missing required member from an empty
// one. It is the same for every protocol.
//
// # The message
//
// All that is wrong with a message is told at once, in the order of the model:
//
//	2 validation errors detected: Value '' at 'roleArn' failed to satisfy constraint: Member must satisfy
//	regular expression pattern: […]+; Value '' at 'roleArn' failed to satisfy constraint: Member must have
//	length greater than or equal to 20
//
// (one line). A place is a path of members with a first letter in lower case:
// roleArn, and tags.6.member.value for the value of the sixth tag. A list of strings
// is one place: all constraints of its elements are listed in brackets.
//
// STS puts the value into the message. IAM has ceased to ("Value at 'status' failed
// …"), and neither does for a value that the model calls sensitive; a [Style] says
// which. At most [MaxViolations] are listed: AWS knows no such limit, but an answer
// should not grow with what an attacker sends.
//
// IAM's names and paths are special: a wrong character in one is told in words of
// its own ("The specified value for userName is invalid. …"), alone, and only if
// nothing else is wrong.
//
// Organizations says less: an InvalidInputException with the reason of the first thing
// that is wrong (INVALID_PATTERN), and not where it is.
//
// # What is checked
//
// Required members, the length of strings in UTF-16 units as Java counts them, the
// length of lists, maps and blobs, the range of numbers, patterns, enums. That numbers
// and times are well-formed is the protocol's business, what a value means the
// service's.
package constraint
