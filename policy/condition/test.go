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

	texts    []Template // String, StringIgnoreCase, Bool, and what has variables
	globs    []arn.Glob // StringLike, parallel to texts
	likes    []like     // ARN, parallel to texts
	numbers  []Number
	dates    []Instant
	nets     []netip.Prefix
	binaries []string
	garbled  bool // a number or date of the policy is none

	missing, present bool // what Null holds for
}

// like is an ARN pattern. If a variable stands before the fifth colon the
// substituted text decides where the parts are, so it is compiled when asked.
type like struct {
	pattern arn.Like
	late    bool
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
		t.texts = append(t.texts, ParseTemplate(v, variables, false))
	case StringLike:
		text := ParseTemplate(v, variables, true)
		t.texts = append(t.texts, text)
		t.globs = append(t.globs, arn.NewGlob(text.Tokens()))
	case ARN:
		text := ParseTemplate(v, variables, true)
		t.texts = append(t.texts, text)
		t.likes = append(t.likes, newLike(&text))
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

func newLike(text *Template) like {
	colons := 0
	for _, token := range text.Tokens() {
		colons += strings.Count(token.Text, ":")
		if token.Kind == arn.Hole && colons < 5 {
			return like{late: true}
		}
	}
	return like{pattern: arn.NewLike(text.Tokens())}
}

// Holds asks the test of a request.
func (t *Test) Holds(c *Context) bool {
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
		return !there || e.blank() || t.all(e, c)
	case t.op.Set == ForAnyValue:
		return there && !e.blank() && t.any(e, c)
	case !there:
		return t.op.Negated
	}
	return e.n == 1 && t.holds(e.one, c)
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

func (t *Test) all(e *entry, c *Context) bool {
	for i := range e.n {
		if !t.holds(e.at(i), c) {
			return false
		}
	}
	return true
}

func (t *Test) any(e *entry, c *Context) bool {
	for i := range e.n {
		if t.holds(e.at(i), c) {
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

// holds applies the operator to one value of the request.
func (t *Test) holds(value string, c *Context) bool {
	fits, ok := t.fits(value, c)
	return ok && fits != t.op.Negated
}

// fits reports whether one of the policy's values fits value. If ok is false
// the operator fails, negated or not.
func (t *Test) fits(value string, c *Context) (fits, ok bool) {
	switch t.op.Family {
	case String, StringIgnoreCase, StringLike, ARN, Bool:
		return t.fitsText(value, c), true
	case Numeric:
		return t.fitsNumber(value)
	case Date:
		return t.fitsDate(value)
	case IP:
		return t.fitsAddress(value), true
	case Binary:
		for _, b := range t.binaries {
			if b == value {
				return true, true
			}
		}
	}
	return false, true
}

func (t *Test) fitsText(value string, c *Context) bool {
	for i := range t.texts {
		if t.fitsOne(i, value, c) {
			return true
		}
	}
	return false
}

func (t *Test) fitsOne(i int, value string, c *Context) bool {
	switch t.op.Family {
	case StringLike:
		var buf [4]string
		holes, ok := t.texts[i].Values(c, buf[:])
		return ok && t.globs[i].Match(value, holes)
	case ARN:
		return t.fitsARN(i, value, c)
	}
	text, ok := t.texts[i].text(c)
	switch {
	case !ok:
		return false
	case t.op.Family == StringIgnoreCase:
		return strings.EqualFold(text, value)
	case t.op.Family == Bool:
		return isBool(text) && strings.EqualFold(text, value)
	}
	return text == value
}

func (t *Test) fitsARN(i int, value string, c *Context) bool {
	var buf [4]string
	holes, ok := t.texts[i].Values(c, buf[:])
	if !ok {
		return false
	}
	if t.likes[i].late {
		pattern := arn.NewLike(t.texts[i].substituted(holes))
		return pattern.Match(value, nil)
	}
	return t.likes[i].pattern.Match(value, holes)
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func (t *Test) fitsNumber(value string) (fits, ok bool) {
	n, ok := ParseNumber(value)
	if !ok {
		return false, false
	}
	for _, p := range t.numbers {
		if p.ok && t.op.relation.holds(n.Compare(p)) {
			return true, true
		}
	}
	return false, !t.garbled || !t.op.Negated
}

func (t *Test) fitsDate(value string) (fits, ok bool) {
	d, ok := ParseInstant(value)
	if !ok {
		return false, false
	}
	for _, p := range t.dates {
		if p.ok && t.op.relation.holds(d.Compare(p)) {
			return true, true
		}
	}
	return false, !t.garbled || !t.op.Negated
}

func (r relation) holds(order int) bool {
	switch r {
	case less:
		return order < 0
	case lessEqual:
		return order <= 0
	case greater:
		return order > 0
	case greaterEqual:
		return order >= 0
	}
	return order == 0
}

func (t *Test) fitsAddress(value string) bool {
	a, ok := ParseAddress(value)
	if !ok {
		return false
	}
	for _, p := range t.nets {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
