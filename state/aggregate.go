package state

import (
	"cmp"
	"strings"
)

// AggregateType is one of the three kinds of aggregate.
type AggregateType uint8

// The three kinds of aggregate.
const (
	AccountAggregate AggregateType = iota + 1
	OrganizationAggregate
	DeploymentAggregate
)

// AggregateID names an aggregate: "account/111122223333",
// "organization/o-exampleorgid" or "deployment". Two of the same aggregate are
// equal, and the zero one names none.
type AggregateID struct {
	of   AggregateType
	name string
}

// Deployment is the one aggregate that knows of all others.
var Deployment = AggregateID{of: DeploymentAggregate}

// Account is the aggregate of the account with a 12-digit number.
func Account(number string) AggregateID { return AggregateID{AccountAggregate, number} }

// Organization is the aggregate of the organization with an id.
func Organization(id string) AggregateID { return AggregateID{OrganizationAggregate, id} }

// ParseAggregateID reads what [AggregateID.String] writes. It gives the zero id for
// other texts.
func ParseAggregateID(text string) AggregateID {
	if text == "deployment" {
		return Deployment
	}
	kind, name, _ := strings.Cut(text, "/")
	switch kind {
	case "account":
		return Account(name)
	case "organization":
		return Organization(name)
	}
	return AggregateID{}
}

// String is the id as one text.
func (id AggregateID) String() string {
	switch id.of {
	case DeploymentAggregate:
		return "deployment"
	case AccountAggregate:
		return "account/" + id.name
	case OrganizationAggregate:
		return "organization/" + id.name
	}
	return "no aggregate"
}

// Type tells which kind of aggregate id names; it is zero for none of the three.
func (id AggregateID) Type() AggregateType { return id.of }

// Name is the account number or the organization's id.
func (id AggregateID) Name() string { return id.name }

// Compare orders ids by their texts.
func (id AggregateID) Compare(other AggregateID) int {
	return cmp.Or(strings.Compare(aggregateOrder[id.of], aggregateOrder[other.of]), strings.Compare(id.name, other.name))
}

// aggregateOrder has what the texts of ids begin with.
var aggregateOrder = [...]string{AccountAggregate: "account", OrganizationAggregate: "organization", DeploymentAggregate: "deployment"}

// separator stands between the parts of a composite key. It sorts before every
// character that a name may have, so that all keys below one prefix are
// neighbours, and no name holds it.
const separator = "\x1f"

// Key joins parts to a composite key. Parts that are names ignoring case are to
// be folded by the caller.
func Key(parts ...string) string { return strings.Join(parts, separator) }

// KeyPrefix is what all composite keys that begin with these parts, and have at
// least one more, begin with.
func KeyPrefix(parts ...string) string { return strings.Join(parts, separator) + separator }

// KeyParts takes a composite key apart.
func KeyParts(key string) []string { return strings.Split(key, separator) }

// Fold is the form of a name in which two names that differ by case only are
// equal. IAM's names are ASCII; other letters stay as they are.
func Fold(name string) string {
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' {
			return foldFrom(name, i)
		}
	}
	return name
}

func foldFrom(name string, i int) string {
	b := []byte(name)
	for ; i < len(b); i++ {
		if c := b[i]; 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
