package condition

import "strings"

// Set says how an operator treats the several values of a request's key.
type Set uint8

// The set operators.
const (
	Plain Set = iota
	ForAllValues
	ForAnyValue
)

// Family is the kind of values that an operator compares.
type Family uint8

// The families of operators.
const (
	String Family = iota
	StringIgnoreCase
	StringLike
	Numeric
	Date
	Bool
	Binary
	IP
	ARN
	Null
)

// relation is the comparison within the ordered families.
type relation uint8

const (
	equal relation = iota
	less
	lessEqual
	greater
	greaterEqual
)

// Operator is a condition operator, taken apart.
type Operator struct {
	Name     string // the documented spelling, without set operator and IfExists
	Family   Family
	Negated  bool
	Set      Set
	IfExists bool

	relation relation
}

// operators by their name in lower case.
var operators = func() map[string]Operator {
	table := map[string]Operator{}
	for _, op := range []Operator{
		{Name: "StringEquals", Family: String},
		{Name: "StringNotEquals", Family: String, Negated: true},
		{Name: "StringEqualsIgnoreCase", Family: StringIgnoreCase},
		{Name: "StringNotEqualsIgnoreCase", Family: StringIgnoreCase, Negated: true},
		{Name: "StringLike", Family: StringLike},
		{Name: "StringNotLike", Family: StringLike, Negated: true},
		{Name: "NumericEquals", Family: Numeric},
		{Name: "NumericNotEquals", Family: Numeric, Negated: true},
		{Name: "NumericLessThan", Family: Numeric, relation: less},
		{Name: "NumericLessThanEquals", Family: Numeric, relation: lessEqual},
		{Name: "NumericGreaterThan", Family: Numeric, relation: greater},
		{Name: "NumericGreaterThanEquals", Family: Numeric, relation: greaterEqual},
		{Name: "DateEquals", Family: Date},
		{Name: "DateNotEquals", Family: Date, Negated: true},
		{Name: "DateLessThan", Family: Date, relation: less},
		{Name: "DateLessThanEquals", Family: Date, relation: lessEqual},
		{Name: "DateGreaterThan", Family: Date, relation: greater},
		{Name: "DateGreaterThanEquals", Family: Date, relation: greaterEqual},
		{Name: "Bool", Family: Bool},
		{Name: "BinaryEquals", Family: Binary},
		{Name: "IpAddress", Family: IP},
		{Name: "NotIpAddress", Family: IP, Negated: true},
		{Name: "ArnEquals", Family: ARN},
		{Name: "ArnLike", Family: ARN},
		{Name: "ArnNotEquals", Family: ARN, Negated: true},
		{Name: "ArnNotLike", Family: ARN, Negated: true},
		{Name: "Null", Family: Null},
	} {
		table[strings.ToLower(op.Name)] = op
	}
	return table
}()

// ParseOperator reads an operator's name, in any case. There is no
// NullIfExists.
func ParseOperator(name string) (op Operator, ok bool) {
	rest := strings.ToLower(name)
	set, ifExists := Plain, false
	if s, found := strings.CutPrefix(rest, "forallvalues:"); found {
		rest, set = s, ForAllValues
	} else if s, found := strings.CutPrefix(rest, "foranyvalue:"); found {
		rest, set = s, ForAnyValue
	}
	if s, found := strings.CutSuffix(rest, "ifexists"); found {
		rest, ifExists = s, true
	}
	op, ok = operators[rest]
	if !ok || op.Family == Null && ifExists {
		return Operator{}, false
	}
	op.Set, op.IfExists = set, ifExists
	return op, true
}

// Variables reports whether policy variables are substituted in the values of
// the operator. For Bool AWS's own pages contradict each other; here they are.
func (op Operator) Variables() bool {
	switch op.Family {
	case String, StringIgnoreCase, StringLike, ARN, Bool:
		return true
	}
	return false
}
