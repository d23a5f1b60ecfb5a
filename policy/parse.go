package policy

import (
	"fmt"
	"strings"
)

// Messages of AWS that several checks share.
const (
	syntaxErrors = "Syntax errors in policy."
	legacy       = "The policy failed legacy parsing"
)

// Error is what is wrong with a document.
type Error struct {
	Message string // AWS's text for it
	Detail  string // what exactly is wrong; may be empty
	Line    int    // from 1; 0 if there is no place to point to
	Column  int    // from 1, in characters

	notJSON bool
}

// Error is AWS's message with detail and place behind it.
func (e *Error) Error() string {
	s := e.Message
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	if e.Line > 0 {
		s = fmt.Sprintf("%s at line %d, column %d", s, e.Line, e.Column)
	}
	return s
}

// Parse reads a document. Its error, if any, is an *Error.
func Parse(text string) (*Document, error) {
	d, err := parse(text)
	if err != nil {
		return nil, err
	}
	for _, s := range d.Statements {
		if s.EffectText.Value != s.Effect.String() {
			return nil, d.fault(s.EffectText.Start, syntaxErrors, "Effect is Allow or Deny, written like that")
		}
	}
	return d, nil
}

// parse is Parse, except that it lets an Effect in other letters pass, which
// AWS notices later than the grammar.
func parse(text string) (*Document, *Error) {
	d := &Document{Text: text, lines: lineStarts(text)}
	root, dup, scanErr := scan(text)
	if scanErr != nil {
		e := d.fault(scanErr.offset, syntaxErrors, scanErr.detail)
		e.notJSON = true
		return nil, e
	}
	if dup != nil {
		return nil, d.fault(dup.Start, syntaxErrors, fmt.Sprintf("%q stands twice in one object", dup.name))
	}
	b := builder{doc: d}
	b.document(&root)
	if b.err != nil {
		return nil, b.err
	}
	return d, nil
}

func (d *Document) fault(offset int, message, detail string) *Error {
	p := d.Position(offset)
	return &Error{Message: message, Detail: detail, Line: p.Line, Column: p.Column}
}

// builder makes the syntax tree. It keeps the first error and goes on, building
// what nobody will see.
type builder struct {
	doc *Document
	err *Error
}

func (b *builder) fail(at Span, format string, args ...any) {
	if b.err == nil {
		b.err = b.doc.fault(at.Start, syntaxErrors, fmt.Sprintf(format, args...))
	}
}

func (b *builder) document(root *node) {
	if !b.is(root, kindObject, "a policy") {
		return
	}
	statement := false
	for i := range root.members {
		m := &root.members[i]
		switch m.name {
		case "Version":
			b.doc.Version = b.text(m)
			if v := b.doc.Version.Value; v != Version2012 && v != Version2008 {
				b.fail(m.value.Span, "Version is %s or %s", Version2012, Version2008)
			}
		case "Id":
			b.doc.ID = b.text(m)
		case "Statement":
			statement = true
			b.statements(&m.value)
		default:
			b.fail(m.Span, "a policy has no element %q", m.name)
		}
	}
	if !statement {
		b.fail(root.Span, "the policy has no Statement")
	}
}

func (b *builder) statements(n *node) {
	items := []node{*n}
	if n.kind == kindArray {
		items = n.items
		if len(items) == 0 {
			b.fail(n.Span, "Statement is empty")
		}
	}
	for i := range items {
		if b.is(&items[i], kindObject, "a statement") {
			b.statement(&items[i], i)
		}
	}
}

func (b *builder) statement(n *node, index int) {
	s := &Statement{Span: n.Span, Index: index}
	s.Begin, s.End = b.doc.Position(n.Start), b.doc.Position(n.Span.End-1)
	b.doc.Statements = append(b.doc.Statements, s)
	effect := false
	for i := range n.members {
		m := &n.members[i]
		switch m.name {
		case "Sid":
			t := b.text(m)
			s.Sid = &t
		case "Effect":
			effect = true
			b.effect(m, s)
		case "Principal", "NotPrincipal":
			b.once(m, s.Principal != nil)
			s.Principal = b.principal(m)
		case "Action", "NotAction":
			b.once(m, s.Action != nil)
			s.Action = b.list(m)
		case "Resource", "NotResource":
			b.once(m, s.Resource != nil)
			s.Resource = b.list(m)
		case "Condition":
			s.Condition = b.condition(m)
		default:
			b.fail(m.Span, "a statement has no element %q", m.name)
		}
	}
	if !effect {
		b.fail(n.Span, "the statement has no Effect")
	}
}

// once refuses an element next to its negation.
func (b *builder) once(m *member, seen bool) {
	if seen {
		name := strings.TrimPrefix(m.name, "Not")
		b.fail(m.Span, "%s and Not%s exclude each other", name, name)
	}
}

func (b *builder) is(n *node, want kind, what string) bool {
	if n.kind != want {
		b.fail(n.Span, "%s is %v, not %v", what, want, n.kind)
		return false
	}
	return true
}

func (b *builder) text(m *member) Text {
	b.is(&m.value, kindString, m.name)
	return Text{Value: m.value.text, Span: m.value.Span}
}

func (b *builder) effect(m *member, s *Statement) {
	s.EffectText = b.text(m)
	switch {
	case strings.EqualFold(s.EffectText.Value, "Allow"):
		s.Effect = Allow
	case strings.EqualFold(s.EffectText.Value, "Deny"):
		s.Effect = Deny
	default:
		b.fail(m.value.Span, "Effect is Allow or Deny")
	}
}

// texts reads a string or a list of strings.
func (b *builder) texts(name string, n *node) []Text {
	items := []node{*n}
	if n.kind == kindArray {
		items = n.items
	}
	var ts []Text
	for i := range items {
		if b.is(&items[i], kindString, "a value of "+name) {
			ts = append(ts, Text{Value: items[i].text, Span: items[i].Span})
		}
	}
	return ts
}

func (b *builder) list(m *member) *List {
	return &List{Span: m.value.Span, Not: strings.HasPrefix(m.name, "Not"), Values: b.texts(m.name, &m.value)}
}

func (b *builder) principal(m *member) *Principal {
	p := &Principal{Span: m.value.Span, Not: m.name == "NotPrincipal"}
	if m.value.kind == kindString && m.value.text == "*" {
		p.Everyone = true
		p.Values = []PrincipalValue{{Type: AWS, Text: Text{Value: "*", Span: m.value.Span}}}
		return p
	}
	if m.value.kind != kindObject {
		b.fail(m.value.Span, `%s is "*" or an object`, m.name)
		return p
	}
	for i := range m.value.members {
		b.principals(&m.value.members[i], p)
	}
	if len(p.Values) == 0 {
		b.fail(m.value.Span, "%s is empty", m.name)
	}
	return p
}

func (b *builder) principals(m *member, p *Principal) {
	t := PrincipalType(m.name)
	switch t {
	case AWS, Service, Federated, CanonicalUser:
	default:
		b.fail(m.Span, "there is no type of principal %q", m.name)
	}
	values := b.texts(m.name, &m.value)
	if len(values) == 0 {
		b.fail(m.value.Span, "%s is empty", m.name)
	}
	for _, v := range values {
		p.Values = append(p.Values, PrincipalValue{Type: t, Text: v})
	}
}

func (b *builder) condition(m *member) []Block {
	var blocks []Block
	if !b.is(&m.value, kindObject, m.name) {
		return nil
	}
	for i := range m.value.members {
		op := &m.value.members[i]
		block := Block{Operator: Text{Value: op.name, Span: op.Span}}
		if b.is(&op.value, kindObject, "what stands under an operator") {
			for j := range op.value.members {
				block.Keys = append(block.Keys, b.key(&op.value.members[j]))
			}
		}
		blocks = append(blocks, block)
	}
	return blocks
}

func (b *builder) key(m *member) KeyValues {
	kv := KeyValues{Key: Text{Value: m.name, Span: m.Span}}
	items := []node{m.value}
	if m.value.kind == kindArray {
		items = m.value.items
	}
	for i := range items {
		switch items[i].kind {
		case kindString, kindNumber, kindBool:
			kv.Values = append(kv.Values, Text{Value: items[i].text, Span: items[i].Span})
		default:
			b.fail(items[i].Span, "a condition value is a string, a number or a boolean")
		}
	}
	return kv
}
