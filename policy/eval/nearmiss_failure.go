package eval

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/condition"
)

// Element is an element of a statement.
type Element uint8

// The elements that a statement can fail by, those first that are looked at
// first.
const (
	ByAction Element = iota
	ByResource
	ByPrincipal
	ByCondition
)

// String is the element as documents spell it.
func (e Element) String() string {
	return [...]string{"Action", "Resource", "Principal", "Condition"}[e]
}

// Failure is an element of a statement that a request does not satisfy. Repairing
// all failures of a near miss, and nothing less, makes the statement apply.
type Failure struct {
	Element Element
	Not     bool // it is the NotAction, NotResource or NotPrincipal

	// Operator and Key are those of a failed condition, as written.
	Operator, Key string

	// Seen are the values of the request: one, except for condition keys. For a
	// condition key that the request does not have it is nil.
	Seen []string

	// Wanted are the values of the policy, as written. Meant are the same with the
	// values of policy variables filled in; it is nil if there are no variables.
	// Unset are the variables that have no value in this request: a value of the
	// policy with one of them matches nothing.
	Wanted, Meant, Unset []string
}

// Condition is a condition of a statement with what a request has for its key.
type Condition struct {
	Operator, Key string   // as written
	Seen          []string // nil if the request does not have the key
	Wanted        []string
}

// Conditions are those of the statement: of a Deny that applied, what made it
// apply to this request.
func (m Match) Conditions(c *Context) []Condition {
	var list []Condition
	for _, b := range m.Statement.Condition {
		for _, kv := range b.Keys {
			list = append(list, Condition{b.Operator.Value, kv.Key.Value, c.Values(kv.Key.Value), texts(kv.Values)})
		}
	}
	return list
}

// failures asks for every element what applies asks until the first that fails.
func (s *statement) failures(e *evaluation, k Kind) []Failure {
	var failed []Failure
	if !s.matchesAction(&e.asked) {
		failed = append(failed, Failure{Element: ByAction, Not: s.notAction, Seen: []string{e.req.Action}, Wanted: texts(s.ast.Action.Values)})
	}
	if !s.matchesResource(e, k) {
		f := Failure{Element: ByResource, Not: s.notResource, Seen: []string{e.req.Resource}, Wanted: texts(s.ast.Resource.Values)}
		f.fill(e.req.Context, s.policy.doc.Variables(), true)
		failed = append(failed, f)
	}
	if k.namesPrincipals() && s.matchPrincipal(e) == none {
		f := Failure{Element: ByPrincipal, Not: s.notPrincipal, Seen: []string{e.req.Principal.called()}}
		for _, v := range s.ast.Principal.Values {
			f.Wanted = append(f.Wanted, v.Value)
		}
		failed = append(failed, f)
	}
	return s.failedConditions(e, failed)
}

func (s *statement) failedConditions(e *evaluation, failed []Failure) []Failure {
	variables := s.policy.doc.Variables()
	for _, b := range s.ast.Condition {
		op, _ := condition.ParseOperator(b.Operator.Value)
		for _, kv := range b.Keys {
			values := texts(kv.Values)
			test := condition.NewTest(b.Operator.Value, kv.Key.Value, values, variables)
			if test.Holds(e.req.Context) {
				continue
			}
			f := Failure{
				Element: ByCondition, Operator: b.Operator.Value, Key: kv.Key.Value,
				Seen: e.req.Context.Values(kv.Key.Value), Wanted: values,
			}
			f.fill(e.req.Context, variables && op.Variables(), false)
			failed = append(failed, f)
		}
	}
	return failed
}

// fill puts values into the policy's variables. Resources have variables behind
// the fifth colon only.
func (f *Failure) fill(c *Context, variables, resource bool) {
	if !variables {
		return
	}
	meant, changed := make([]string, len(f.Wanted)), false
	for i, text := range f.Wanted {
		head, tail := "", text
		if resource {
			head, tail = policy.CutResource(text)
		}
		filled, unset := filledIn(tail, c)
		meant[i] = head + filled
		changed = changed || filled != tail
		for _, name := range unset {
			if !slices.Contains(f.Unset, name) {
				f.Unset = append(f.Unset, name)
			}
		}
	}
	if changed {
		f.Meant = meant
	}
}

// filledIn is a text with the values of its variables. What has none stays as it is
// written, and so do ${*}, ${?} and ${$}, which are no variables.
func filledIn(text string, c *Context) (filled string, unset []string) {
	for {
		start := strings.Index(text, "${")
		if start < 0 {
			return filled + text, unset
		}
		end := strings.IndexByte(text[start:], '}')
		if end < 0 {
			return filled + text, unset
		}
		end += start + 1
		written := text[start:end]
		t := condition.ParseTemplate(written, true, false)
		var buf [1]string
		values, ok := t.Values(c, buf[:])
		switch {
		case !ok:
			unset = append(unset, t.Variables()...)
		case len(values) == 1:
			written = values[0]
		}
		filled += text[:start] + written
		text = text[end:]
	}
}

// called is the principal as a policy would name it.
func (p *Principal) called() string {
	switch {
	case p.ARN != "":
		return p.ARN
	case p.Name != "":
		return p.Name
	}
	return "anonymous"
}

func texts(values []policy.Text) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v.Value
	}
	return list
}

// String says what failed, as a sentence: the element, the value seen and the
// values wanted.
func (f Failure) String() string {
	wanted := strings.Join(f.Wanted, ", ")
	if f.Element == ByCondition {
		seen := "is " + strings.Join(f.Seen, ", ")
		if len(f.Seen) == 0 {
			seen = "is missing"
		}
		return "Condition " + f.Operator + ": " + f.Key + " " + seen + ", and the statement wants " + wanted
	}
	name := f.Element.String()
	if f.Not {
		return "Not" + name + ": " + f.Seen[0] + " is among " + wanted
	}
	return name + ": " + f.Seen[0] + " is not among " + wanted
}
