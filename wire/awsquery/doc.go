// Package awsquery is the server's side of AWS's Query protocol, which IAM and STS
// speak: a form comes in, XML goes out. One codec serves every operation; it walks
// the tables of package api and knows no operation by name.
//
// # Requests
//
// A request is POST / with an application/x-www-form-urlencoded body, or GET / with
// the same in the query string:
//
//	Action=CreateUser&Version=2010-05-08&UserName=alice&Tags.member.1.Key=team&Tags.member.1.Value=red
//
//	form      = [ pair *( "&" pair ) ]
//	pair      = name [ "=" value ]           percent-encoded UTF-8, "+" is a space
//	name      = member *( "." step )
//	step      = member                       of a structure
//	          | "member" "." index           of a list
//	          | index                        of a flattened list
//	          | "entry" "." index "." ( "key" | "value" )    of a map
//	index     = "1" … "2147483647"           no sign, no leading zero
//
// An empty list is sent as its bare name: "Tags=". Indexes give the order of a list;
// gaps between them close. Numbers are decimal, booleans true or false, times ISO
// 8601, blobs base64.
//
// [ParseForm] takes a form apart, [FindOperation] reads Action and Version, [Decode]
// makes the operation's input of the rest: parse by shape, check the constraints
// (package constraint), fill the struct.
//
// # What is refused
//
// A form is attacker-controlled and may be parsed before anybody is authenticated. Its
// bytes are bounded by the listener, its parameters by [MaxParameters], their depth by
// [MaxDepth]; nothing is allocated by what an index says. Refused are, too:
//
//   - bad percent-encoding, invalid UTF-8 and NUL: MalformedQueryString
//   - a parameter that is there twice: InvalidQueryParameter. Whoever looked at the
//     other one (a proxy, a log) would have seen another request.
//   - a parameter that the operation does not have: InvalidQueryParameter. AWS ignores
//     it. We do not know what a newer client meant by it (a boundary? a condition?),
//     and doing less than was asked, silently, is how too much gets allowed. Parameters
//     beginning with X-Amz- belong to the signature and are skipped.
//   - a scalar where a list or structure should be, and the other way round, or a
//     scalar that does not parse: MalformedInput
//
// # Answers
//
//	<CreateUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
//	  <CreateUserResult><User><Path>/</Path>…</User></CreateUserResult>
//	  <ResponseMetadata><RequestId>…</RequestId></ResponseMetadata>
//	</CreateUserResponse>
//
//	<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
//	  <Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>…</Message></Error>
//	  <RequestId>…</RequestId>
//	</ErrorResponse>
//
// without the white space. Operations without output have no Result element. Lists
// hold member elements, maps entry elements with key and value; times are in UTC, in
// whole seconds. A carriage return becomes a character reference, because XML parsers
// would make a line feed of it; a character that XML 1.0 cannot carry in any form
// (most control characters) becomes U+FFFD.
//
// The request id is in the body for people; SDKs read it from the header
// X-Amzn-RequestId, which the server sets.
//
// An error that is no [apierror.Error] is an internal failure: the answer says no more
// than that. Status and fault of a code come from the service's model, then from the
// table of errors common to all services.
package awsquery
