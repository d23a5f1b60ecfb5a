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
	known            bool
	family           Family
	negated          bool
	set              Set
	ifExists         bool
	relation         relation
	garbled          bool // a number or date of the policy is none
	missing, present bool // what Null holds for
	plain            bool // a String without variables
	key              Key
	fixed            []string // String, StringIgnoreCase, Bool: values without variables
	others           *values  // of the other families, and values with variables
}

// values are those of a test that most tests have none of.
type values struct {
	texts    []Template // String, StringIgnoreCase, Bool
	globs    []glob     // StringLike
	likes    []like     // ARN
	numbers  []Number
	dates    []Instant
	nets     []netip.Prefix
	binaries []string
}

var noValues values

// glob is a pattern of StringLike.
type glob struct {
	text    Template
	pattern arn.Glob
}

// NewTest compiles a test. Variables says whether the document's version has
// policy variables. A test with an operator that does not exist never holds.
func NewTest(operator, key string, texts []string, variables bool) Test {
	op, ok := ParseOperator(operator)
	if !ok {
		return Test{}
	}
	t := Test{
		known: true, family: op.Family, negated: op.Negated, set: op.Set, ifExists: op.IfExists, relation: op.relation,
		key: NewKey(key), others: &noValues,
	}
	variables = variables && op.Variables()
	for _, v := range texts {
		t.add(v, variables)
	}
	t.plain = t.family == String && len(t.others.texts) == 0
	return t
}

func (t *Test) add(v string, variables bool) {
	o := t.more()
	switch t.family {
	case String, StringIgnoreCase, Bool:
		t.addText(ParseTemplate(v, variables, false))
	case StringLike:
		text := ParseTemplate(v, variables, true)
		o.globs = append(o.globs, glob{text, arn.NewGlob(text.Tokens())})
	case ARN:
		o.likes = append(o.likes, newLike(ParseTemplate(v, variables, true)))
	case Numeric:
		n, ok := ParseNumber(v)
		o.numbers, t.garbled = append(o.numbers, n), t.garbled || !ok
	case Date:
		d, ok := ParseInstant(v)
		o.dates, t.garbled = append(o.dates, d), t.garbled || !ok
	case IP:
		if p, ok := ParseRange(v); ok {
			o.nets = append(o.nets, p)
		}
	case Binary:
		// The decoder skips line breaks; base64 on one line is what AWS documents.
		if b, err := base64.StdEncoding.Strict().DecodeString(v); err == nil && !strings.ContainsAny(v, "\r\n") {
			o.binaries = append(o.binaries, string(b))
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
	t.others.texts = append(t.others.texts, text)
}

// more gives the values a place of their own.
func (t *Test) more() *values {
	if t.others == &noValues && t.family != Null {
		t.others = new(values)
	}
	return t.others
}

// Cost orders the tests of a statement: those that are cheap to ask come first.
func (t *Test) Cost() int {
	o := t.others
	if o == nil {
		return 0 // an operator that does not exist never holds
	}
	switch t.family {
	case Null:
		return 0
	case String, Bool:
		return 1 + len(t.fixed)/16 + 4*len(o.texts)
	case StringIgnoreCase, Binary:
		return 2 + len(t.fixed)/16 + 4*len(o.texts)
	case Numeric, Date, IP:
		return 4 + len(o.nets)/16
	}
	return 5 + len(o.globs) + len(o.likes)
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
	e := m.lookup(c, &t.key)
	there := e != nil && e.n > 0
	switch {
	case t.family == Null:
		return t.null(there)
	case !there && t.ifExists:
		return true
	case t.set == ForAllValues:
		return !there || e.blank() || t.all(e, c, m)
	case t.set == ForAnyValue:
		return there && !e.blank() && t.any(e, c, m)
	case !there:
		return t.negated
	case t.plain && e.n == 1:
		return t.fitsFixed(e.one) != t.negated
	}
	return e.n == 1 && t.holds(e.one, c, m)
}

// null is the Null operator. With a set operator AWS documents it as always
// true and always false respectively.
func (t *Test) null(there bool) bool {
	switch t.set {
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
