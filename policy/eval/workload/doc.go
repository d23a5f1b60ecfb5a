// Package workload makes up what decisions are measured with: principals with
// policies, and requests of theirs, like those that people have. The same name
// always gives the same workload, on every machine.
//
//	a        a user, two groups, five policies, twenty statements
//	b        the same, four of five with conditions, a third with variables
//	c        ten managed policies of 6,144 characters, a boundary, three levels of SCPs,
//	         a resource-based policy: 555 statements
//	d        6,000 users and 4,000 sessions of roles with 1,500 policies between
//	         them, a random one each time
//	hostile  patterns made to be slow to match, and conditions with many values
//	bombs    those of the hostile ones that only need "*", for whoever has no more
//
// # What a workload is
//
// It belongs to no engine. The policies are documents; groups and principals
// name theirs by number and the part that each plays; a [Request] is a principal by
// number, an action, a resource, and one of the few sets of condition keys. Each
// engine makes of it what suits it best. All principals and resources are of one
// account.
//
// What the answer to a request is, [Workload.Want] says: the referee's, or for
// hostile policies, at which the referee would take years, what they were made to
// give. [Workload.Compose] and [Sets.Questions] are the translation for package eval.
//
// Requests of equal circumstances share their condition keys: in practice those were
// made just now and are near, and they shall be so among 20,000 requests.
//
// This is for tests and benchmarks. [Sized] makes workloads of any size, for
// questions about growth, and [Generator] single policies.
package workload
