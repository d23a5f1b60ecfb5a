package engine

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/types"

	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

// cedarLoaded is Cedar with a policy set for each principal, which has just the
// policies that apply to it: the library walks over all policies of a set. In the
// other form all are in one set, and scopes say whom a policy is for.
//
// Users and sessions are entities, and so are groups and IAM policies, whose members
// are whoever has them. A policy names an action in its scope, and
// several in a condition: scopes with lists of actions, and groups of actions, take the
// library two to nine times as long. A resource is an entity with its ARN as an attribute, and, for policy variables,
// which Cedar does not have, the folder that it is in and the folder's owner.
type cedarLoaded struct {
	w        *workload.Workload
	sets     []cedarPolicies // by principal; or one for all
	entities types.EntityMap
	heads    []string // of patterns that end in a user's name
}

func loadCedar(w *workload.Workload) (Loaded, error)       { return newCedar(w, false) }
func loadCedarOneSet(w *workload.Workload) (Loaded, error) { return newCedar(w, true) }

func newCedar(w *workload.Workload, oneSet bool) (Loaded, error) {
	c := &cedarLoaded{w: w, entities: types.EntityMap{}}
	policies := make([][]*cedar.Policy, len(w.Policies))
	for n := range w.Policies {
		scope := types.EntityUID{}
		if oneSet && n != w.Resource {
			scope = policyUID(n)
		}
		var err error
		if policies[n], err = c.policies(n, scope); err != nil {
			return nil, err
		}
	}
	c.members()
	if oneSet {
		c.sets = []cedarPolicies{slices.Concat(policies...)}
	}
	for i := range w.Principals {
		p := &w.Principals[i]
		if err := c.limits(p); err != nil {
			return nil, err
		}
		if oneSet {
			continue
		}
		var own cedarPolicies
		for _, n := range applying(w, p) {
			own = append(own, policies[n]...)
		}
		c.sets = append(c.sets, own)
	}
	return c, nil
}

// cedarPolicies is policies as Authorize takes them: going through a list costs less than
// going through the library's own set.
type cedarPolicies []*cedar.Policy

// All is for Authorize.
func (all cedarPolicies) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, p := range all {
			if !yield("", p) {
				return
			}
		}
	}
}

// applying are all policies that a principal's requests are decided by.
func applying(w *workload.Workload, p *workload.Principal) []int {
	numbers := slices.Concat(w.Identity(p), p.Boundary, slices.Concat(p.SCPs...))
	if w.Resource >= 0 {
		numbers = append(numbers, w.Resource)
	}
	return numbers
}

func policyUID(n int) types.EntityUID {
	return types.NewEntityUID("Policy", types.String(strconv.Itoa(n)))
}

func principalUID(arn string) types.EntityUID {
	if strings.Contains(arn, ":user/") {
		return types.NewEntityUID("User", types.String(arn))
	}
	return types.NewEntityUID("Session", types.String(arn))
}

// members makes the entities of who has which policies.
func (c *cedarLoaded) members() {
	uids := func(numbers []int, uid func(int) types.EntityUID) []types.EntityUID {
		var all []types.EntityUID
		for _, n := range numbers {
			all = append(all, uid(n))
		}
		return all
	}
	group := func(n int) types.EntityUID { return types.NewEntityUID("Group", types.String(c.w.Groups[n].Name)) }
	for n, g := range c.w.Groups {
		c.entities[group(n)] = types.Entity{UID: group(n), Parents: types.NewEntityUIDSet(uids(g.Policies, policyUID)...)}
	}
	for _, p := range c.w.Principals {
		own := slices.Concat(p.Policies, p.Boundary, slices.Concat(p.SCPs...))
		parents := slices.Concat(uids(own, policyUID), uids(p.Groups, group))
		uid := principalUID(p.ARN)
		c.entities[uid] = types.Entity{UID: uid, Parents: types.NewEntityUIDSet(parents...)}
	}
}

// grants reports whether a policy's Allow statements grant; those of boundaries and SCPs limit.
func grants(w *workload.Workload, n int) bool {
	return !slices.ContainsFunc(w.Principals, func(p workload.Principal) bool {
		return slices.Contains(p.Boundary, n) || slices.Contains(slices.Concat(p.SCPs...), n)
	})
}

// policies makes a policy of each statement that denies or grants.
func (c *cedarLoaded) policies(n int, scope types.EntityUID) ([]*cedar.Policy, error) {
	all, err := rules(c.w, []int{n})
	if err != nil {
		return nil, err
	}
	grants := grants(c.w, n)
	var out []*cedar.Policy
	for _, r := range all {
		if !r.any && len(r.actions) == 0 || !r.deny && !grants {
			continue
		}
		p := ast.Permit()
		if r.deny {
			p = ast.Forbid()
		}
		if scope.Type != "" {
			p = p.PrincipalIn(scope)
		}
		switch {
		case len(r.actions) == 1:
			p = p.ActionEq(actionUID(r.actions[0]))
		case !r.any:
			var any []ast.Node
			for _, name := range r.actions {
				any = append(any, ast.Action().Equal(ast.Value(actionUID(name))))
			}
			p = p.When(joined(any, ast.Node.Or))
		}
		when, err := c.when(&r)
		if err != nil {
			return nil, err
		}
		if when != nil {
			p = p.When(*when)
		}
		out = append(out, cedar.NewPolicyFromAST(p))
	}
	return out, nil
}

func actionUID(name string) types.EntityUID { return types.NewEntityUID("Action", types.String(name)) }

// limits holds a boundary, and each level of SCPs, to have an Allow for everything, as
// those have that people use as lists of what is denied. Others would become policies that
// forbid unless one of their Allows covers the request; no workload has such.
func (c *cedarLoaded) limits(p *workload.Principal) error {
	if len(p.Boundary) == 0 && len(p.SCPs) == 0 {
		return nil
	}
	l, err := layered(c.w, p)
	if err != nil {
		return err
	}
	for _, level := range l.limits {
		if !slices.ContainsFunc(level, func(r rule) bool { return r.everything() }) {
			return fmt.Errorf("%w: a limit that does not allow everything", ErrCannot)
		}
	}
	return nil
}

// when is what a rule wants beside its action.
func (c *cedarLoaded) when(r *rule) (*ast.Node, error) {
	var wants []ast.Node
	if r.principals != nil {
		var uids []ast.Node
		for _, arn := range r.principals {
			uids = append(uids, ast.Principal().Equal(ast.Value(principalUID(arn))))
		}
		wants = append(wants, joined(uids, ast.Node.Or))
	}
	var resources []ast.Node
	for _, p := range r.resources {
		node, err := c.resource(p)
		if err != nil {
			return nil, err
		}
		if node == nil {
			resources = nil
			break
		}
		resources = append(resources, *node)
	}
	if len(resources) > 0 {
		wants = append(wants, joined(resources, ast.Node.Or))
	}
	for _, t := range r.tests {
		node, err := cedarTest(t)
		if err != nil {
			return nil, err
		}
		wants = append(wants, node)
	}
	if len(wants) == 0 {
		return nil, nil
	}
	node := joined(wants, ast.Node.And)
	return &node, nil
}

func joined(nodes []ast.Node, by func(ast.Node, ast.Node) ast.Node) ast.Node {
	out := nodes[0]
	for _, n := range nodes[1:] {
		out = by(out, n)
	}
	return out
}

func (c *cedarLoaded) resource(p pattern) (*ast.Node, error) {
	var node ast.Node
	switch p.shape {
	case all:
		return nil, nil
	case named:
		if !slices.Contains(c.heads, p.text) {
			c.heads = append(c.heads, p.text)
		}
		node = ast.Resource().Access("folder").Equal(ast.String(p.text)).And(ast.Resource().Access("owner").Equal(ast.Context().Access("aws:username")))
	case prefix:
		node = ast.Resource().Access("arn").Like(types.NewPattern(p.text, types.Wildcard{}))
	default:
		if !p.onlyStars(true) {
			return nil, fmt.Errorf("%w: \"?\", stars that keep to a part of an ARN, and variables among stars", ErrCannot)
		}
		node = ast.Resource().Access("arn").Like(cedarPattern(p.text))
	}
	return &node, nil
}

func cedarPattern(text string) types.Pattern {
	var pieces []any
	for i, literal := range strings.Split(text, "*") {
		if i > 0 {
			pieces = append(pieces, types.Wildcard{})
		}
		pieces = append(pieces, literal)
	}
	return types.NewPattern(pieces...)
}

// cedarTest is a condition. A key that is missing is an error in Cedar, which leaves
// the policy without effect, as in IAM.
func cedarTest(t test) (ast.Node, error) {
	key := ast.Context().Access(types.String(t.key))
	var any []ast.Node
	for _, v := range t.values {
		switch t.operator {
		case "Bool":
			any = append(any, key.Equal(ast.Boolean(v == "true")))
		case "IpAddress":
			any = append(any, key.IsInRange(ast.IPAddr(netip.MustParsePrefix(v))))
		case "StringEquals":
			if v == username {
				any = append(any, key.Equal(ast.Context().Access("aws:username")))
			} else {
				any = append(any, key.Equal(ast.String(v)))
			}
		case "StringLike", "ArnLike":
			node, err := cedarLike(key, v)
			if err != nil {
				return node, err
			}
			any = append(any, node)
		case "DateGreaterThan":
			at, err := time.Parse(time.RFC3339, v)
			if err != nil {
				return key, err
			}
			any = append(any, key.GreaterThan(ast.Datetime(at)))
		case "NumericLessThan":
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return key, err
			}
			any = append(any, key.LessThan(ast.Long(n)))
		case "Null":
			if v == "true" {
				any = append(any, ast.Not(ast.Context().Has(types.String(t.key))))
			} else {
				any = append(any, ast.Context().Has(types.String(t.key)))
			}
		default:
			return key, fmt.Errorf("%w: operator %s", ErrCannot, t.operator)
		}
	}
	return joined(any, ast.Node.Or), nil
}

// cedarLike has no "?" to translate. One at the end is a choice of all letters and digits, narrower than
// IAM's, and the same for the values that occur.
func cedarLike(key ast.Node, v string) (ast.Node, error) {
	head, question := strings.CutSuffix(v, "?")
	if strings.ContainsAny(head, "?$") || question && strings.Contains(head, "*") {
		return key, fmt.Errorf("%w: pattern %s", ErrCannot, v)
	}
	if !question {
		return key.Like(cedarPattern(v)), nil
	}
	var choice []ast.Node
	for _, r := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" {
		choice = append(choice, ast.String(head+string(r)))
	}
	return ast.Set(choice...).Contains(key), nil
}

// cedarEntities has the resource of the request, and else what all share.
type cedarEntities struct {
	types.EntityMap
	resource types.Entity
}

func (e *cedarEntities) Get(uid types.EntityUID) (types.Entity, bool) {
	if uid == e.resource.UID {
		return e.resource, true
	}
	return e.EntityMap.Get(uid)
}

func (c *cedarLoaded) Prepare(requests []workload.Request) (Decide, error) {
	contexts, err := c.contexts()
	if err != nil {
		return nil, err
	}
	entities := make([]*cedarEntities, len(requests))
	asked := make([]cedar.Request, len(requests))
	for i := range requests {
		r := &requests[i]
		entities[i] = &cedarEntities{c.entities, c.entity(r.Resource)}
		asked[i] = cedar.Request{
			Principal: principalUID(c.w.Principals[r.Principal].ARN), Action: actionUID(r.Action),
			Resource: entities[i].resource.UID, Context: contexts[r.Context],
		}
	}
	return func(i int) bool {
		set := c.sets[0]
		if len(c.sets) > 1 {
			set = c.sets[requests[i].Principal]
		}
		decision, _ := cedar.Authorize(set, entities[i], asked[i])
		return bool(decision)
	}, nil
}

// entity is a resource. An application that has its own resources knows their
// folders; here it is looked up which of the policies' folders it is.
func (c *cedarLoaded) entity(arn string) types.Entity {
	folder, owner := "", ""
	for _, head := range c.heads {
		if rest, ok := strings.CutPrefix(arn, head); ok && len(head) > len(folder) {
			if name, _, ok := strings.Cut(rest, "/"); ok {
				folder, owner = head, name
			}
		}
	}
	return types.Entity{UID: types.NewEntityUID("Resource", types.String(arn)), Attributes: types.NewRecord(types.RecordMap{
		"arn": types.String(arn), "folder": types.String(folder), "owner": types.String(owner),
	})}
}

func (c *cedarLoaded) contexts() ([]types.Record, error) {
	var all []types.Record
	for _, context := range c.w.Contexts {
		typed, err := facts(context)
		if err != nil {
			return nil, err
		}
		record := types.RecordMap{}
		for key, v := range typed {
			record[types.String(key)] = cedarValue(v)
		}
		all = append(all, types.NewRecord(record))
	}
	return all, nil
}

func cedarValue(v any) types.Value {
	switch v := v.(type) {
	case bool:
		return types.Boolean(v)
	case int64:
		return types.Long(v)
	case time.Time:
		return types.NewDatetime(v)
	case netip.Addr:
		return types.IPAddr(netip.PrefixFrom(v, v.BitLen()))
	}
	return types.String(fmt.Sprint(v))
}
