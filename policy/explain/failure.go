package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/policy/condition"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// failure says what of a statement does not fit, with the statement as subject.
// Acts says that it fits the action.
func (q *Question) failure(f eval.Failure, acts bool) string {
	if f.Element == eval.ByCondition {
		return wants(f.Operator, f.Key, f.Wanted, f.Meant) + "; the request has " + has(f.Seen)
	}
	seen := f.Seen[0]
	wanted := list(nearest(f.Wanted, seen), " and ")
	if f.Meant != nil {
		wanted += " (here " + list(nearest(f.Meant, seen), " and ") + ")"
	}
	if f.Not {
		return map[eval.Element]string{
			eval.ByAction: "allows all actions", eval.ByResource: "is for all resources", eval.ByPrincipal: "is for everybody",
		}[f.Element] + " but " + wanted + ", and that takes out " + seen
	}
	switch {
	case f.Element == eval.ByAction:
		return "allows " + wanted + ", not " + seen
	case f.Element == eval.ByPrincipal:
		return "is for " + wanted + ", not for " + seen
	case acts:
		return "allows " + q.Request.Action + ", but on " + wanted + ", not on " + resource(seen)
	}
	return "is for " + wanted + ", not for " + resource(seen)
}

func resource(seen string) string {
	if seen == "*" {
		return "all resources (*)"
	}
	return seen
}

// because says what made a Deny apply.
func (q *Question) because(m eval.Match) []string {
	said := []string{}
	if a := m.Statement.Action; a != nil && a.Not {
		var listed []string
		for _, v := range a.Values {
			listed = append(listed, v.Value)
		}
		said = append(said, "it denies everything but "+list(nearest(listed, q.Request.Action), " and "))
	}
	for _, c := range m.Conditions(q.Request.Context) {
		said = append(said, "its condition "+wants(c.Operator, c.Key, c.Wanted, nil)+", and the request has "+has(c.Seen)+whenAbsent(c))
		if hint := q.credential(c, false); hint != "" {
			said = append(said, hint)
		}
	}
	return said
}

// whenAbsent says why a condition holds for a key that the request does not have.
func whenAbsent(c eval.Condition) string {
	op, _ := condition.ParseOperator(c.Operator)
	switch {
	case len(c.Seen) > 0 || op.Family == condition.Null:
		return ""
	case op.IfExists:
		return ", which IfExists lets pass"
	case op.Negated:
		return ", which is none of them"
	}
	return ""
}

// wants says what a condition asks for.
func wants(operator, key string, wanted, meant []string) string {
	op, ok := condition.ParseOperator(operator)
	if !ok {
		return "wants " + key + " by an operator that does not exist, " + operator
	}
	if secret(key) {
		return "wants a certain " + key + " (" + operator + ")"
	}
	values := list(wanted, " or ")
	if meant != nil {
		values += " (here " + list(meant, " or ") + ")"
	}
	if op.Family == condition.Null {
		return "wants " + presence(wanted) + " " + key
	}
	subject := key
	switch op.Set {
	case condition.ForAllValues:
		subject = "every value of " + key
	case condition.ForAnyValue:
		subject = "a value of " + key
	}
	return "wants " + subject + " " + relation(op) + " " + values + " (" + operator + ")"
}

func presence(wanted []string) string {
	if len(wanted) == 1 && strings.EqualFold(wanted[0], "true") {
		return "no"
	}
	return "some"
}

// relation is what an operator asks of a value.
func relation(op condition.Operator) string {
	not := ""
	if op.Negated {
		not = "not "
	}
	switch op.Family {
	case condition.IP:
		return not + "in"
	case condition.StringLike, condition.ARN:
		return not + "like"
	}
	for _, r := range [...]struct{ name, number, date string }{
		{"LessThanEquals", "at most", "at or before"}, {"LessThan", "less than", "before"},
		{"GreaterThanEquals", "at least", "at or after"}, {"GreaterThan", "more than", "after"},
	} {
		if strings.HasSuffix(op.Name, r.name) {
			if op.Family == condition.Date {
				return r.date
			}
			return r.number
		}
	}
	return not + "to be"
}

func has(seen []string) string {
	if len(seen) == 0 {
		return "none"
	}
	return list(seen, " and ")
}

// shown are the values of a policy that may be repeated.
func shown(key string, wanted []string) []string {
	if secret(key) {
		return []string{}
	}
	return wanted
}

// secret tells whether people use the values of a condition key as passwords.
func secret(key string) bool {
	key = strings.ToLower(key)
	if key == "sts:externalid" || key == "aws:referer" {
		return true
	}
	_, tag, _ := strings.Cut(key, "/")
	for _, word := range [...]string{"secret", "password", "passphrase", "token"} {
		if strings.Contains(tag, word) {
			return true
		}
	}
	return false
}

// maxListed is how many values a sentence has at most.
const maxListed = 3

func list(values []string, and string) string {
	switch n := len(values); {
	case n == 0:
		return "nothing"
	case n == 1:
		return text(values[0])
	case n > maxListed+1:
		return strings.Join(values[:maxListed], ", ") + fmt.Sprintf("%s%d others", and, n-maxListed)
	default:
		return strings.Join(values[:n-1], ", ") + and + values[n-1]
	}
}

func text(value string) string {
	if value == "" {
		return `""`
	}
	return value
}

// nearest puts values first that begin and end most like another.
func nearest(values []string, like string) []string {
	return slices.SortedStableFunc(slices.Values(values), func(a, b string) int {
		return cmp.Compare(alike(b, like), alike(a, like))
	})
}

// alike is how many letters two texts have in common at their beginning and end.
func alike(a, b string) int {
	n, m := 0, min(len(a), len(b))
	for n < m && lower(a[n]) == lower(b[n]) {
		n++
	}
	end := 0
	for end < m-n && lower(a[len(a)-1-end]) == lower(b[len(b)-1-end]) {
		end++
	}
	return n + end
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
