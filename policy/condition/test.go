package condition

import (
	"encoding/base64"
	"net/netip"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
)

// Test is one operator with one key and the values that a policy gives, ready
// to be asked. It is immutable. The zero value never holds.
type Test struct {
	known bool
	op    Operator
	key   Key

	fixed    []string   // String, StringIgnoreCase, Bool: values without variables
	texts    []Template // the same families: values with variables
	globs    []glob     // StringLike
	likes    []like     // ARN
	numbers  []Number
	dates    []Instant
	nets     []netip.Prefix
	binaries []string
	garbled  bool // a number or date of the policy is none

	missing, present bool // what Null holds for
}

// glob is a pattern of StringLike.
type glob struct {
	text    Template
	pattern arn.Glob
}

// NewTest compiles a test. Variables says whether the document's version has
// policy variables. A test with an operator that does not exist never holds.
func NewTest(operator, key string, values []string, variables bool) Test {
	op, ok := ParseOperator(operator)
	if !ok {
		return Test{}
	}
	t := Test{known: true, op: op, key: NewKey(key)}
	variables = variables && op.Variables()
	for _, v := range values {
		t.add(v, variables)
	}
	return t
}

func (t *Test) add(v string, variables bool) {
	switch t.op.Family {
	case String, StringIgnoreCase, Bool:
		t.addText(ParseTemplate(v, variables, false))
	case StringLike:
		text := ParseTemplate(v, variables, true)
		t.globs = append(t.globs, glob{text, arn.NewGlob(text.Tokens())})
	case ARN:
		t.likes = append(t.likes, newLike(ParseTemplate(v, variables, true)))
	case Numeric:
		n, ok := ParseNumber(v)
		t.numbers, t.garbled = append(t.numbers, n), t.garbled || !ok
	case Date:
		d, ok := ParseInstant(v)
		t.dates, t.garbled = append(t.dates, d), t.garbled || !ok
	case IP:
		if p, ok := ParseRange(v); ok {
			t.nets = append(t.nets, p)
		}
	case Binary:
		// The decoder skips line breaks; base64 on one line is what AWS documents.
		if b, err := base64.StdEncoding.Strict().DecodeString(v); err == nil && !strings.ContainsAny(v, "\r\n") {
			t.binaries = append(t.binaries, string(b))
		}
	case Null:
		t.missing = t.missing || strings.EqualFold(v, "true")
		t.present = t.present || strings.EqualFold(v, "false")
	}
}

func (t *Test) addText(text Template) {
	if text.Fixed() {
		t.fixed = append(t.fixed, text.literal(nil))
		return
	}
	t.texts = append(t.texts, text)
}

// Cost orders the tests of a statement: those that are cheap to ask come first.
func (t *Test) Cost() int {
	switch t.op.Family {
	case Null:
		return 0
	case String, Bool:
		return 1 + len(t.fixed)/16 + 4*len(t.texts)
	case StringIgnoreCase, Binary:
		return 2 + len(t.fixed)/16 + 4*len(t.texts)
	case Numeric, Date, IP:
		return 4 + len(t.nets)/16
	}
	return 5 + len(t.globs) + len(t.likes)
}

// Holds asks the test of a request.
func (t *Test) Holds(c *Context) bool {
	var m Memo
	return t.HoldsWith(c, &m)
}

// HoldsWith is Holds with a memory of what was parsed for other tests of the
// same request. The context must not change while m is in use.
func (t *Test) HoldsWith(c *Context, m *Memo) bool {
	if !t.known {
		return false
	}
	e := c.lookup(t.key)
	there := e != nil && e.n > 0
	switch {
	case t.op.Family == Null:
		return t.null(there)
	case !there && t.op.IfExists:
		return true
	case t.op.Set == ForAllValues:
		return !there || e.blank() || t.all(e, c, m)
	case t.op.Set == ForAnyValue:
		return there && !e.blank() && t.any(e, c, m)
	case !there:
		return t.op.Negated
	}
	return e.n == 1 && t.holds(e.one, c, m)
}

// null is the Null operator. With a set operator AWS documents it as always
// true and always false respectively.
func (t *Test) null(there bool) bool {
	switch t.op.Set {
	case ForAllValues:
		return true
	case ForAnyValue:
		return false
	}
	return !there && t.missing || there && t.present
}

func (t *Test) all(e *entry, c *Context, m *Memo) bool {
	for i := range e.n {
		if !t.holds(e.at(i), c, m) {
			return false
		}
	}
	return true
}

func (t *Test) any(e *entry, c *Context, m *Memo) bool {
	for i := range e.n {
		if t.holds(e.at(i), c, m) {
			return true
		}
	}
	return false
}

// blank reports whether all values are empty texts: to the set operators that
// is a null data set, as if there were no values.
func (e *entry) blank() bool {
	for i := range e.n {
		if e.at(i) != "" {
			return false
		}
	}
	return true
}
