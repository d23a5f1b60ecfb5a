// Package arn reads, prints and matches Amazon Resource Names.
//
// An ARN names a resource with six parts, separated by the first five colons;
// the last part may hold colons of its own:
//
//	arn : partition : service : region : account : resource
//
// Policies do not name resources one by one but with patterns. Two wildcards
// exist everywhere that patterns do: `*` stands for any run of characters, also
// an empty one, and `?` for exactly one character (a Unicode character, not a
// byte). There are no character classes and no escapes, so every other
// character stands for itself. What a wildcard may run over depends on the
// place, and each place has a type here:
//
//   - [Glob] is plain text with wildcards: actions, StringLike.
//   - [Like] is the pattern of ArnLike and ArnEquals: six parts, each on its own.
//   - [Resource] is the pattern of a statement's Resource element, where a `*`
//     that ends its part may run on over colons.
//
// Patterns are given as tokens, because what is a wildcard and what is text is
// not always visible in the finished text: a policy variable's value may hold a
// star which is no wildcard. A [Hole] token stands for such a value, which is
// passed in when matching.
//
// Matching never backtracks over more than one star: time is bounded by the
// product of the two lengths and in practice close to their sum, whatever the
// pattern. The package knows nothing of which services or resources exist.
package arn

import (
	"errors"
	"strings"
)

// ARN is an Amazon Resource Name in its parts. Parts may be empty, and any but
// the first few are so in many real ARNs.
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// ErrMalformed says that a text is no ARN.
var ErrMalformed = errors.New("not an ARN: six parts separated by colons, the first of them arn")

// Parse splits an ARN into its parts. It asks for the shape only: the word arn
// and five colons.
func Parse(s string) (ARN, error) {
	p, ok := split(s)
	if !ok || p[0] != "arn" {
		return ARN{}, ErrMalformed
	}
	return ARN{Partition: p[1], Service: p[2], Region: p[3], Account: p[4], Resource: p[5]}, nil
}

// String joins the parts: what Parse accepted is printed as it was.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// split cuts s at its first five colons.
func split(s string) (parts [6]string, ok bool) {
	for i := range 5 {
		head, tail, found := strings.Cut(s, ":")
		if !found {
			return parts, false
		}
		parts[i], s = head, tail
	}
	parts[5] = s
	return parts, true
}
