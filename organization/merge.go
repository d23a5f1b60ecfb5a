package organization

import (
	"encoding/json"
	"slices"
	"strings"
)

// The effective policy of an account is made of the management policies of one type
// from the root down (AWS Organizations User Guide, "Understanding management policy
// inheritance"):
//
//   - @@assign puts a value in the place of the inherited one, @@append adds values
//     to a list and @@remove takes values off it.
//   - A policy may say of every part which of these the policies of lower levels, its
//     child policies, may use there. What it does not allow has no effect in them, and
//     they cannot allow it again. On a part that has named parts it is about adding
//     such: a child policy may where @@assign or @@append is allowed.
//   - Policies of one level are taken in the order in which they were attached. Where
//     two of them set the same value, the first has its way; lists are put together;
//     of what they allow child policies, the intersection counts.
//   - Names are the same whatever the case of their letters. In the effective policy
//     they are in small letters, but for those that the type fixes.

// A source is a policy that is merged.
type source struct {
	id      string
	content *branch
}

// An element is a part of an effective policy.
type element struct {
	name   string
	folded string // the name by which it is told from others
	form   *form
	parts  []*element

	value *value
	// setLevel and setBy tell which policy set the value last; level 0 is none.
	setLevel int
	setBy    string

	// allowed are the operators that policies of the present level may use, as those
	// above say; next are those for the level below.
	allowed, next operators
	sources       []string // the policies that had an effect here
}

func newElement(name string, f *form) *element {
	return &element{name: name, folded: foldName(name), form: f, allowed: allOperators, next: allOperators}
}

// merge makes an effective policy: levels has the policies of the root, of each unit
// down to the account and of the account, in the order in which they were attached.
func merge(f *form, levels [][]source) *element {
	whole := newElement("", f)
	for i, level := range levels {
		for _, s := range level {
			whole.take(s.content, s.id, i+1)
		}
		whole.endLevel()
	}
	return whole
}

// take merges a part of a policy into the element that has its name.
func (e *element) take(b *branch, policy string, level int) {
	if b.controls {
		e.next &= b.allowed
	}
	e.takeValues(b, policy, level)
	for _, part := range b.parts {
		to := e.part(part.name)
		if to == nil {
			if e.allowed&(assigning|appending) == 0 {
				continue
			}
			to = newElement(e.form.spelled(part.name), e.form.part(part.name))
			e.parts = append(e.parts, to)
		}
		to.take(part, policy, level)
	}
}

func (e *element) takeValues(b *branch, policy string, level int) {
	may := func(v *value, o operators) bool { return v != nil && e.allowed&o != 0 }
	if may(b.assign, assigning) && (e.setLevel != level || e.setBy == policy) {
		e.sources = nil
		e.set(&value{list: b.assign.list, bare: b.assign.bare, items: slices.Clone(b.assign.items)}, policy, level)
	}
	if may(b.append, appending) {
		e.set(e.value.with(b.append.items), policy, level)
	}
	if may(b.remove, removing) && e.value != nil {
		e.set(e.value.without(b.remove.items), policy, level)
	}
}

func (e *element) set(v *value, policy string, level int) {
	e.value, e.setLevel, e.setBy = v, level, policy
	if !slices.Contains(e.sources, policy) {
		e.sources = append(e.sources, policy)
	}
}

// with is a list with items added that are not in it.
func (v *value) with(items []string) *value {
	next := &value{list: true}
	if v != nil {
		next.items = slices.Clone(v.items)
	}
	for _, item := range items {
		if !slices.Contains(next.items, item) {
			next.items = append(next.items, item)
		}
	}
	return next
}

// without is a list with items taken off.
func (v *value) without(items []string) *value {
	return &value{list: true, items: slices.DeleteFunc(slices.Clone(v.items), func(item string) bool { return slices.Contains(items, item) })}
}

// endLevel makes what the policies of a level allow count for those below.
func (e *element) endLevel() {
	e.allowed &= e.next
	for _, part := range e.parts {
		part.endLevel()
	}
}

func (e *element) part(name string) *element {
	folded := foldName(name)
	for _, part := range e.parts {
		if part.folded == folded {
			return part
		}
	}
	return nil
}

// part is the form of a part with a name. It is never nil: what a document has that
// does not belong there is merged as if it did, and was refused when it was written.
func (f *form) part(name string) *form {
	if to := f.fixed[f.spelled(name)]; to != nil {
		return to
	}
	if f.named != nil {
		return f.named
	}
	return new(form)
}

// spelled is a name as an effective policy spells it.
func (f *form) spelled(name string) string {
	for fixed := range f.fixed {
		if foldName(fixed) == foldName(name) {
			return fixed
		}
	}
	return foldName(name)
}

// empty tells whether nothing is set in an element, so that it is left out.
func (e *element) empty() bool {
	if e.value != nil && len(e.value.items) > 0 {
		return false
	}
	return !slices.ContainsFunc(e.parts, func(part *element) bool { return !part.empty() })
}

// appendJSON appends the element as JSON, without what is empty.
func (e *element) appendJSON(out []byte) []byte {
	if e.value != nil && len(e.value.items) > 0 {
		return e.value.appendJSON(out)
	}
	out = append(out, '{')
	for _, part := range e.parts {
		if part.empty() {
			continue
		}
		if out[len(out)-1] != '{' {
			out = append(out, ',')
		}
		out = append(appendText(out, part.name), ':')
		out = part.appendJSON(out)
	}
	return append(out, '}')
}

func (v *value) appendJSON(out []byte) []byte {
	switch {
	case v.bare:
		return append(out, v.items[0]...)
	case !v.list:
		return appendText(out, v.items[0])
	}
	out = append(out, '[')
	for i, item := range v.items {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendText(out, item)
	}
	return append(out, ']')
}

// appendText appends a text as JSON, with signs as they are.
func appendText(out []byte, text string) []byte {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return append(out, `""`...) // a text can always be written
	}
	return append(out, strings.TrimSuffix(b.String(), "\n")...)
}

// contributors lists the policies that had an effect in an element.
func (e *element) contributors() []string {
	list := slices.Clone(e.sources)
	for _, part := range e.parts {
		for _, id := range part.contributors() {
			if !slices.Contains(list, id) {
				list = append(list, id)
			}
		}
	}
	return list
}
