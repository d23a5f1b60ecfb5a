// Package organization holds the rules of an organization.
//
// There are no organizations yet; what is here is central root access: the two
// features by which a management account takes care of the root users of member
// accounts ([RootCredentialsManagement], [RootSessions]), as IAM's operations turn
// them on and off. They are kept in the organization's aggregate.
//
// [Standing] is all that these rules ask about an account and its organization.
// [Of] finds it in a world; today no account is in an organization, so that it is
// always the zero Standing, and the rules answer as AWS does then.
package organization
