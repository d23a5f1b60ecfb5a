// Package identity holds the rules of an account's identities: users, groups,
// roles, instance profiles, customer managed and inline policies, attachments,
// permissions boundaries, tags, access keys and virtual MFA devices.
//
// # Reading and changing
//
// [Account] is one account as a rule sees it in a world; its methods read.
// [Editor] is an account that a draft may change; its methods are the rules.
// A rule is pure: what it depends on beside the world stands in [Env] (the time,
// randomness that was drawn before it began, quotas, the catalog of AWS
// managed policies, the sealing of secrets), so that running it twice over the
// same world gives the same outcome, and a rule that fails changes nothing.
//
// # Names, ids and relations
//
// A name is unique in its account ignoring case and is kept as written; the
// folded name is the key of the entity, so that "Alice" finds alice. What
// belongs to an entity (memberships, attachments, inline policies, access keys)
// refers to its unique id and not to its name: a rename touches one entity, and
// a user that is made anew under an old name inherits nothing.
//
// # Errors
//
// Rules raise apierror.Error with AWS's own code and wording: NoSuchEntity,
// EntityAlreadyExists, DeleteConflict, LimitExceeded, InvalidInput,
// ValidationError, MalformedPolicyDocument, UnmodifiableEntity.
//
// What a single parameter may look like (length, characters) was checked
// against the API model before a rule runs; who may call it is decided by authz.
package identity
