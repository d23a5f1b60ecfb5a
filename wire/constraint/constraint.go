package constraint

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
)

// MaxViolations is how many violations a message lists.
const MaxViolations = 50

// Check gives what is wrong with v as a ValidationError, or as the style words it, or
// nil. v is a structure.
func Check(v *api.Value, style Style) error {
	c := checker{style: style}
	c.structure(v, "")
	switch {
	case len(c.found) > 0 && style.Inputs != nil:
		reason, message := style.Inputs(c.first, c.shape)
		return apierror.New(apierror.InvalidInputException, "%s", message).Reason(reason)
	case len(c.found) == 1:
		return apierror.New(apierror.ValidationError, "%s", "1 validation error detected: "+c.found[0])
	case len(c.found) > 1:
		return apierror.New(apierror.ValidationError, "%d validation errors detected: %s", len(c.found), strings.Join(c.found, "; "))
	case c.text != "":
		return apierror.New(apierror.ValidationError, "%s", c.text)
	}
	return nil
}

// checker walks a value and collects violations.
type checker struct {
	style Style
	found []string
	first broken     // the first thing that was found,
	shape *api.Shape // and of which shape it is
	text  string     // the first of Style.Text that applies
}

func (c *checker) full() bool { return len(c.found) >= MaxViolations }

// broken is a constraint that does not hold.
type broken struct {
	rule    rule
	absent  bool // a required member, and not the rule
	element bool // of elements of a list or map, and not of itself
}

// add notes that the value at path, which may be absent, breaks a rule of its shape.
func (c *checker) add(v *api.Value, s *api.Shape, b broken, path, rule string) {
	if c.full() {
		return
	}
	if len(c.found) == 0 {
		c.first, c.shape = b, s
	}
	value := ""
	switch {
	case !c.style.Values:
	case v == nil:
		value = " null"
	case !sensitive(v.Shape):
		value = " '" + show(v) + "'"
	}
	c.found = append(c.found, "Value"+value+" at '"+path+"' failed to satisfy constraint: "+rule)
}

func (c *checker) structure(v *api.Value, path string) {
	for i, m := range v.Shape.Members {
		if c.full() {
			return
		}
		switch value := v.Get(i); {
		case value != nil:
			c.value(value, m, join(path, m.CamelName()))
		case m.Required:
			c.add(nil, m.Shape, broken{absent: true}, join(path, m.CamelName()), "Member must not be null")
		}
	}
}

func (c *checker) value(v *api.Value, m *api.Member, path string) {
	for _, r := range order {
		if !r.of(v.Shape) || r.holds(v) {
			continue
		}
		if text := c.style.Text[m.CamelName()]; r == pattern && text != "" {
			if c.text == "" {
				c.text = "The specified value for " + m.CamelName() + " is invalid. " + text
			}
			continue
		}
		c.add(v, v.Shape, broken{rule: r}, path, r.text(v.Shape, c.style))
	}
	switch v.Shape.Type {
	case api.StructureType:
		c.structure(v, path)
	case api.ListType:
		c.list(v, path)
	case api.MapType:
		c.entries(v, path)
	}
}

// list checks elements. Complex ones are places of their own; scalars are told of
// the list as a whole.
func (c *checker) list(v *api.Value, path string) {
	if !scalar(v.Shape.Element.Shape) {
		for i, item := range v.Items {
			if c.full() {
				return
			}
			c.value(item, v.Shape.Element, path+"."+strconv.Itoa(i+1)+".member")
		}
		return
	}
	if !c.all(v.Items) {
		c.add(v, v.Shape, broken{element: true}, path, "Member must satisfy constraint: "+c.bracketed(v.Shape.Element.Shape))
	}
}

func (c *checker) entries(v *api.Value, path string) {
	keys, values := make([]*api.Value, len(v.Entries)), make([]*api.Value, len(v.Entries))
	for i, e := range v.Entries {
		keys[i] = &api.Value{Shape: v.Shape.Key.Shape, String: e.Key}
		values[i] = e.Value
	}
	if !c.all(keys) {
		c.add(v, v.Shape, broken{element: true}, path, "Map keys must satisfy constraint: "+c.bracketed(v.Shape.Key.Shape))
	}
	if !scalar(v.Shape.Value.Shape) {
		for i, value := range values {
			c.value(value, v.Shape.Value, path+"."+v.Entries[i].Key+".member")
		}
		return
	}
	if !c.all(values) {
		c.add(v, v.Shape, broken{element: true}, path, "Map value must satisfy constraint: "+c.bracketed(v.Shape.Value.Shape))
	}
}

// all reports whether every one of scalars keeps its rules.
func (c *checker) all(scalars []*api.Value) bool {
	for _, s := range scalars {
		for _, r := range order {
			if r.of(s.Shape) && !r.holds(s) {
				return false
			}
		}
	}
	return true
}

// bracketed lists the constraints of a scalar, longest length first as AWS does.
func (c *checker) bracketed(s *api.Shape) string {
	var texts []string
	for _, r := range bracketOrder {
		if r.of(s) {
			texts = append(texts, r.text(s, c.style))
		}
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func scalar(s *api.Shape) bool {
	return s.Type != api.StructureType && s.Type != api.ListType && s.Type != api.MapType
}

// sensitive reports whether a value of s could hold something sensitive.
func sensitive(s *api.Shape) bool {
	if s.Sensitive {
		return true
	}
	switch s.Type {
	case api.ListType:
		return sensitive(s.Element.Shape)
	case api.MapType:
		return sensitive(s.Key.Shape) || sensitive(s.Value.Shape)
	case api.StructureType:
		return true // is not printed whole, whatever it holds
	}
	return false
}

// show prints a value as Java's toString does.
func show(v *api.Value) string {
	switch v.Shape.Type {
	case api.StringType:
		return v.String
	case api.IntegerType, api.LongType:
		return strconv.FormatInt(v.Integer, 10)
	case api.BooleanType:
		return strconv.FormatBool(v.Bool)
	case api.ListType:
		items := make([]string, len(v.Items))
		for i, item := range v.Items {
			items[i] = show(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case api.MapType:
		pairs := make([]string, len(v.Entries))
		for i, e := range v.Entries {
			pairs[i] = e.Key + "=" + show(e.Value)
		}
		return "{" + strings.Join(pairs, ", ") + "}"
	}
	return fmt.Sprint(v.Shape.Name)
}

// utf16Length is the length of s as Java counts it.
func utf16Length(s string) int64 {
	n := int64(0)
	for _, r := range s {
		n++
		if r > 0xFFFF && r <= utf8.MaxRune {
			n++
		}
	}
	return n
}
