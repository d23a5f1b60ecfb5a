// Package organization holds the rules of an organization: its tree of organizational
// units and member accounts, and the policies that hold in it.
//
// An organization is an aggregate of its own. [In] reads it, [OfAccount] finds that of
// an account: which organization an account is in, the deployment knows, so that an
// account cannot be in two. What an account is to its organization in IAM's eyes is
// its [Standing].
//
// Two types of policies decide: service control policies (SCPs), which limit the
// principals of an account, and resource control policies (RCPs), which limit what may
// be done with its resources. [Organization.Controls] gives those in force for an
// account, a list for each level from the root down. Policies of other types are
// stored, inherited and merged, and say what services should do.
//
// Central root access is here too: the two features by which a management account takes
// care of the root users of member accounts ([RootCredentialsManagement],
// [RootSessions]), as IAM's operations turn them on and off.
package organization
