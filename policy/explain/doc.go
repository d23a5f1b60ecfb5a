// Package explain says a decision in words: why it was made, and for a denial what
// is missing and what to change, as somebody would say it who knows the policies.
//
// # Vocabulary
//
// A decision comes from policy/eval with the statements that made it. For a denial
// without a Deny there are gaps, the places where an Allow is missing, and in them
// near misses, the Allow statements that came nearest. Here each becomes a sentence
// about the statement: "allows s3:GetObject on arn:aws:s3:::photos/public/*, not on
// arn:aws:s3:::photos/1.jpg". A hint beside it says what to change, or how something
// works that is easily got wrong: which type of resource an action acts on, which
// credentials carry a condition key.
//
// # Guarantees
//
// Nothing is said that the engine did not find out, or that the catalog does not say.
// What a near miss names is all that is wrong with its statement, and no less; tests
// of policy/eval repair it and ask again.
//
// The texts are for administrators: they tell what policies say. A caller who is
// refused gets [eval.Decision.Message]. What a policy wants of a key whose values
// people use as passwords (sts:ExternalId, aws:Referer, and tags that are called so)
// is not repeated even here; it stands in the policy.
//
// # What it leaves to others
//
// Where policies are from, and what is done with the texts: they have no colours and
// no line breaks.
package explain
