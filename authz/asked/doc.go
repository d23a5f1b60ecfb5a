// Package asked writes down what a call has asked of the decision engine, for the audit
// trail, and reads it again: so that the engine can be asked the same once more, by
// other policies.
//
// # What is written
//
// All that a decision sees of a call, and nothing else: who called (principal, unique
// id, what the session says, where the call came from), and each target with action,
// resource, account and condition keys; and whether all of it was allowed. When it was
// asked stands with the event.
//
// What a decision reads from the world is not written: policies, tags of users and roles,
// the place in an organization. A role's trust policy and an organization's resource
// policy come from the world, too, so only that they were asked is written; [Call.In]
// finds them in the world in which the call is to be decided again.
//
// There is no secret in it: no access key, token, code or password is part of what is
// asked.
//
// # The layout
//
// Byte 0 is the version of the layout, 1. What follows is written field by field:
// numbers as varints (encoding/binary), texts and lists with their length before them.
//
//	flags     allowed, over TLS, with a session, of a federated identity
//	caller    kind; account, ARN, user id, name, unique id; address, user agent,
//	          referer, region
//	session   if there is one: kind and flags, when it was issued and when MFA was
//	          used, in seconds; role ARN, session name, issued to, source identity,
//	          provider, delegate, session policy; managed session policies, tags and
//	          keys of the provider
//	identity  if federated: provider, audience, subject, qualifier
//	targets   flags; action, resource, account; keys, each with flags, name and values
//
// What a version means never changes: a new layout has a new number, and the readers of
// all earlier ones stay. testdata has a call of each version for good.
//
// # What is promised
//
// [Decode] gives back what [Call.Append] took, or an error: it never panics, whatever the
// bytes, and never gives a call of which a part is missing. An error is to be told, not
// skipped in silence.
package asked
