package organization

import (
	"fmt"
	"io"
	"strings"
)

// ARNs makes the ARNs of an organization and of what is in it. All of them are in the
// management account.
type ARNs struct{ Partition, Management, Organization string }

// ARNs are the ARNs of what is the organization's.
func (o Organization) ARNs(partition string) ARNs {
	return ARNs{Partition: partition, Management: o.Facts().Management, Organization: o.id}
}

func (n ARNs) arn(kind, rest string) string {
	return "arn:" + n.Partition + ":organizations::" + n.Management + ":" + kind + "/" + n.Organization + rest
}

// Itself is the ARN of the organization.
func (n ARNs) Itself() string { return n.arn("organization", "") }

// Root is the ARN of a root.
func (n ARNs) Root(id string) string { return n.arn("root", "/"+id) }

// Unit is the ARN of an organizational unit.
func (n ARNs) Unit(id string) string { return n.arn("ou", "/"+id) }

// Account is the ARN of an account, as Organizations knows it.
func (n ARNs) Account(id string) string { return n.arn("account", "/"+id) }

// Target is the ARN of what policies can be attached to: a root, a unit or an account.
func (n ARNs) Target(id string) string {
	switch {
	case isUnit(id):
		return n.Unit(id)
	case isRoot(id):
		return n.Root(id)
	}
	return n.Account(id)
}

// Policy is the ARN of a policy of a type. Those of AWS belong to no account.
func (n ARNs) Policy(policyType, id string) string {
	kind := strings.ToLower(policyType)
	if _, ok := managed[id]; ok {
		return "arn:" + n.Partition + ":organizations::aws:policy/" + kind + "/" + id
	}
	return n.arn("policy", "/"+kind+"/"+id)
}

// Handshake is the ARN of a handshake with an action, such as INVITE.
func (n ARNs) Handshake(action, id string) string {
	return n.arn("handshake", "/"+strings.ToLower(action)+"/"+id)
}

// ResourcePolicy is the ARN of the organization's resource policy.
func (n ARNs) ResourcePolicy(id string) string { return n.arn("resourcepolicy", "/"+id) }

// Transfer is the ARN of a transfer of responsibility, as one side of it has it: inbound
// for the organization that takes the responsibility, outbound for the one that gives it.
func (n ARNs) Transfer(kind, direction, id string) string {
	return n.arn("transfer", "/"+strings.ToLower(kind)+"/"+strings.ToLower(direction)+"/"+id)
}

// isUnit tells the id of a unit from that of a root and from an account number.
func isUnit(id string) bool { return strings.HasPrefix(id, "ou-") }

// isRoot tells the id of a root from that of a unit and from an account number.
func isRoot(id string) bool { return strings.HasPrefix(id, "r-") }

// How many letters and digits ids have here; the API model has the bounds.
const (
	organizationLetters = 10
	rootLetters         = 4
	unitLetters         = 8
	policyLetters       = 8
	resourceLetters     = 8
	requestLetters      = 32 // of CreateAccount
	handshakeLetters    = 32
	transferLetters     = 32
)

// NewID draws the id of a new organization.
func NewID(random io.Reader) (string, error) { return newID(random, "o-", organizationLetters) }

// newID draws an id: a prefix and n small letters and digits.
func newID(random io.Reader, prefix string, n int) (string, error) {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	id := make([]byte, 0, len(prefix)+n)
	id = append(id, prefix...)
	var b [1]byte
	for len(id) < cap(id) {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("reading randomness for an id: %w", err)
		}
		if b[0] < 7*36 { // each as often as the others
			id = append(id, letters[b[0]%36])
		}
	}
	return string(id), nil
}

// newID draws an id of something of the organization.
func (e Editor) newID(prefix string, letters int) (string, error) {
	return newID(e.Random, prefix, letters)
}
