package eval

import (
	"strings"

	"github.com/keyreeve/keyreeve/arn"
)

// trust tells how the resource-based policy of a resource is special.
type trust uint8

const (
	ordinary trust = iota
	roleTrust
	explicitTrust
)

// class is what is special about an action.
type class uint8

const (
	plain          class = iota
	callerIdentity       // open to every signed caller
	sessionToken         // open to users
	assumes              // evaluated on a role, by its trust policy
	writesPolicy         // nobody changes AWS's own
	writesRole           // nobody changes those of Identity Center
	usesKey              // of kms
	writesAlias          // of kms, too
)

// classOf tells it. Only three services have actions that are special.
func classOf(a *asked) class {
	if len(a.service) != 3 {
		return plain
	}
	switch [3]byte{lower(a.service[0]), lower(a.service[1]), lower(a.service[2])} {
	case [3]byte{'s', 't', 's'}:
		if c := special(a.name); c == callerIdentity || c == sessionToken || c == assumes {
			return c
		}
	case [3]byte{'i', 'a', 'm'}:
		if c := special(a.name); c == writesPolicy || c == writesRole {
			return c
		}
	case [3]byte{'k', 'm', 's'}:
		if special(a.name) == writesAlias {
			return writesAlias
		}
		return usesKey
	}
	return plain
}

// special looks a name up without regard to case.
func special(name string) class {
	var buf [32]byte
	if len(name) > len(buf) {
		return plain
	}
	for i := range len(name) {
		buf[i] = lower(name[i])
	}
	switch string(buf[:len(name)]) {
	case "getcalleridentity":
		return callerIdentity
	case "getsessiontoken":
		return sessionToken
	case "assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession", "setsourceidentity", "setcontext":
		return assumes
	case "createpolicy", "deletepolicy", "createpolicyversion", "deletepolicyversion",
		"setdefaultpolicyversion", "tagpolicy", "untagpolicy":
		return writesPolicy
	case "createrole", "deleterole", "updaterole", "updateroledescription", "updateassumerolepolicy",
		"attachrolepolicy", "detachrolepolicy", "putrolepolicy", "deleterolepolicy",
		"putrolepermissionsboundary", "deleterolepermissionsboundary", "tagrole", "untagrole", "passrole":
		return writesRole
	case "createalias", "deletealias", "updatealias":
		return writesAlias
	}
	return plain
}

// trustOf tells it from the action's class and the resource.
func trustOf(c class, resource string) trust {
	switch {
	case c == assumes && isResource(resource, "iam", "role/"):
		return roleTrust
	case (c == usesKey || c == writesAlias) && isResource(resource, "kms", "key/"):
		return explicitTrust
	}
	return ordinary
}

// isResource reports whether an ARN is of the service and begins with prefix in
// its resource part.
func isResource(resource, service, prefix string) bool {
	if !strings.Contains(resource, prefix) {
		return false // most are not, and need not be taken apart
	}
	a, err := arn.Parse(resource)
	return err == nil && a.Service == service && strings.HasPrefix(a.Resource, prefix)
}

// noPermissionNeeded are operations that authenticate and do nothing else: they
// are open to every signed caller (GetSessionToken to users) and a Deny has no
// effect on them.
func noPermissionNeeded(c class, p *Principal) bool {
	switch c {
	case callerIdentity:
		return p.inAccount()
	case sessionToken:
		return p.Kind == User || p.Kind == Root
	}
	return false
}

// neverAllowed reports whether AWS reserves a change of the resource to itself.
func neverAllowed(c class, resource string) bool {
	switch c {
	case writesPolicy:
		if !strings.Contains(resource, ":aws:policy/") {
			return false
		}
		a, err := arn.Parse(resource)
		return err == nil && a.Service == "iam" && a.Account == "aws" && strings.HasPrefix(a.Resource, "policy/")
	case writesRole:
		return isResource(resource, "iam", "role/aws-reserved/")
	case writesAlias:
		return isResource(resource, "kms", "alias/aws/")
	}
	return false
}
