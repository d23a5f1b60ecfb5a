package posture

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy"
)

// applied is a permissions policy that is in use.
type applied struct {
	resource string // ARN of the managed policy, or of who has the inline policy
	name     string
	whose    string // who has it, for people
	aws      bool
	doc      *policy.Document
	remove   string // the command that takes it away from one who has it
}

// policies visits the policies that users, groups and roles have: each managed one
// once, then the inline ones.
func (s *subject) policies(each func(applied)) {
	managed := func(p identity.ManagedPolicy) {
		owners := s.AttachedTo(p.ARN)
		// What service-linked roles have is the service's own affair.
		owners = slices.DeleteFunc(owners, identity.Owner.ServiceLinked)
		if len(owners) == 0 {
			return
		}
		names := make([]string, len(owners))
		for i, o := range owners {
			names[i] = o.Type + " " + o.Name
		}
		o := owners[0]
		each(applied{
			resource: p.ARN, name: p.Name, whose: "attached to " + list(names), aws: p.AWS, doc: s.CompiledPolicy(p.ARN).Document(),
			remove: "aws iam detach-" + o.Type + "-policy --" + o.Type + "-name " + o.Name + " --policy-arn " + p.ARN,
		})
	}
	for _, p := range s.CustomerPolicies("") {
		managed(p)
	}
	for p := range s.AWSPolicies() {
		managed(p)
	}
	s.owners(func(o identity.Owner) {
		for _, p := range s.InlinePolicies(o) {
			doc, err := policy.Parse(p.Document)
			if err != nil {
				continue // it denies everything
			}
			each(applied{
				resource: s.OwnerARN(o), name: p.Name, whose: "inline policy of " + o.Type + " " + o.Name, doc: doc,
				remove: "aws iam delete-" + o.Type + "-policy --" + o.Type + "-name " + o.Name + " --policy-name " + p.Name,
			})
		}
	})
}

// owners visits all who can have policies, but service-linked roles.
func (s *subject) owners(each func(identity.Owner)) {
	for _, u := range s.Users("/", "") {
		each(identity.UserAsOwner(u))
	}
	for _, g := range s.Groups("/", "") {
		each(identity.GroupAsOwner(g))
	}
	for _, r := range s.Roles("/", "") {
		if r.ServiceName == "" {
			each(identity.RoleAsOwner(r))
		}
	}
}

// statements finds the policies with a statement that allows something in a way.
func (s *subject) statements(bad func(applied, *policy.Statement) (evidence, mend string)) (found []Finding) {
	s.policies(func(p applied) {
		for i := range p.doc.Statements {
			st := p.doc.Statements[i]
			if st.Effect != policy.Allow {
				continue
			}
			evidence, mend := bad(p, st)
			if evidence == "" {
				continue
			}
			found = append(found, Finding{
				Resource: p.resource,
				Evidence: p.name + ", " + statementName(st) + ": " + evidence + "; " + p.whose,
				Mend:     mend,
			})
		}
	})
	return found
}

func statementName(st *policy.Statement) string {
	if st.Sid != nil && st.Sid.Value != "" {
		return "statement " + st.Sid.Value
	}
	return "line " + strconv.Itoa(st.Begin.Line)
}

// everything tells whether a list of actions, which is not negated, holds a pattern
// that every action matches.
func everything(l *policy.List) bool {
	return l != nil && !l.Not && slices.ContainsFunc(l.Values, func(t policy.Text) bool {
		service, name, two := strings.Cut(t.Value, ":")
		return onlyStars(service) && (!two || onlyStars(name))
	})
}

func onlyStars(s string) bool { return s != "" && strings.Trim(s, "*") == "" }

// names tells whether a list that is not negated has a pattern that an action
// matches, other than one that every action matches.
func names(l *policy.List, service, name string) bool {
	return l != nil && !l.Not && slices.ContainsFunc(l.Values, func(t policy.Text) bool {
		s, n, ok := strings.Cut(strings.ToLower(t.Value), ":")
		if !ok || onlyStars(s) && onlyStars(n) {
			return false
		}
		of, action := arn.NewFold(s), arn.NewFold(n)
		return of.Match(service) && action.Match(name)
	})
}

// everywhere tells whether a statement is for every resource, or all but some, and
// in which words.
func everywhere(st *policy.Statement) (string, bool) {
	if st.Resource == nil {
		return "", false
	}
	if st.Resource.Not {
		return "all but those of NotResource", true
	}
	return "*", slices.ContainsFunc(st.Resource.Values, func(v policy.Text) bool { return everyARN(v.Value) })
}

// everyARN tells whether a pattern is for the resources of every service: "*",
// "arn:*", "arn:aws:*" and the like.
func everyARN(pattern string) bool {
	parts := strings.Split(pattern, ":")
	if parts[0] == "arn" {
		parts = parts[1:]
		if len(parts) > 1 { // a partition
			parts = parts[1:]
		}
	}
	return !slices.ContainsFunc(parts, func(part string) bool { return !onlyStars(part) })
}

func fullAdmin(s *subject) []Finding {
	return s.statements(func(p applied, st *policy.Statement) (string, string) {
		where, ok := everywhere(st)
		if !ok || !everything(st.Action) || len(st.Condition) > 0 {
			return "", ""
		}
		return "allows * on " + where, p.remove
	})
}

func serviceAdmin(s *subject) []Finding {
	return s.statements(func(p applied, st *policy.Statement) (string, string) {
		where, ok := everywhere(st)
		if !ok || p.aws || st.Action == nil || st.Action.Not || len(st.Condition) > 0 {
			return "", ""
		}
		var services []string
		for _, a := range st.Action.Values {
			if service, name, _ := strings.Cut(a.Value, ":"); onlyStars(name) && !onlyStars(service) {
				services = append(services, a.Value)
			}
		}
		if len(services) == 0 {
			return "", ""
		}
		return "allows " + list(services) + " on " + where, "name the actions that are needed: aws iam generate-service-last-accessed-details --granularity ACTION_LEVEL --arn " + p.resource
	})
}

func allowNotAction(s *subject) []Finding {
	return s.statements(func(p applied, st *policy.Statement) (string, string) {
		if p.aws || st.Action == nil || !st.Action.Not {
			return "", ""
		}
		return "allows all actions but those of NotAction", "write Action with the actions that are needed"
	})
}

func passAnyRole(s *subject) []Finding {
	return s.statements(func(p applied, st *policy.Statement) (string, string) {
		if p.aws || !names(st.Action, "iam", "passrole") || !s.anyRole(st) || holds(st, isOne([]string{"iam:passedtoservice", "iam:associatedresourcearn"})) {
			return "", ""
		}
		return "allows iam:PassRole for every role", "write the ARNs of the roles as the Resource of iam:PassRole"
	})
}

// anyRole tells whether a statement is for all roles of the account.
func (s *subject) anyRole(st *policy.Statement) bool {
	if _, ok := everywhere(st); ok {
		return true
	}
	return st.Resource != nil && slices.ContainsFunc(st.Resource.Values, func(v policy.Text) bool {
		return v.Value == s.CollectionARN("role")+"*" || v.Value == "arn:"+s.Partition+":iam::*:role/*" || v.Value == "arn:*:iam::*:role/*"
	})
}

func userPolicies(s *subject) (found []Finding) {
	for _, u := range s.Users("/", "") {
		o := identity.UserAsOwner(u)
		for _, p := range s.Attached(o) {
			found = append(found, Finding{
				Resource: s.UserARN(u), Evidence: "the policy " + p.Name + " is attached",
				Mend: "aws iam attach-group-policy --group-name GROUP --policy-arn " + p.ARN + ", then aws iam detach-user-policy --user-name " + u.Name + " --policy-arn " + p.ARN,
			})
		}
		for _, p := range s.InlinePolicies(o) {
			found = append(found, Finding{
				Resource: s.UserARN(u), Evidence: "the inline policy " + p.Name,
				Mend: "aws iam put-group-policy --group-name GROUP --policy-name " + p.Name + " with the same document, then aws iam delete-user-policy --user-name " + u.Name + " --policy-name " + p.Name,
			})
		}
	}
	return found
}
