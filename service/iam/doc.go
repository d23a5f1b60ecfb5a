// Package iam is the IAM API, a table of operations.
//
// One file holds one family: what each of its operations must be allowed
// (targets), what it does (a rule of identity), and how its answer looks. An
// operation that the API model has and that stands in no table is not built and
// answers NotImplemented.
//
// # Targets
//
// The resource of a target is the ARN of what the operation acts on. What does
// not exist is authorized by the ARN that it would have, so that somebody
// without rights learns nothing. A target carries the condition keys that the
// service reference names for its action.
package iam
