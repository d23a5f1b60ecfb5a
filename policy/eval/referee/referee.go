// Package referee decides requests slowly and obviously, to check package eval.
//
// It is written a second time from the rules, as plainly as they allow, and
// shares nothing with eval but the parsed documents: patterns are matched by
// their recursive definition, numbers are fractions, dates are tried layout by
// layout. Nothing is compiled or kept. Use it in tests only.
//
// A [Case] is a question in the form of the command `keyreeve decide`. Package
// eval's tests ask both, the cases of their testdata and random ones.
package referee

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/policy"
)

// Case is a question. Absent lists mean that there is no such policy.
type Case struct {
	Principal  string // an ARN, a host name, a provider, or "anonymous"
	Issuer     string // the user that made a federated user's session
	Federated  bool   // a host name is that of an identity provider
	Management bool   // the principal's account is the management account
	Linked     bool   // the principal is a service-linked role

	Action, Resource, Owner string
	OwnerManagement         bool

	Context map[string][]string
	Multi   []string // keys that can have several values

	Identity, Boundary, Session, Endpoint []*policy.Document
	ResourcePolicy                        *policy.Document
	SCPs, RCPs                            [][]*policy.Document
}

const (
	allowed  = "allowed"
	implicit = "implicitDeny"
	explicit = "explicitDeny"
)

// Decide answers with the words of the policy simulator.
func Decide(c *Case) string {
	who := c.who()
	action := strings.ToLower(c.Action)
	signed := who == "root" || who == "user" || who == "session" || who == "federated"
	if action == "sts:getcalleridentity" && signed {
		return allowed
	}
	if action == "sts:getsessiontoken" && (who == "root" || who == "user") {
		return allowed
	}

	scps, rcps := c.SCPs, c.RCPs
	linked := c.Linked && signed
	if !signed || c.Management || linked {
		scps = nil
	}
	if c.OwnerManagement || linked {
		rcps = nil
	}
	identity, boundary, session := c.Identity, c.Boundary, c.Session
	if who == "root" {
		identity, boundary = nil, nil
	}
	if !signed {
		identity, boundary, session = nil, nil, nil
	}
	var resource []*policy.Document
	if c.ResourcePolicy != nil {
		resource = []*policy.Document{c.ResourcePolicy}
	}

	for _, set := range []struct {
		kind string
		docs []*policy.Document
	}{
		{"scp", slices.Concat(scps...)}, {"rcp", slices.Concat(rcps...)}, {"endpoint", c.Endpoint},
		{"resource", resource}, {"identity", identity}, {"boundary", boundary}, {"session", session},
	} {
		if len(c.applying(policy.Deny, set.kind, set.docs)) > 0 {
			return explicit
		}
	}
	if c.reserved(action) {
		return implicit
	}
	for _, level := range scps {
		if !c.allows("scp", level) {
			return implicit
		}
	}
	if len(c.Endpoint) > 0 && !c.allows("endpoint", c.Endpoint) {
		return implicit
	}

	grants := c.applying(policy.Allow, "resource", resource)
	if who == "anonymous" {
		for _, s := range grants {
			if !s.Principal.Not && slices.ContainsFunc(s.Principal.Values, func(v policy.PrincipalValue) bool {
				return v.Type == policy.AWS && v.Value == "*"
			}) {
				return allowed
			}
		}
		return implicit
	}
	if !signed {
		return verdict(len(grants) > 0)
	}
	trusts := c.assumesRole(action)
	if who == "root" && trusts {
		return implicit
	}
	withinBoundary := len(boundary) == 0 || c.allows("boundary", boundary)
	withinSession := c.allows("session", session)
	if len(session) == 0 {
		withinSession = who != "federated"
	}
	within := withinBoundary && withinSession
	own := who == "root" || c.allows("identity", identity)
	if c.account() != c.Owner {
		return verdict(len(grants) > 0 && own && within)
	}
	strongest := ""
	for _, s := range grants {
		switch g := c.covers(s); {
		case g == "direct":
			strongest = g
		case g == "entity" && strongest != "direct":
			strongest = g
		case g == "account" && strongest == "":
			strongest = g
		}
	}
	switch strongest {
	case "direct":
		return allowed
	case "entity":
		return verdict(within)
	case "":
		if trusts || c.usesKey(action) {
			return implicit
		}
	}
	return verdict(own && within)
}

func verdict(yes bool) string {
	if yes {
		return allowed
	}
	return implicit
}

// who is the kind of principal.
func (c *Case) who() string {
	switch p := parts(c.Principal); {
	case c.Principal == "anonymous":
		return "anonymous"
	case len(p) < 6 && c.Federated, len(p) == 6 && strings.Contains(p[5], "-provider/"):
		return "identity"
	case len(p) < 6:
		return "service"
	case p[5] == "root":
		return "root"
	case strings.HasPrefix(p[5], "user/"):
		return "user"
	case strings.HasPrefix(p[5], "federated-user/"):
		return "federated"
	}
	return "session"
}

func (c *Case) account() string { return parts(c.Principal)[4] }

// parts cuts an ARN at its first five colons.
func parts(s string) []string { return strings.SplitN(s, ":", 6) }

func (c *Case) allows(kind string, docs []*policy.Document) bool {
	return len(c.applying(policy.Allow, kind, docs)) > 0
}

// applying are the statements with the effect that apply to the request.
func (c *Case) applying(effect policy.Effect, kind string, docs []*policy.Document) []*policy.Statement {
	var out []*policy.Statement
	for _, d := range docs {
		for _, s := range d.Statements {
			if s.Effect == effect && c.applies(d, s, kind) {
				out = append(out, s)
			}
		}
	}
	return out
}

func (c *Case) applies(d *policy.Document, s *policy.Statement, kind string) bool {
	if kind == "resource" || kind == "rcp" || kind == "endpoint" {
		if c.covers(s) == "" {
			return false
		}
	}
	hit := false
	for _, v := range s.Action.Values {
		hit = hit || matchAction(v.Value, c.Action)
	}
	if hit == s.Action.Not {
		return false
	}
	if s.Resource != nil {
		hit = false
		for _, v := range s.Resource.Values {
			hit = hit || c.matchResource(v.Value, kind, d.Version.Value == "2012-10-17")
		}
		if hit == s.Resource.Not {
			return false
		}
	}
	for _, b := range s.Condition {
		for _, kv := range b.Keys {
			if !c.condition(b.Operator.Value, kv, d.Version.Value == "2012-10-17") {
				return false
			}
		}
	}
	return true
}

// covers tells how the statement names the principal: direct, entity, account
// or not at all.
func (c *Case) covers(s *policy.Statement) string {
	best := ""
	for _, v := range s.Principal.Values {
		switch g := c.names(v); {
		case g == "direct", g == "entity" && best != "direct", g == "account" && best == "":
			best = g
		}
	}
	if !s.Principal.Not {
		return best
	}
	who := c.who()
	if s.Effect == policy.Deny && len(c.Boundary) > 0 && (who == "user" || who == "session") {
		return "direct"
	}
	if best == "" {
		return "direct"
	}
	return ""
}

func (c *Case) names(v policy.PrincipalValue) string {
	who := c.who()
	if v.Type == policy.Service {
		return either(who == "service" && v.Value == c.Principal, "direct")
	}
	if v.Type == policy.Federated {
		return either(who == "identity" && v.Value == c.Principal, "direct")
	}
	if v.Type == policy.CanonicalUser {
		return ""
	}
	if v.Value == "*" {
		return "direct"
	}
	if who == "anonymous" || who == "service" || who == "identity" || strings.ContainsAny(v.Value, "*?") {
		return ""
	}
	p, me := parts(v.Value), parts(c.Principal)
	if len(p) == 1 {
		return either(v.Value == me[4], "account")
	}
	if len(p) < 6 || p[1] != me[1] || p[4] != me[4] {
		return ""
	}
	if p[5] == "root" {
		return either(true, "account")
	}
	if v.Value == c.Principal && !strings.HasPrefix(p[5], "role/") {
		return "direct"
	}
	if strings.HasPrefix(p[5], "user/") {
		return either(who == "federated" && c.Issuer == v.Value, "entity")
	}
	if strings.HasPrefix(p[5], "role/") && who == "session" {
		path := strings.Split(p[5], "/")
		mine := strings.Split(me[5], "/")
		name := mine[1] // assumed-role/NAME/SESSION
		if mine[0] == "role" {
			name = mine[len(mine)-1]
		}
		return either(path[len(path)-1] == name, "entity")
	}
	return ""
}

func either(yes bool, g string) string {
	if yes {
		return g
	}
	return ""
}

// assumesRole and usesKey are the two cases in which the resource must trust.
func (c *Case) assumesRole(action string) bool {
	p := parts(c.Resource)
	return len(p) == 6 && p[0] == "arn" && p[2] == "iam" && strings.HasPrefix(p[5], "role/") &&
		slices.Contains([]string{"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity",
			"sts:tagsession", "sts:setsourceidentity", "sts:setcontext"}, action)
}

func (c *Case) usesKey(action string) bool {
	p := parts(c.Resource)
	return len(p) == 6 && p[0] == "arn" && p[2] == "kms" && strings.HasPrefix(p[5], "key/") && strings.HasPrefix(action, "kms:")
}

// reserved are the changes that nobody can make.
func (c *Case) reserved(action string) bool {
	p := parts(c.Resource)
	if len(p) < 6 || p[0] != "arn" {
		return false
	}
	service, name, _ := strings.Cut(action, ":")
	switch {
	case p[2] == "iam" && p[4] == "aws" && strings.HasPrefix(p[5], "policy/"):
		return service == "iam" && slices.Contains(strings.Fields(
			"createpolicy deletepolicy createpolicyversion deletepolicyversion setdefaultpolicyversion tagpolicy untagpolicy"), name)
	case p[2] == "iam" && strings.HasPrefix(p[5], "role/aws-reserved/"):
		return service == "iam" && slices.Contains(strings.Fields(
			"passrole createrole deleterole updaterole updateroledescription updateassumerolepolicy attachrolepolicy detachrolepolicy"+
				" putrolepolicy deleterolepolicy putrolepermissionsboundary deleterolepermissionsboundary tagrole untagrole"), name)
	case p[2] == "kms" && strings.HasPrefix(p[5], "alias/aws/"):
		return service == "kms" && slices.Contains(strings.Fields("createalias deletealias updatealias"), name)
	}
	return false
}
