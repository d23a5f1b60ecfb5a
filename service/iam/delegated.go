package iam

import (
	"fmt"
	"strings"

	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/service"
)

// covers tells whether the caller may itself what a policy allows: ALLOWED, DENIED, or
// UNSURE where that cannot be told from single questions, as of wildcards and
// conditions. It is an approximation, as AWS says of its own.
func covers(c *service.Call, text string) string {
	doc, err := policy.Parse(text)
	if err != nil {
		return "UNSURE"
	}
	result := "ALLOWED"
	for _, s := range doc.Statements {
		if s.Effect != policy.Allow {
			continue
		}
		if len(s.Condition) > 0 || s.Action == nil || s.Action.Not || s.Resource == nil || s.Resource.Not {
			result = "UNSURE"
			continue
		}
		for _, action := range s.Action.Values {
			for _, resource := range s.Resource.Values {
				exact := !strings.ContainsAny(action.Value+resource.Value, "*?$")
				d := c.Tools.Authorizer.Check(c.World, &c.Caller, authz.Target{Action: action.Value, Resource: resource.Value, Account: c.Caller.Account}, c.Now)
				switch {
				case exact && !d.Allowed():
					return "DENIED"
				case !exact:
					result = "UNSURE"
				}
			}
		}
	}
	return result
}

// inSentences tells a policy, a line for each statement.
func inSentences(text string) string {
	doc, err := policy.Parse(text)
	if err != nil {
		return "Its policy cannot be read."
	}
	var b strings.Builder
	for _, s := range doc.Statements {
		verb := "It may"
		if s.Effect == policy.Deny {
			verb = "It may not"
		}
		fmt.Fprintf(&b, "%s use %s on %s", verb, listed(s.Action, "action"), listed(s.Resource, "resource"))
		for i, block := range s.Condition {
			for j, k := range block.Keys {
				word := " if "
				if i+j > 0 {
					word = " and "
				}
				fmt.Fprintf(&b, "%s%s meets %s %s", word, k.Key.Value, block.Operator.Value, joined(k.Values))
			}
		}
		b.WriteString(".\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func listed(l *policy.List, what string) string {
	switch {
	case l == nil:
		return "no " + what
	case l.Not:
		return "every " + what + " but " + joined(l.Values)
	}
	return joined(l.Values)
}

func joined(values []policy.Text) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.Value
	}
	return strings.Join(texts, ", ")
}
