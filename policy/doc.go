// Package policy reads policy documents: JSON text to a syntax tree that knows
// where everything stands, and the checks that AWS makes when one is written.
//
// # Grammar
//
//	policy     = { Version?, Id?, Statement }           Version: "2012-10-17" | "2008-10-17"
//	Statement  = statement | [ statement, ... ]
//	statement  = { Sid?, Effect, (Principal|NotPrincipal)?, (Action|NotAction), (Resource|NotResource)?, Condition? }
//	Effect     = "Allow" | "Deny"
//	Principal  = "*" | { type: string | [string,...] }  type: AWS | Service | Federated | CanonicalUser
//	Action     = string | [string,...]
//	Resource   = string | [string,...]
//	Condition  = { operator: { key: value | [value,...] } }   value: string, number or boolean
//
// Element names are case-sensitive, their order does not matter, and an element
// stands at most once in an object. A document without Version is of version
// 2008-10-17, which has no policy variables.
//
// # Reading and checking
//
// [Parse] is for documents that are already stored or come with a question: it
// asks for the grammar above and no more. [ParseAs] is for documents that
// somebody wants to store: it makes all the checks that AWS makes for that
// [Kind] of policy, in AWS's order and with AWS's messages, which programs and
// people have learned to recognise. An [Error] has such a message, a detail that
// AWS does not give, and the place.
//
// A document keeps its text and is given back as written. Nothing here prints a
// document anew: positions, spans and [Splice] all refer to the text.
//
// # What it leaves to others
//
// Whether a principal exists is for package identity to say, which finds all
// values in [Document.Principals]. What a document permits is answered by
// policy/eval. Size limits depend on quotas; [Size] counts.
package policy
