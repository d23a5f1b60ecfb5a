// Package awsjson is the server's side of AWS's JSON protocol, version 1.1, which
// Organizations and CloudTrail speak: an object comes in, an object goes out. One codec
// serves every operation; it walks the tables of package api and knows no operation by
// name.
//
// # Requests
//
// A request is POST / with the operation in a header and its input as the body:
//
//	X-Amz-Target: AWSOrganizationsV20161128.CreatePolicy
//	Content-Type: application/x-amz-json-1.1
//
//	{"Name": "deny-all", "Type": "SERVICE_CONTROL_POLICY", "Description": "", "Content": "{…}"}
//
// Structures and maps are objects, lists are arrays, blobs are base64 in a string, times
// are seconds since 1970 as a number, which may have a fraction. A member that is null is
// absent. An empty body is an empty object. Members that an operation does not have are
// passed over, as AWS does: newer clients may send them.
//
// [FindOperation] reads X-Amz-Target, [Decode] makes the operation's input of the body:
// parse by shape, check the constraints (package constraint), fill the struct.
//
// # What is refused
//
// A body is attacker-controlled. Its bytes are bounded by the listener, its values by
// [MaxValues], their depth by [MaxDepth]. Refused as SerializationException are, too:
//
//   - what is no JSON as RFC 8259 has it, invalid UTF-8, half a surrogate pair, and NUL
//   - a member or a key of a map that is there twice. Whoever looked at the other one (a
//     proxy, a log) would have seen another request. AWS takes the last one.
//   - a value of another type than the member's: nothing is converted
//   - null as an element of a list or map
//   - a union of which not exactly one member is set
//
// Names are compared letter by letter.
//
// # Answers
//
//	{"Policy": {"PolicySummary": {"Id": "p-examplepolicyid111", …}}}
//
//	{"__type": "ConstraintViolationException", "Message": "…", "Reason": "OU_DEPTH_LIMIT_EXCEEDED"}
//
// An operation without output answers {}. Times are in milliseconds where they have any.
// The message of an error is spelled as the service's model has it; of one that is common
// to all services it is "message". The request id is in the header x-amzn-RequestId only.
//
// Errors that are common to all services have other names than in the Query protocol
// (AccessDeniedException for AccessDenied); [Named] gives them. An error that is no
// [apierror.Error] is an internal failure: the answer says no more than that.
package awsjson
