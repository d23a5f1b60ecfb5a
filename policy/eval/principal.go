package eval

import (
	"strings"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/policy"
)

// strength is how closely an Allow of a resource-based policy names the caller.
type strength uint8

const (
	none strength = iota
	byAccount
	byEntity
	direct
)

// named is one value of a Principal element, compiled. The zero value matches
// nobody, which is what malformed values and ids of deleted entities do.
type named struct {
	kind      namedKind
	value     string // the value as written
	partition string // of accounts given as ARN, and of roles
	account   string
	role      string
}

type namedKind uint8

const (
	nobody namedKind = iota
	everybody
	account
	user
	role
	session
	service
	provider
	canonicalUser
)

func compileNamed(v policy.PrincipalValue) named {
	switch v.Type {
	case policy.Service:
		return named{kind: service, value: v.Value}
	case policy.Federated:
		return named{kind: provider, value: v.Value}
	case policy.CanonicalUser:
		return named{kind: canonicalUser, value: v.Value}
	}
	if v.Value == "*" {
		return named{kind: everybody}
	}
	if isAccount(v.Value) {
		return named{kind: account, account: v.Value}
	}
	return compileARN(v.Value)
}

func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func compileARN(value string) named {
	a, err := arn.Parse(value)
	// Wildcards in a principal's ARN are refused when it is written; a document
	// that has them all the same means nobody.
	if err != nil || a.Region != "" || strings.ContainsAny(value, "*?") {
		return named{}
	}
	n := named{value: value, partition: a.Partition, account: a.Account}
	kind, name, _ := strings.Cut(a.Resource, "/")
	switch {
	case a.Service == "iam" && a.Resource == "root":
		n.kind = account
	case name == "":
		return named{}
	case a.Service == "iam" && kind == "user":
		n.kind = user
	case a.Service == "iam" && kind == "role":
		n.kind, n.role = role, lastSegment(name)
	case a.Service == "sts" && (kind == "assumed-role" || kind == "federated-user"):
		n.kind = session
	}
	return n
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// caller is the parts of a principal's ARN, found out when they are first needed.
type caller struct {
	parsed, ok bool
	arn        arn.ARN
}

func (c *caller) parts(p *Principal) (arn.ARN, bool) {
	if !c.parsed {
		a, err := arn.Parse(p.ARN)
		c.arn, c.ok, c.parsed = a, err == nil, true
	}
	return c.arn, c.ok
}

// match tells how strongly the value names the principal.
func (n *named) match(p *Principal, c *caller) strength {
	switch n.kind {
	case everybody:
		return direct
	case account:
		return when(p.inAccount() && p.Account == n.account && n.inPartition(p, c), byAccount)
	case user:
		if p.Kind == FederatedUser {
			return when(p.Issuer == n.value, byEntity)
		}
		return when(p.Kind == User && p.ARN == n.value, direct)
	case role:
		return when(p.Kind == RoleSession && n.isRoleOf(p, c), byEntity)
	case session:
		return when((p.Kind == RoleSession || p.Kind == FederatedUser) && p.ARN == n.value, direct)
	case service:
		return when(p.Kind == Service && p.Name == n.value, direct)
	case provider:
		return when(p.Kind == FederatedIdentity && p.Name == n.value, direct)
	case canonicalUser:
		return when(p.inAccount() && p.CanonicalUser != "" && p.CanonicalUser == n.value, byAccount)
	}
	return none
}

func when(matches bool, s strength) strength {
	if matches {
		return s
	}
	return none
}

// inPartition compares partitions where an account is given by its root's ARN;
// an account id alone has none.
func (n *named) inPartition(p *Principal, c *caller) bool {
	if n.partition == "" {
		return true
	}
	a, ok := c.parts(p)
	return ok && a.Partition == n.partition
}

// isRoleOf reports whether p is a session of the role. A session's ARN does not
// have the role's path, and need not: names of roles are unique in an account.
func (n *named) isRoleOf(p *Principal, c *caller) bool {
	a, ok := c.parts(p)
	if !ok || a.Partition != n.partition || a.Account != n.account {
		return false
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	switch kind {
	case "assumed-role":
		name, _, _ = strings.Cut(name, "/")
		return name == n.role
	case "role":
		return lastSegment(name) == n.role
	}
	return false
}

// matchPrincipal tells how strongly a statement's Principal or NotPrincipal
// covers the caller.
func (s *statement) matchPrincipal(e *evaluation) strength {
	p, best := &e.req.Principal, none
	for i := range s.principals {
		best = max(best, s.principals[i].match(p, &e.who))
	}
	if !s.notPrincipal {
		return best
	}
	// Documented: a Deny with NotPrincipal hits a user or role that has a
	// permissions boundary whatever the list says.
	if s.deny && e.hasBoundary && (p.Kind == User || p.Kind == RoleSession) {
		return direct
	}
	return when(best == none, direct)
}

func (s *statement) namesEverybody() bool {
	if s.notPrincipal {
		return false
	}
	for i := range s.principals {
		if s.principals[i].kind == everybody {
			return true
		}
	}
	return false
}
