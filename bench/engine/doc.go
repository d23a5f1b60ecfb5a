// Package engine puts engines that decide side by side: package eval, and others that
// people choose for such work. Each reads the same workloads (policy/eval/workload)
// in the form that suits it best, and gives the same answers, or says what it cannot
// express.
//
// # How a policy becomes an engine's
//
// A document is read into rules (Cedar, OPA and Casbin do not see IAM's
// language): an effect, the actions, patterns of resources, tests of condition keys.
// Action patterns are resolved when policies are loaded, against the list of all
// actions that there are, so that the others can compare names. A resource pattern
// is "everything", "starts with", "starts with this and then the user's name", or a
// pattern as such; only hostile workloads have the last.
//
// # What is the same for all
//
// Engine.Load has parsed documents and makes the engine ready. [Loaded.Prepare] translates
// requests into what the engine reads, values of condition keys already being
// booleans, numbers, times and addresses where the engine has such. What remains is a
// function from a request's number to yes or no, safe for several goroutines at once.
//
// An engine that cannot express a workload says so with an error that is
// [ErrCannot]. None approximates.
package engine
