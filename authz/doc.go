// Package authz answers whether a caller may do something: it puts together the
// policies that apply to the caller and to the resource, and the condition keys
// that are known of both, and asks policy/eval.
//
// The server and everything that enforces on behalf of other services ask in the
// same way, by [Authorizer.Decide] with a [Target]. The answer is a decision with
// its reason; it is an allow only where policies say so. There is no caller to
// whom that does not apply: the root user is a principal of its own kind, and an
// operator may do what is the operators' and nothing else.
//
// # Guard rails
//
// Where the account of a caller is a member of an organization, the SCPs of each level
// above it apply to the caller, and the RCPs above the account of a target to the
// target. They are composed once and shared, for as long as neither the organization's
// policies nor the account's place change; levels that allow everything cost nothing, so
// that a decision in a deep tree takes as long as in a flat one.
//
// # Hard limits
//
// Some sessions may not call some operations whatever policies say;
// [HardLimit] tells which.
package authz
