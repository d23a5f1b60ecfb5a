package engine

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"

	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

// casbinLoaded is Casbin with an enforcer for each part that policies play: one
// for all denials, which comes first, one for what identity-based policies grant, one for
// what the resource's policy grants, one for each limit. So each can stop at the first
// rule that matches. IAM policies are roles, which users and groups have.
//
// A rule has one pattern of actions and one of resources; the matcher compares the action first, which
// most rules fail at. Variables and conditions, which the language does not have, are
// functions in Go, made when policies are loaded.
type casbinLoaded struct {
	w                          *workload.Workload
	denies, identity, resource *casbin.Enforcer
	limits                     []*casbin.Enforcer
	functions                  *casbinFunctions
}

const casbinModel = `
[request_definition]
r = sub, act, obj, ctx
[policy_definition]
p = sub, act, obj, cond, eft
[role_definition]
g = _, _
[policy_effect]
e = %s
[matchers]
m = %s
`

const (
	allowEffect = "some(where (p.eft == allow))"
	denyEffect  = "!some(where (p.eft == deny))"
)

// casbinRule is a rule and who it is for: an IAM policy, or ARNs.
type casbinRule struct {
	rule
	subjects []string
}

func loadCasbin(w *workload.Workload) (Loaded, error) {
	c := &casbinLoaded{w: w, functions: &casbinFunctions{resources: map[string]resourceFunc{}, tests: map[string]testFunc{}}}
	var identity, denies []casbinRule
	limiting := map[int]bool{}
	for n := range w.Policies {
		all, err := rules(w, []int{n})
		if err != nil {
			return nil, err
		}
		limiting[n] = !grants(w, n)
		for _, r := range all {
			ruled := casbinRule{r, []string{policyRole(n)}}
			switch {
			case r.deny && n == w.Resource:
				return nil, fmt.Errorf("%w: a Deny of a resource-based policy", ErrCannot)
			case r.deny:
				denies = append(denies, ruled)
			case !limiting[n] && n != w.Resource:
				identity = append(identity, ruled)
			}
		}
	}
	var err error
	if c.denies, err = c.enforcer(denies, denyEffect, true); err != nil {
		return nil, err
	}
	if c.identity, err = c.enforcer(identity, allowEffect, true); err != nil {
		return nil, err
	}
	return c, c.others()
}

func policyRole(n int) string { return "policy" + strconv.Itoa(n) }

// others makes the enforcers of a workload that has one principal with limits.
func (c *casbinLoaded) others() error {
	p := &c.w.Principals[0]
	if c.w.Resource < 0 && len(p.Boundary) == 0 && len(p.SCPs) == 0 {
		return nil
	}
	l, err := layered(c.w, p)
	if err != nil {
		return err
	}
	var granting []casbinRule
	for _, r := range l.resource {
		granting = append(granting, casbinRule{r, r.principals})
	}
	if c.resource, err = c.enforcer(granting, allowEffect, false); err != nil {
		return err
	}
	for _, level := range l.limits {
		var limit []casbinRule
		for _, r := range level {
			limit = append(limit, casbinRule{r, []string{p.ARN}})
		}
		e, err := c.enforcer(limit, allowEffect, false)
		if err != nil {
			return err
		}
		c.limits = append(c.limits, e)
	}
	return nil
}

// enforcer makes one of rules; their subjects are roles, or the principals themselves.
func (c *casbinLoaded) enforcer(rules []casbinRule, effect string, roles bool) (*casbin.Enforcer, error) {
	lines, err := c.lines(rules)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	matcher := []string{`keyMatch(r.act, p.act)`, `resource(r.obj, p.obj, r.ctx)`}
	if slices.ContainsFunc(rules, func(r casbinRule) bool { return len(r.tests) > 0 }) {
		matcher = append(matcher, `condition(p.cond, r.ctx)`)
	}
	if roles {
		matcher = append(matcher, `g(r.sub, p.sub)`)
	} else {
		matcher = append(matcher, `r.sub == p.sub`)
	}
	m, err := model.NewModelFromString(fmt.Sprintf(casbinModel, effect, strings.Join(matcher, " && ")))
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	e.AddFunction("resource", c.functions.resource)
	e.AddFunction("condition", c.functions.condition)
	if _, err := e.AddPolicies(lines); err != nil {
		return nil, err
	}
	if !roles {
		return e, nil
	}
	_, err = e.AddGroupingPolicies(c.roles())
	return e, err
}

// lines are the rules, one for each subject, action pattern and resource.
func (c *casbinLoaded) lines(rules []casbinRule) ([][]string, error) {
	var lines [][]string
	known := map[string]bool{}
	for _, r := range rules {
		effect := "allow"
		if r.deny {
			effect = "deny"
		}
		cond, err := c.functions.addTests(r.tests)
		if err != nil {
			return nil, err
		}
		actions := r.keys
		if r.any {
			actions = []string{"*"}
		}
		for _, p := range r.resources {
			obj, err := c.functions.addResource(p)
			if err != nil {
				return nil, err
			}
			for _, act := range actions {
				for _, sub := range r.subjects {
					line := []string{sub, act, obj, cond, effect}
					if key := fmt.Sprintf("%q", line); !known[key] {
						known[key], lines = true, append(lines, line)
					}
				}
			}
		}
	}
	return lines, nil
}

// roles are who has which policies.
func (c *casbinLoaded) roles() [][]string {
	var lines [][]string
	known := map[[2]string]bool{}
	add := func(member string, policies []int) {
		for _, n := range policies {
			if key := [2]string{member, policyRole(n)}; !known[key] {
				known[key], lines = true, append(lines, key[:])
			}
		}
	}
	for _, g := range c.w.Groups {
		add(g.Name, g.Policies)
	}
	for _, p := range c.w.Principals {
		add(p.ARN, slices.Concat(p.Policies, p.Boundary, slices.Concat(p.SCPs...)))
		for _, g := range p.Groups {
			lines = append(lines, []string{p.ARN, c.w.Groups[g].Name})
		}
	}
	return lines
}

func (c *casbinLoaded) Prepare(requests []workload.Request) (Decide, error) {
	var contexts []map[string]any
	for _, context := range c.w.Contexts {
		typed, err := facts(context)
		if err != nil {
			return nil, err
		}
		contexts = append(contexts, typed)
	}
	asked := make([][]any, len(requests))
	for i := range requests {
		r := &requests[i]
		asked[i] = []any{c.w.Principals[r.Principal].ARN, r.Action, r.Resource, contexts[r.Context]}
	}
	return func(i int) bool { return c.decide(asked[i]) }, nil
}

func (c *casbinLoaded) decide(request []any) bool {
	if c.denies != nil && !enforce(c.denies, request) {
		return false
	}
	for _, limit := range c.limits {
		if !enforce(limit, request) {
			return false
		}
	}
	return c.resource != nil && enforce(c.resource, request) || c.identity != nil && enforce(c.identity, request)
}

func enforce(e *casbin.Enforcer, request []any) bool {
	ok, err := e.Enforce(request...)
	if err != nil {
		panic(err) // the rules are ours, and checked
	}
	return ok
}

type (
	resourceFunc func(resource string, context map[string]any) bool
	testFunc     func(context map[string]any) bool
)

// casbinFunctions are patterns and conditions by what stands in the rules.
type casbinFunctions struct {
	resources map[string]resourceFunc
	tests     map[string]testFunc
}

func (f *casbinFunctions) resource(args ...any) (any, error) {
	return f.resources[args[1].(string)](args[0].(string), args[2].(map[string]any)), nil
}

func (f *casbinFunctions) condition(args ...any) (any, error) {
	return f.tests[args[0].(string)](args[1].(map[string]any)), nil
}

func (f *casbinFunctions) addResource(p pattern) (string, error) {
	name := fmt.Sprintf("%d %s", p.shape, p.text)
	if p.shape == named {
		f.resources[name] = func(resource string, context map[string]any) bool {
			rest, ok := strings.CutPrefix(resource, p.text)
			user, _ := context["aws:username"].(string)
			return ok && strings.HasPrefix(rest, user) && strings.HasPrefix(rest[len(user):], "/")
		}
		return name, nil
	}
	if strings.Contains(p.text, "$") {
		return "", fmt.Errorf("%w: a variable among stars", ErrCannot)
	}
	match := matcher(p, true)
	f.resources[name] = func(resource string, _ map[string]any) bool { return match(resource) }
	return name, nil
}

// addTests makes one function of all conditions of a rule.
func (f *casbinFunctions) addTests(tests []test) (string, error) {
	name := fmt.Sprint(tests)
	var all []testFunc
	for _, t := range tests {
		one, err := goTest(t)
		if err != nil {
			return "", err
		}
		all = append(all, one)
	}
	f.tests[name] = func(context map[string]any) bool {
		for _, holds := range all {
			if !holds(context) {
				return false
			}
		}
		return true
	}
	return name, nil
}

// goTest is a condition in Go.
func goTest(t test) (testFunc, error) {
	if t.operator == "Null" {
		return func(context map[string]any) bool {
			_, there := context[t.key]
			return there != (t.values[0] == "true")
		}, nil
	}
	var any []func(v any, context map[string]any) bool
	for _, want := range t.values {
		one, err := goValue(t.operator, want)
		if err != nil {
			return nil, err
		}
		any = append(any, one)
	}
	return func(context map[string]interface{}) bool {
		v, there := context[t.key]
		for _, fits := range any {
			if there && fits(v, context) {
				return true
			}
		}
		return false
	}, nil
}

func goValue(operator, want string) (func(v any, context map[string]any) bool, error) {
	switch operator {
	case "Bool":
		return func(v any, _ map[string]any) bool { return v == (want == "true") }, nil
	case "IpAddress":
		network, err := netip.ParsePrefix(want)
		return func(v any, _ map[string]any) bool { a, ok := v.(netip.Addr); return ok && network.Contains(a) }, err
	case "StringEquals":
		if want == username {
			return func(v any, context map[string]any) bool { return v == context["aws:username"] }, nil
		}
		return func(v any, _ map[string]any) bool { return v == want }, nil
	case "StringLike", "ArnLike":
		match := matcher(newPattern(want), operator == "ArnLike")
		return func(v any, _ map[string]any) bool { s, ok := v.(string); return ok && match(s) }, nil
	case "DateGreaterThan":
		at, err := time.Parse(time.RFC3339, want)
		return func(v any, _ map[string]any) bool { d, ok := v.(time.Time); return ok && d.After(at) }, err
	case "NumericLessThan":
		most, err := strconv.ParseInt(want, 10, 64)
		return func(v any, _ map[string]any) bool { n, ok := v.(int64); return ok && n < most }, err
	}
	return nil, fmt.Errorf("%w: operator %s", ErrCannot, operator)
}
