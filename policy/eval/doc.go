// Package eval decides: may this principal do this action on this resource?
//
// # The question
//
// A [Request] says who asks (the principal), what for (an action such as
// s3:GetObject and the ARN of a resource, with the account that owns it) and
// under which circumstances (the request context, a list of condition keys with
// values). [Policies] are the policies that apply to it, by the role that each
// plays:
//
//   - Identity-based policies hang on the principal: the policies of a user and of
//     its groups, or of a role. They grant.
//   - The resource-based policy hangs on the resource and names principals. It
//     grants. The trust policy of a role is one: the role is the resource.
//   - A permissions boundary hangs on a user or role, a session policy was passed
//     when the session was made. They grant nothing, they limit what the
//     identity-based policies grant.
//   - Service control policies (SCPs) limit the principals of an organization's
//     accounts, resource control policies (RCPs) limit what may be done to their
//     resources, a VPC endpoint policy limits what passes the endpoint.
//
// [Decide] gives the [Decision]: allowed, an implicit deny (nothing allows it, or
// something that limits does not) or an explicit deny (a Deny statement says so).
//
// # When a statement applies
//
// A statement applies if its principal, action, resource and condition all
// match; a statement that does not apply has no effect of any kind. A Deny whose
// condition is not met denies nothing.
//
// Action: any case; NotAction matches if no pattern does. Resource: exact case,
// see arn.Resource; the pattern `*` alone matches an action without a resource,
// whose resource is `*`. Condition: see package condition. Principal: only in
// resource-based, endpoint and resource control policies. What a value of an
// Allow names decides how strong the Allow is:
//
//	"*"                              direct    everybody
//	a user, a session, a service,    direct    exactly this caller
//	a federated identity's provider
//	a role                           entity    every session of the role
//	a user                           entity    a federated session that the user made
//	an account, its root             account   every principal of the account
//
// # How the answer is found
//
//  1. If any policy in force has a Deny statement that applies: explicit deny.
//  2. If SCPs are in force for the principal, every level (root, each OU, account)
//     must have an Allow that applies. RCPs only deny: at each of their levels an
//     Allow for everything is attached.
//  3. If the request came through a VPC endpoint, its policy must allow.
//  4. Anonymous callers need a resource-based Allow for "*"; AWS services and
//     federated identities need a resource-based Allow, no more.
//  5. Within one account, a direct Allow of the resource-based policy decides:
//     identity-based policies are not needed, boundary and session policy do not
//     limit it. An entity Allow needs no identity-based Allow, but boundary and
//     session policy limit it. Otherwise an identity-based Allow is needed that
//     boundary and session policy allow too. An account Allow changes nothing
//     there, except where the resource must trust the account before its
//     administrators can grant anything: roles to be assumed, and KMS keys.
//  6. Across accounts both sides must allow: the resource-based policy, at any
//     strength, and the identity-based policy, within boundary and session policy.
//
// # An example
//
// Ann (arn:aws:iam::111122223333:user/ann) reads the object report.csv in a
// bucket of her own account. Her policies:
//
//	identity   Allow s3:* on arn:aws:s3:::reports/*
//	boundary   Allow s3:Get*, s3:List* on *
//	SCP        Allow * on *; Deny s3:* unless aws:SecureTransport is true
//
// With TLS no Deny applies, the SCP's one level allows, there is no
// resource-based policy, the identity-based policy allows and so does the
// boundary: allowed. s3:PutObject is an implicit deny, because the boundary has
// no Allow for it ("because no permissions boundary allows the s3:PutObject
// action"). Without TLS everything is an explicit deny by the SCP. If the
// bucket's policy said Allow s3:PutObject to Ann's ARN, then she could write
// over TLS in spite of her boundary: the Allow is direct. If it named Bob of
// account 444455556666 instead, Bob would still need an Allow in his own
// account.
//
// # Exceptions
//
// sts:GetCallerIdentity needs no permission and cannot be denied to anybody who
// has signed; nor can sts:GetSessionToken to users. Nobody can change AWS's own
// managed policies, roles of Identity Center, or the aliases of AWS managed
// keys. The root user has neither identity-based policies nor a boundary, is
// allowed what nothing denies in its own account, and cannot assume a role. The
// management account's principals and service-linked roles are not limited by
// SCPs. A federated user's session gets nothing from its user's policies unless
// a session policy was passed.
//
// # Asking often
//
// [Decide] walks all statements. Who asks more than once about the same policies
// composes them: [Compose] makes a [Set] with an index from actions to the few
// statements that cover them, and [Set.Decide] asks only those. Usually there is
// one set for a principal, made when its policies change, and one for a resource,
// and one for the RCPs of its account; a decision takes all of them. It allocates no memory (but for policies with more than
// eight different variables in one pattern, actions with letters outside of
// ASCII, and variables with colons in the first parts of an ARN).
//
// [Set.Explain] walks the same candidates without stopping early and lists the
// statements that decided; [Set.Gaps] and [NearMisses] tell what is missing for an
// implicit deny. Time is bounded whatever patterns say: nothing backtracks over more than
// one star. An index is bounded, too, and a set that would exceed it is walked
// statement by statement, with the same answers.
//
// Policies and sets are immutable and safe for many goroutines at once, and so is
// a Context while nobody changes it. Nothing here reads a clock, a file or the
// network, and no input makes it panic.
//
// # What it leaves to others
//
// Which policies apply is for package authz to find, and so are the condition
// keys, whether RCPs cover the service, and the operations that certain kinds
// of sessions can never call. A document that cannot be used as the kind of
// policy it is given as (an identity-based policy that names a principal, say)
// makes every decision a deny, with a Fault.
package eval
