package engine

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

// rule is a statement as all engines can read it.
type rule struct {
	deny       bool
	any        bool     // every action
	actions    []string // otherwise, by name
	keys       []string // the same, where names with a beginning in common are one: "s3:Get*"
	principals []string // ARNs; only in a resource-based policy
	resources  []pattern
	tests      []test
}

// everything reports whether the rule is about all that there is.
func (r *rule) everything() bool {
	return r.any && len(r.tests) == 0 && slices.ContainsFunc(r.resources, func(p pattern) bool { return p.shape == all })
}

// shape is what kind of a pattern it is.
type shape int

const (
	all     shape = iota // everything
	prefix               // what starts with the text
	named                // what starts with the text, the user's name and a slash
	general              // the text, with wildcards
)

const username = "${aws:username}"

// pattern is a pattern of a resource, or of a condition.
type pattern struct {
	shape shape
	text  string
}

func newPattern(text string) pattern {
	wild := func(s string) bool { return strings.ContainsAny(s, "*?$") }
	if text == "*" {
		return pattern{all, ""}
	}
	if head, ok := strings.CutSuffix(text, username+"/*"); ok && !wild(head) {
		return pattern{named, head}
	}
	if head, ok := strings.CutSuffix(text, "*"); ok && !wild(head) {
		return pattern{prefix, head}
	}
	return pattern{general, text}
}

// onlyStars reports whether a general pattern needs no more than stars that match
// anything. In the first five parts of an ARN they do not match colons, unless they close
// the part.
func (p pattern) onlyStars(isARN bool) bool {
	if strings.ContainsAny(p.text, "?$") {
		return false
	}
	parts := strings.SplitN(p.text, ":", 6)
	return !isARN || len(parts) == 6 && !strings.Contains(strings.Join(parts[:5], ""), "*")
}

// expression is a regular expression of RE2 for a general pattern, in pieces between
// which the user's name stands.
func (p pattern) expression(isARN bool) []string {
	var pieces []string
	var out strings.Builder
	out.WriteString(`(?s)\A(?:`)
	parts := []string{p.text}
	if isARN {
		parts = strings.SplitN(p.text, ":", 6)
	}
	for i, part := range parts {
		if i > 0 {
			out.WriteString(":")
		}
		last := !isARN || i == 5
		open := len(strings.TrimRight(part, "*"))
		for j := 0; j < len(part); j++ {
			switch {
			case strings.HasPrefix(part[j:], username):
				pieces = append(pieces, out.String())
				out.Reset()
				j += len(username) - 1
			case part[j] == '*' && (last || j >= open):
				out.WriteString(".*")
			case part[j] == '*':
				out.WriteString("[^:]*")
			case part[j] == '?' && last:
				out.WriteString(".")
			case part[j] == '?':
				out.WriteString("[^:]")
			default:
				out.WriteString(regexp.QuoteMeta(part[j : j+1]))
			}
		}
	}
	out.WriteString(`)\z`)
	return append(pieces, out.String())
}

// test is a condition operator with a key.
type test struct {
	operator, key string
	values        []string
}

// rules reads documents of a workload.
func rules(w *workload.Workload, numbers []int) ([]rule, error) {
	var out []rule
	for _, n := range numbers {
		for _, s := range w.Policies[n].Statements {
			r, err := newRule(s)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	return out, nil
}

func newRule(s *policy.Statement) (rule, error) {
	r := rule{deny: s.Effect == policy.Deny}
	if s.Action.Not || s.Resource == nil || s.Resource.Not || s.Principal != nil && s.Principal.Not {
		return r, fmt.Errorf("%w: a negated element", ErrCannot)
	}
	for _, v := range s.Action.Values {
		r.any = r.any || v.Value == "*"
	}
	if !r.any {
		r.actions, r.keys = resolve(s.Action.Values)
	}
	for _, v := range s.Resource.Values {
		r.resources = append(r.resources, newPattern(v.Value))
	}
	if s.Principal != nil {
		for _, v := range s.Principal.Values {
			if v.Type != policy.AWS || !strings.Contains(v.Value, ":user/") && !strings.Contains(v.Value, ":role/") {
				return r, fmt.Errorf("%w: principal %s", ErrCannot, v.Value)
			}
			r.principals = append(r.principals, v.Value)
		}
	}
	for _, b := range s.Condition {
		for _, k := range b.Keys {
			t := test{operator: b.Operator.Value, key: k.Key.Value}
			for _, v := range k.Values {
				t.values = append(t.values, v.Value)
			}
			r.tests = append(r.tests, t)
		}
	}
	return r, nil
}

// resolve finds the actions that patterns cover, and patterns that need no more than
// names and beginnings in the case in which actions are spelled.
func resolve(patterns []policy.Text) (found, keys []string) {
	for _, v := range patterns {
		covers := matcher(newPattern(strings.ToLower(v.Value)), false)
		head, wild := strings.CutSuffix(v.Value, "*")
		alike := wild && !strings.ContainsAny(head, "*?")
		var covered []string
		for _, a := range workload.Actions() {
			if covers(strings.ToLower(a)) {
				covered = append(covered, a)
				alike = alike && strings.HasPrefix(a, head)
			}
		}
		found = append(found, covered...)
		if alike {
			covered = []string{v.Value}
		}
		keys = append(keys, covered...)
	}
	slices.Sort(found)
	slices.Sort(keys)
	return slices.Compact(found), slices.Compact(keys)
}

// matcher is a pattern without variables as a function.
func matcher(p pattern, isARN bool) func(string) bool {
	switch {
	case p.shape == all:
		return func(string) bool { return true }
	case p.shape == prefix:
		return func(s string) bool { return strings.HasPrefix(s, p.text) }
	case !strings.ContainsAny(p.text, "*?"):
		return func(s string) bool { return s == p.text }
	}
	return regexp.MustCompile(p.expression(isARN)[0]).MatchString
}

// layers are the parts that a workload's only principal has policies in: what grants, and what limits.
type layers struct {
	denies   []rule // of all parts
	identity []rule // Allow rules from here on
	resource []rule
	limits   [][]rule // boundary and levels of SCPs: each must allow
}

// layered splits the rules of a principal by the part that they play.
func layered(w *workload.Workload, p *workload.Principal) (*layers, error) {
	l := &layers{}
	var failed error
	allows := func(numbers []int) []rule {
		both, err := rules(w, numbers)
		if err != nil {
			failed = err
		}
		var out []rule
		for _, r := range both {
			if r.deny {
				l.denies = append(l.denies, r)
			} else {
				out = append(out, r)
			}
		}
		return out
	}
	l.identity = allows(w.Identity(p))
	if w.Resource >= 0 {
		l.resource = allows([]int{w.Resource})
		if !strings.Contains(p.ARN, ":user/") {
			return nil, fmt.Errorf("%w: a session beside a resource-based policy", ErrCannot)
		}
	}
	if limit := allows(p.Boundary); len(p.Boundary) > 0 {
		// What the resource's policy allows to a user by name is not limited by a boundary. With
		// one that allows everything that makes no difference.
		if !slices.ContainsFunc(limit, func(r rule) bool { return r.everything() }) {
			return nil, fmt.Errorf("%w: a boundary beside a resource-based policy", ErrCannot)
		}
		l.limits = append(l.limits, limit)
	}
	for _, level := range p.SCPs {
		l.limits = append(l.limits, allows(level))
	}
	return l, failed
}
