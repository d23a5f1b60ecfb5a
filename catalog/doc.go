// Package catalog is what AWS publishes about IAM, as data: which actions,
// resource types and condition keys its services have, which managed policies
// it keeps, which roles it links to services, and which regions there are.
//
// # Vocabulary
//
// A service has a prefix, which starts the names of its actions: iam in
// iam:CreateUser. An [Action] has an access level and acts on resource types,
// each of which is required or not. A [ResourceType] has an ARN pattern with
// holes such as ${Account}. A [ConditionKey] is a fact about a request that a
// policy can test; a global one (most start with aws:) exists for requests of
// any service. Keys may have a hole too, aws:PrincipalTag/${TagKey}. AWS's
// pages spell this hole ${TagKey}, <key> or tag-key; here it is always
// ${TagKey}. A key is multivalued if a request may carry several values for it,
// which a policy has to meet with a set operator.
//
// An AWS managed policy belongs to no account and can be attached in every one,
// except those below the path /aws-service-role/, which only service-linked
// roles bear. It is known here in its default version only, and with the text
// that AWS publishes for the partition aws; what AWS's other partitions replace
// in it is not published and hence not replaced.
//
// # Releases
//
// The data comes in releases. A [Release] is immutable: a deployment records
// which one its decisions rest on, and a newer binary goes on using that one
// until the newer release is adopted. Therefore old releases stay in the binary
// beside the new one, and a decision made today can be explained next year.
//
// # Guarantees
//
// All is safe for concurrent use and nothing ever changes. The slices in
// returned values are shared: append to them, but do not write to them. Names of
// services, actions, resource types and condition keys are found ignoring case,
// as IAM compares them, and given back in AWS's spelling. ARNs and regions are
// compared exactly.
//
// What is not in the catalog is not found; nothing is guessed, so a caller
// denies what it cannot find. Data that does not decode is a broken build, which
// is a panic and not an absent policy: absence of a policy with a Deny in it
// would allow.
//
// Opening a release reads a few lines. An index is parsed when it is first asked
// for, a document or service inflated when it is first asked for.
//
// # Layout
//
// The folder data/RELEASE holds tables, whose cells are separated by tabs, and
// two packs. A place in a pack is "piece offset length".
//
//	release.tsv               id, counts, origins and digests of the files below
//	policies.tsv              name, path, id, default version, created, updated, place
//	services.tsv              prefix, name, place
//	keys.tsv                  condition key, type, service, category if global
//	partitions.tsv            name, DNS suffix, global region, region pattern, regions
//	service_linked_roles.tsv  principal, role, policy, flags
//
// A pack is records cut into pieces, each compressed alone:
//
//	pack   = count { size rawSize } { piece }    ; unsigned 32 bits, big endian
//	piece  = raw DEFLATE of records, end to end
//
// A record of policies.pack is a policy document. One of services.pack is a
// table of its own, in which condition keys and resource types are numbered
// from 0 in the order of their lines, and "-" is an empty cell:
//
//	service   prefix  name  rcp
//	key       name  type
//	resource  name  arn  keys
//	action    name  level  keys  uses
//
//	keys = number { " " number }
//	uses = use { " " use }
//	use  = number [ "!" ] [ "=" number { "," number } ]    ; ! is required
//
// # What it leaves to others
//
// It decides nothing and validates nothing: package policy does, with what it
// finds here. The keys of identity providers (accounts.google.com:aud) are known
// for the providers that AWS lists; those of a provider that an account has
// registered are the account's. Services that operators add to AWS's belong to a
// deployment's state.
package catalog

// The sources are public; the command in gen says which they are and where they
// come from. CATALOG_SOURCES is the folder that holds them.
//
//go:generate go run ./gen -release 2026-09-26 -from $CATALOG_SOURCES -roles gen/service_linked_roles.tsv -out data
