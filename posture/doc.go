// Package posture checks an account against good practice: what the AWS guides,
// the CIS AWS Foundations Benchmark and PCI DSS ask of users, keys, policies and
// trust, looked up in what the account really has.
//
// A Check is a row of a table: what it asks for, how grave it is not to have it,
// where that is written, and the function that finds what does not comply. A
// Finding is one thing that does not: its ARN, the evidence, and a command that
// mends it. A check without findings has passed; what good practice asks for and
// nobody can look up here is listed by Unchecked, so that a clean report does not
// claim more than was looked at.
//
// Of is a pure function of an account, the time, and when things were last used:
// the same account gives the same report, in the order of the table and, within a
// check, of names. It changes nothing.
//
// A new check is a row of Checks and a case in server/testdata/posture. The numbers
// in Check.Sources are those of the CIS AWS Foundations Benchmark 5.0.0 and of PCI
// DSS 4.0.1, with the ids of the controls of AWS Security Hub, whose documentation
// ("Security Hub CSPM controls for IAM") relates them; where that has no control for
// a check, the relation is this package's own reading of the standard.
package posture
