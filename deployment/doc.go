// Package deployment holds the rules of the one aggregate that knows of all
// others: which accounts exist and what they are called, account aliases (which
// are unique over all accounts), access key ids that do not tell their account,
// the quotas that the operator has set, and delegation requests, by which one
// account asks to act in another one for a while.
//
// Its rules are used as identity's: [In] reads in a world, [Edit] changes by a
// draft.
package deployment
