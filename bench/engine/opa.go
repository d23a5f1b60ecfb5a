package engine

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

// opaLoaded is OPA with a prepared query. Statements are Rego rules, one for each action and
// resource, that begin with a comparison of the action with a constant: so OPA's
// index of rules finds the few that matter, and conditions are expressions and not
// data to be interpreted.
//
// If a workload has one principal, the rules of each part that policies play are a
// package: one index over all. If it has many, each policy is a package, and which
// ones a principal has is a document in the store. Inputs are terms of OPA's already.
type opaLoaded struct {
	w     *workload.Workload
	query rego.PreparedEvalQuery
}

func loadOPA(w *workload.Workload) (Loaded, error) {
	modules, data, err := opaModules(w)
	if err != nil {
		return nil, err
	}
	options := []func(*rego.Rego){
		rego.Query("data.authz.allow"),
		rego.Store(inmem.NewFromObjectWithOpts(data, inmem.OptReturnASTValuesOnRead(true))),
	}
	for name, text := range modules {
		options = append(options, rego.Module(name, text))
	}
	query, err := rego.New(options...).PrepareForEval(context.Background())
	return &opaLoaded{w, query}, err
}

func opaModules(w *workload.Workload) (modules map[string]string, data map[string]any, err error) {
	if len(w.Principals) == 1 {
		modules, err = opaOne(w)
		return modules, map[string]any{}, err
	}
	return opaMany(w)
}

// opaOne is rules by the part that they play, for the only principal.
func opaOne(w *workload.Workload) (map[string]string, error) {
	l, err := layered(w, &w.Principals[0])
	if err != nil {
		return nil, err
	}
	wants, parts := "\tnot data.denies.hit\n", map[string][]rule{"denies": l.denies, "grants": slices.Concat(l.identity, l.resource)}
	for i, level := range l.limits {
		name := fmt.Sprint("limit", i)
		parts[name] = level
		wants += "\tdata." + name + ".hit\n"
	}
	// Whatever grants is in one package. The limits hold for the resource's policy as
	// well: layered has seen to it that the boundary does not matter.
	wants += "\tdata.grants.hit\n"
	modules := map[string]string{"authz.rego": "package authz\n\ndefault allow := false\n\nallow if {\n" + wants + "}\n"}
	for name, rules := range parts {
		if modules[name+".rego"], err = opaPackage(name, map[string][]rule{"hit": rules}); err != nil {
			return nil, err
		}
	}
	return modules, nil
}

// opaMany is a package for each policy.
func opaMany(w *workload.Workload) (map[string]string, map[string]any, error) {
	modules := map[string]string{"authz.rego": `package authz

default allow := false

allow if {
	not denied
	some name in data.attached[input.principal]
	data.policies[name].allow
}

denied if {
	some name in data.attached[input.principal]
	data.policies[name].deny
}
`}
	for n := range w.Policies {
		all, err := rules(w, []int{n})
		if err != nil {
			return nil, nil, err
		}
		heads := map[string][]rule{}
		for _, r := range all {
			head := "allow"
			if r.deny {
				head = "deny"
			}
			heads[head] = append(heads[head], r)
		}
		name := policyRole(n)
		if modules[name+".rego"], err = opaPackage("policies."+name, heads); err != nil {
			return nil, nil, err
		}
	}
	attached := map[string]any{}
	for i := range w.Principals {
		p := &w.Principals[i]
		if len(p.Boundary)+len(p.SCPs) > 0 || w.Resource >= 0 {
			return nil, nil, fmt.Errorf("%w: limits of many principals", ErrCannot)
		}
		var names []any
		for _, n := range w.Identity(p) {
			names = append(names, policyRole(n))
		}
		attached[p.ARN] = names
	}
	return modules, map[string]any{"attached": attached}, nil
}

// opaPackage writes rules under their heads, each once for every action and resource.
func opaPackage(name string, heads map[string][]rule) (string, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "package %s\n\n", name)
	for head, rules := range heads {
		for _, r := range rules {
			bodies, err := opaBodies(&r)
			if err != nil {
				return "", err
			}
			for _, body := range bodies {
				fmt.Fprintf(&text, "%s if {\n\t%s\n}\n\n", head, strings.Join(body, "\n\t"))
			}
		}
	}
	return text.String(), nil
}

func opaBodies(r *rule) ([][]string, error) {
	var common []string
	if r.principals != nil {
		common = append(common, "input.principal in "+opaSet(r.principals))
	}
	for _, t := range r.tests {
		lines, err := opaTest(t)
		if err != nil {
			return nil, err
		}
		common = append(common, lines...)
	}
	actions := []string{"true"}
	if !r.any {
		actions = nil
		for _, a := range r.actions {
			actions = append(actions, "input.action == "+strconv.Quote(a))
		}
	}
	var bodies [][]string
	for _, a := range actions {
		for _, p := range r.resources {
			bodies = append(bodies, slices.Concat([]string{a}, opaResource(p), common))
		}
	}
	return bodies, nil
}

func opaSet(texts []string) string {
	var all []string
	for _, s := range texts {
		all = append(all, strconv.Quote(s))
	}
	return "{" + strings.Join(all, ", ") + "}"
}

func opaKey(key string) string { return "input.context[" + strconv.Quote(key) + "]" }

var opaUser = opaKey("aws:username")

func opaResource(p pattern) []string {
	switch p.shape {
	case all:
		return nil
	case prefix:
		return []string{"startswith(input.resource, " + strconv.Quote(p.text) + ")"}
	case named:
		return []string{"startswith(input.resource, concat(\"\", [" + strconv.Quote(p.text) + ", " + opaUser + ", \"/\"]))"}
	}
	return []string{"regex.match(" + opaExpression(p.expression(true)) + ", input.resource)"}
}

// opaExpression is a regular expression, around the user's name quoted for it.
func opaExpression(pieces []string) string {
	if len(pieces) == 1 {
		return strconv.Quote(pieces[0])
	}
	var all []string
	for _, piece := range pieces {
		all = append(all, strconv.Quote(piece))
	}
	return `concat(regex.replace(` + opaUser + `, "([^A-Za-z0-9])", "\\$1"), [` + strings.Join(all, ", ") + `])`
}

// opaTest is a condition. A key that is missing makes the expression undefined, so
// that the rule does not apply.
func opaTest(t test) ([]string, error) {
	key := opaKey(t.key)
	switch t.operator {
	case "Bool":
		return []string{key + " == " + t.values[0]}, nil
	case "StringEquals":
		if len(t.values) == 1 && t.values[0] == username {
			return []string{key + " == " + opaUser}, nil
		}
		return []string{key + " in " + opaSet(t.values)}, nil
	case "NumericLessThan":
		return []string{key + " < " + t.values[0]}, nil
	case "DateGreaterThan":
		at, err := time.Parse(time.RFC3339, t.values[0])
		return []string{fmt.Sprint(key, " > ", at.Unix())}, err
	case "Null":
		// Of a key that is there and false, Rego would say that it is not.
		if v, err := fact(t.key, "false"); err != nil || v == false {
			return nil, fmt.Errorf("%w: Null of %s", ErrCannot, t.key)
		}
		if t.values[0] == "true" {
			return []string{"not " + key}, nil
		}
		return []string{key}, nil
	case "IpAddress":
		return opaAny(t.values, func(v string) string { return "net.cidr_contains(" + strconv.Quote(v) + ", " + key + ")" }), nil
	case "StringLike", "ArnLike":
		return opaAny(t.values, func(v string) string {
			p := newPattern(v)
			if p.shape == prefix {
				return "startswith(" + key + ", " + strconv.Quote(p.text) + ")"
			}
			return "regex.match(" + opaExpression(p.expression(t.operator == "ArnLike")) + ", " + key + ")"
		}), nil
	}
	return nil, fmt.Errorf("%w: operator %s", ErrCannot, t.operator)
}

// opaAny is that one of several expressions holds. Rego has no "or" within a rule;
// the nearest is a list of their values with true in it.
func opaAny(values []string, expression func(string) string) []string {
	var all []string
	for _, v := range values {
		all = append(all, expression(v))
	}
	if len(all) == 1 {
		return all
	}
	return []string{"true in [" + strings.Join(all, ", ") + "]"}
}

func (o *opaLoaded) Prepare(requests []workload.Request) (Decide, error) {
	contexts := make([]*ast.Term, len(o.w.Contexts))
	for i, context := range o.w.Contexts {
		typed, err := facts(context)
		if err != nil {
			return nil, err
		}
		var pairs [][2]*ast.Term
		for key, v := range typed {
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(key), opaTerm(v)})
		}
		contexts[i] = ast.ObjectTerm(pairs...)
	}
	inputs := make([]ast.Value, len(requests))
	for i := range requests {
		r := &requests[i]
		inputs[i] = ast.NewObject(
			ast.Item(ast.StringTerm("principal"), ast.StringTerm(o.w.Principals[r.Principal].ARN)),
			ast.Item(ast.StringTerm("action"), ast.StringTerm(r.Action)),
			ast.Item(ast.StringTerm("resource"), ast.StringTerm(r.Resource)),
			ast.Item(ast.StringTerm("context"), contexts[r.Context]),
		)
	}
	background := context.Background()
	return func(i int) bool {
		answer, err := o.query.Eval(background, rego.EvalParsedInput(inputs[i]))
		if err != nil {
			panic(err) // the rules are ours, and checked
		}
		return answer.Allowed()
	}, nil
}

func opaTerm(v any) *ast.Term {
	switch v := v.(type) {
	case bool:
		return ast.BooleanTerm(v)
	case int64:
		return ast.IntNumberTerm(int(v))
	case time.Time:
		return ast.IntNumberTerm(int(v.Unix()))
	case netip.Addr:
		return ast.StringTerm(v.String())
	}
	return ast.StringTerm(fmt.Sprint(v))
}
